#include "config/config_file.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "config/text.h"

namespace stellwerk::config {
namespace {

/// A second document behind the file proves that nothing in it (an unclosed quote) swallowed its end.
constexpr std::string_view kEndMark = "...\n--- end of the file\n";
constexpr int kEndMarkLines = 2;
/// The file and the mark behind it.
constexpr std::size_t kDocuments = 2;
constexpr std::string_view kEndText = "end of the file";

struct Fault {
  int line = 0;
  std::string why;
};

/// What people get wrong in a line so that YAML no longer sees a key with a value; nullopt if it looks fine.
std::optional<std::string> common_mistake(std::string_view line) {
  const std::size_t content = line.find_first_not_of(" \t\r");
  if (content == std::string_view::npos || line[content] == '#') return std::nullopt;
  if (line.substr(0, content).find('\t') != std::string_view::npos)
    return "is indented with a tab; YAML takes blanks only";
  const std::string_view body = trimmed(line);
  const std::size_t colon = body.find(':');
  const std::string odd = look_alike(body.substr(0, colon));
  if (!odd.empty()) return "holds " + odd + "; write \"key: value\" with an ASCII colon and a blank";
  const bool key_like =
      colon != std::string_view::npos && body.substr(0, colon).find_first_of(" \"'[{") == std::string_view::npos;
  if (key_like && colon + 1 < body.size() && body[colon + 1] != ' ')
    return body[colon + 1] == '\t' ? "has a tab after the colon; write \"key: value\" with a blank"
                                   : "has no blank after the colon; write \"key: value\"";
  return std::nullopt;
}

/// The first common mistake in the lines up to `last`; line 0 if there is none.
Fault first_mistake(std::string_view text, int last) {
  int line = 0;
  while (!text.empty() && line < last) {
    ++line;
    const std::size_t end = text.find('\n');
    if (auto mistake = common_mistake(text.substr(0, end))) return {line, *mistake};
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return {};
}

std::string_view line_at(std::string_view text, int line) {
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// The first common mistake up to the line at which YAML gave up, else what the library says.
Fault explain(std::string_view text, const YAML::Exception& failure) {
  const int failed_at = failure.mark.is_null() ? 0 : failure.mark.line + 1;
  if (const Fault mistake = first_mistake(text, failed_at + 1); mistake.line > 0) return mistake;
  const std::string_view line = line_at(text, failed_at);
  const std::size_t colon = line.find(": ");
  const std::string_view value = colon == std::string_view::npos ? "" : trimmed(line.substr(colon + 2));
  if (!value.empty() && std::string_view("*&%@`!").find(value.front()) != std::string_view::npos)
    return {failed_at, "is not YAML: a value that begins with '" + std::string(1, value.front()) + "' needs quotes"};
  if (failure.msg == "illegal map value")
    return {failed_at,
            "is not YAML: the indentation does not fit the lines above, or a value holds \": \" without quotes"};
  return {failed_at, "is not YAML: " + failure.msg};
}

class Walker {
 public:
  explicit Walker(std::string file) : file_(std::move(file)) {}

  void walk(const YAML::Node& root) { map(root, "", 1); }

  RawLayer take_layer() { return std::move(layer_); }

 private:
  void map(const YAML::Node& node, const std::string& above, std::size_t depth) {
    if (!enter(node, depth)) return;
    std::map<std::string, int> here;
    for (const auto& member : node) {
      if (stopped_) return;
      if (!member.first.IsScalar() || member.first.Scalar().empty()) {
        fault(member.first, above, "has a key that is not plain text");
        continue;
      }
      if (member.first.Scalar() == "<<") {
        fault(member.first, above, "uses a merge key (<<), which is not supported");
        continue;
      }
      const std::string key = above.empty() ? member.first.Scalar() : above + '.' + member.first.Scalar();
      if (key.size() > kKeyBytesMax) {
        fault(member.first, above, "has a key of over 512 bytes");
        continue;
      }
      const auto [earlier, first] = here.try_emplace(key, member.first.Mark().line + 1);
      if (!first) {
        fault(member.first, key, twice(earlier->second));
        continue;
      }
      value(key, member.first, member.second, depth);
    }
  }

  void value(const std::string& key, const YAML::Node& place, const YAML::Node& node, std::size_t depth) {
    if (!enter(place, depth)) return;
    if (node.IsMap()) {
      map(node, key, depth + 1);
      return;
    }
    RawSetting setting{.key = key, .value = {}, .items = {}, .origin = at(place)};
    if (node.IsScalar()) {
      setting.value = trimmed(node.Scalar());
    } else if (node.IsSequence()) {
      setting.sequence = true;
      if (!sequence(node, setting, depth + 1)) return;
    }
    const bool empty = node.IsNull() || (node.IsScalar() && setting.value.empty());
    add(std::move(setting), empty);
  }

  bool sequence(const YAML::Node& node, RawSetting& setting, std::size_t depth) {
    if (!enter(node, depth)) return false;
    for (const auto& item : node) {
      if (!enter(item, depth)) return false;
      if (item.IsScalar()) {
        setting.items.push_back(item.Scalar());
      } else {
        setting.composite = true;
      }
    }
    return true;
  }

  void add(RawSetting setting, bool empty) {
    const auto [earlier, first] = lines_.try_emplace(setting.key, setting.origin.line);
    if (!first) {
      note(FindingKind::error, setting.origin, setting.key, twice(earlier->second));
      return;
    }
    if (empty) {
      note(FindingKind::warning, setting.origin, setting.key, "has no value and counts as not set");
      return;
    }
    layer_.settings.push_back(std::move(setting));
  }

  static std::string twice(int line) {
    return "stands here and at line " + std::to_string(line) + "; keep one of them";
  }

  /// Counts a node that is about to be visited; false ends the walk.
  bool enter(const YAML::Node& node, std::size_t depth) {
    if (stopped_) return false;
    if (depth > kYamlDepthMax) {
      fault(node, "", "is nested more than 32 levels deep");
      stopped_ = true;
    } else if (++visited_ > kYamlNodesMax || layer_.settings.size() == kSettingsMax) {
      fault(node, "", "holds too many values");
      stopped_ = true;
    }
    return !stopped_;
  }

  Origin at(const YAML::Node& node) const { return {Layer::file, file_, node.Mark().line + 1}; }
  void fault(const YAML::Node& node, const std::string& key, std::string problem) {
    note(FindingKind::error, at(node), key, std::move(problem));
  }
  void note(FindingKind kind, const Origin& origin, std::string key, std::string problem) {
    layer_.findings.push_back({kind, origin, std::move(key), "", std::move(problem)});
  }

  std::string file_;
  RawLayer layer_;
  std::map<std::string, int> lines_;
  std::size_t visited_ = 0;
  bool stopped_ = false;
};

/// Takes part in reading only to see that a document was read.
class NoEvents final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// How many documents there are, counted up to `most`. LoadAll() would never end on some input, where
/// the library reads empty documents for ever without moving on (a ',' that begins the text).
std::size_t count_documents(const std::string& text, std::size_t most) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  NoEvents events;
  std::size_t documents = 0;
  while (documents < most && parser.HandleNextDocument(events)) ++documents;
  return documents;
}

RawLayer failed(const std::string& file, int line, std::string why) {
  return {.settings = {}, .findings = {{FindingKind::error, {Layer::file, file, line}, "", "", std::move(why)}}};
}

}  // namespace

RawLayer parse_config_yaml(std::string_view text, const std::string& file) {
  if (const auto fault = text_fault(text)) return failed(file, 0, *fault);
  text = without_bom(text);
  std::string whole(text);
  if (!whole.empty() && whole.back() != '\n') whole += '\n';
  whole += kEndMark;
  try {
    if (count_documents(whole, kDocuments + 1) > kDocuments) {
      if (text.find("\n---") != std::string_view::npos)
        return failed(file, 0, "holds more than one YAML document (---)");
      return failed(file, 0, "is not YAML: it holds something that is neither a key with a value nor a comment");
    }
    const std::vector<YAML::Node> documents = YAML::LoadAll(whole);
    const bool end_stands = !documents.empty() && documents.back().IsScalar() && documents.back().Scalar() == kEndText;
    if (!end_stands) return failed(file, 0, "has a quote or bracket that is opened and never closed");
    if (documents.front().IsNull()) return {};
    if (!documents.front().IsMap()) {
      const Fault mistake = first_mistake(text, static_cast<int>(kConfigBytesMax));
      return mistake.line > 0 ? failed(file, mistake.line, mistake.why)
                              : failed(file, 1, "holds no keys with values; write \"key: value\"");
    }
    Walker walker(file);
    walker.walk(documents.front());
    return walker.take_layer();
  } catch (const YAML::Exception& failure) {
    const Fault fault = explain(text, failure);
    const auto lines = std::count(whole.begin(), whole.end(), '\n') - kEndMarkLines;
    if (fault.line > lines) return failed(file, 0, "has a quote or bracket that is opened and never closed");
    return failed(file, fault.line, fault.why);
  }
}

}  // namespace stellwerk::config
