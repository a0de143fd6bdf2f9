#include "base/yaml_reader.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "base/document_builder.h"
#include "base/text.h"

namespace stellwerk {
namespace {

DocPlace place_at(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1};
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_not_of("0123456789", at);
  return (end == std::string_view::npos ? text.size() : end) - at;
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
bool is_decimal(std::string_view text) {
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::size_t whole = digits_at(text, at);
  at += whole;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    fraction = digits_at(text, at + 1);
    at += 1 + fraction;
  }
  if (whole + fraction == 0) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t exponent = digits_at(text, at);
  return exponent > 0 && at + exponent == text.size();
}

/// The events of yaml-cpp's parser. It cannot be stopped from here; after a fault events are ignored
/// (the text is bounded).
class YamlHandler final : public YAML::EventHandler {
 public:
  explicit YamlHandler(const DocLimits& limits) : builder_(limits) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) builder_.refuse("is followed by a second document, accepted is one", place_at(mark));
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (key_is_scalar(mark)) builder_.scalar(DocValue(std::monostate{}, place_at(mark)));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_anchor(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse_anchor(mark); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& text) override {
    if (!is_untagged(mark, tag)) return;
    if (builder_.wants_key()) {
      builder_.key(text, place_at(mark));
    } else if (tag == "?") {
      plain(text, place_at(mark));
    } else {
      builder_.scalar(DocValue(text, place_at(mark)));
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    if (is_untagged(mark, tag) && key_is_scalar(mark)) builder_.begin_array(place_at(mark));
  }
  void OnSequenceEnd() override { builder_.end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    if (is_untagged(mark, tag) && key_is_scalar(mark)) builder_.begin_object(place_at(mark));
  }
  void OnMapEnd() override { builder_.end(); }

  DocBuilder& builder() noexcept { return builder_; }

 private:
  /// yaml-cpp gives "?" to plain and "!" to quoted scalars that carry no tag.
  bool is_untagged(const YAML::Mark& mark, const std::string& tag) {
    if (builder_.failed()) return false;
    if (tag.empty() || tag == "?" || tag == "!") return true;
    return builder_.refuse("has the tag " + shown(tag) + ", tags are not accepted", place_at(mark));
  }
  bool key_is_scalar(const YAML::Mark& mark) {
    if (builder_.failed()) return false;
    if (!builder_.wants_key()) return true;
    return builder_.refuse("has a key that is not text, put it in quotes", place_at(mark));
  }
  void refuse_anchor(const YAML::Mark& mark) {
    builder_.refuse("uses an anchor or alias (& or *), which are not accepted: write the value out", place_at(mark));
  }

  void plain(const std::string& text, DocPlace place) {
    if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) {
      builder_.scalar(DocValue(std::monostate{}, place));
    } else if (is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) {
      builder_.scalar(DocValue(text[0] == 't' || text[0] == 'T', place));
    } else if (text.starts_with("0x") || text.starts_with("0o")) {
      based(text, text[1] == 'x' ? 16 : 8, place);
    } else if (is_decimal(text)) {
      decimal(text, place);
    } else if (is_infinite_or_nan(text)) {
      builder_.refuse("is " + text + ", which is not accepted: numbers are finite", place);
    } else {
      builder_.scalar(DocValue(text, place));
    }
  }

  static bool is_infinite_or_nan(std::string_view text) {
    if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return true;
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return is_one_of(text, {".inf", ".Inf", ".INF"});
  }

  void based(const std::string& text, int base, DocPlace place) {
    const char* const digits = base == 16 ? "0123456789abcdefABCDEF" : "01234567";
    if (text.size() == 2 || text.find_first_not_of(digits, 2) != std::string::npos) {
      builder_.scalar(DocValue(text, place));
      return;
    }
    whole(std::string_view(text).substr(2), base, text, place);
  }

  void decimal(const std::string& text, DocPlace place) {
    const std::string_view unsigned_or_negative = std::string_view(text).substr(text.starts_with('+') ? 1 : 0);
    if (text.find_first_of(".eE") == std::string::npos) {
      whole(unsigned_or_negative, 10, text, place);
      return;
    }
    double value = 0;
    const auto* const end = unsigned_or_negative.data() + unsigned_or_negative.size();
    if (std::from_chars(unsigned_or_negative.data(), end, value).ec == std::errc{} && std::isfinite(value)) {
      builder_.scalar(DocValue(value, place));
    } else {
      builder_.refuse("is " + shown(text) + ", beyond a double", place);
    }
  }

  void whole(std::string_view digits, int base, const std::string& text, DocPlace place) {
    std::int64_t value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value, base).ec == std::errc{}) {
      builder_.scalar(DocValue(value, place));
    } else {
      builder_.refuse("is " + shown(text) + ", beyond 64 bits", place);
    }
  }

  DocBuilder builder_;
  int documents_ = 0;
};

/// yaml-cpp's sentences may repeat parts of the document.
std::string no_yaml(std::string_view why, DocPlace place) {
  constexpr std::size_t kWhyBytesMax = 200;
  return "the document is not YAML: " + escaped(why, kWhyBytesMax) + to_string(place);
}

/// YAML's own rule, and a need: yaml-cpp takes byte 4 for the end of the text.
std::optional<std::size_t> find_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) return i;
  }
  return std::nullopt;
}

}  // namespace

Result<DocValue> read_yaml(std::string_view bytes, std::string_view what, const DocLimits& limits) {
  const auto opened = open_text(bytes, what, limits);
  if (!opened) return opened.error();
  const std::string_view text = *opened;
  if (const auto bad = find_control_character(text)) {
    const std::string character = shown(text.substr(*bad, 1));
    return document_fault(what, "the document has the control character " + character +
                                    to_string(place_of(text, *bad)) + ", accepted are tab and line ends");
  }
  // The end marker makes yaml-cpp refuse a quote that is never closed.
  std::istringstream stream(std::string(text) + "\n...\n");
  YamlHandler handler(limits);
  try {
    YAML::Parser parser(stream);
    while (!handler.builder().failed() && parser.HandleNextDocument(handler)) {
    }
  } catch (const YAML::DeepRecursion&) {
    return document_fault(
        what, "the document is nested too deep, accepted are at most " + std::to_string(limits.depth) + " levels");
  } catch (const YAML::Exception& error) {
    return document_fault(what, no_yaml(error.msg, place_at(error.mark)));
  } catch (const std::exception& error) {
    return document_fault(what, no_yaml(error.what(), {}));
  }
  if (handler.builder().failed()) return document_fault(what, handler.builder().fault());
  return handler.builder().take();
}

}  // namespace stellwerk
