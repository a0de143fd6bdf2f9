#include "config/legacy_file.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "config/text.h"

namespace stellwerk::config {
namespace {

/// The part of a broken line that may be shown: up to where a value could begin.
std::string_view shown_part(std::string_view line) {
  const std::size_t full_width = line.find("\xEF\xBC\x9A");
  const std::size_t end = std::min(line.find_first_of(":= \t"), full_width);
  return line.substr(0, end);
}

std::string why_no_setting(std::string_view line) {
  const std::string good = "; write \"key: value\", with a colon and a blank";
  const std::string odd = look_alike(line.substr(0, line.find(':')));
  if (!odd.empty()) return "is followed by " + odd + good;
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    if (colon + 1 == line.size())
      return "has no value on its line; nested YAML belongs into config.yaml, here a line is \"key: value\"";
    if (line[colon + 1] == '\t') return "has a tab after the colon" + good;
    return "has no blank after the colon" + good;
  }
  if (line.find('=') != std::string_view::npos) return "is followed by an equals sign" + good;
  return "begins a line that is no setting" + good;
}

class LegacyReader {
 public:
  explicit LegacyReader(const Origin& origin) : origin_(origin) {}

  void take(std::string_view line) {
    ++origin_.line;
    const std::size_t hash = line.find('#');
    const bool cut_inside = hash != std::string_view::npos && hash > 0 && line[hash - 1] != ' ' &&
                            line[hash - 1] != '\t' && line[hash - 1] != '#';
    line = trimmed(line.substr(0, hash));
    if (line.empty()) return;
    const std::size_t split = line.find(": ");
    const std::string key(trimmed(line.substr(0, split)));
    const std::string value(split == std::string_view::npos ? "" : trimmed(line.substr(split + 2)));
    if (split == std::string_view::npos || key.empty() || value.empty()) {
      refuse(line);
      return;
    }
    if (cut_inside)
      note(FindingKind::warning, key, "ends at '#', which begins a comment even inside a value, as in Flink");
    add(key, value);
  }

  RawLayer take_layer() { return std::move(layer_); }

 private:
  void refuse(std::string_view line) {
    const bool related = under_high_availability(line) || line.starts_with("recovery.");
    const bool only_empty = line.ends_with(':') && line.find(':') == line.size() - 1 && line != "high-availability:";
    const bool serious = related && !only_empty;
    note(serious ? FindingKind::error : FindingKind::warning, std::string(shown_part(line)),
         why_no_setting(line) + (serious ? "" : "; the line is skipped"));
  }

  void add(const std::string& key, const std::string& value) {
    if (key.size() > kKeyBytesMax || layer_.settings.size() == kSettingsMax) {
      note(FindingKind::error, key.substr(0, kValueBytesShownMax), "is one setting too many, or its name is too long");
      return;
    }
    const auto [earlier, first] = lines_.try_emplace(key, layer_.settings.size());
    if (!first) {
      RawSetting& old = layer_.settings[earlier->second];
      if (old.value != value)
        note(FindingKind::conflict, key,
             "is set again; this later line holds, not line " + std::to_string(old.origin.line));
      old.value = value;
      old.origin = origin_;
      return;
    }
    layer_.settings.push_back({.key = key, .value = value, .items = {}, .origin = origin_});
  }

  void note(FindingKind kind, std::string key, std::string problem) {
    layer_.findings.push_back({kind, origin_, std::move(key), "", std::move(problem)});
  }

  Origin origin_;
  RawLayer layer_;
  std::map<std::string, std::size_t> lines_;
};

}  // namespace

RawLayer parse_legacy(std::string_view text, const Origin& origin) {
  if (const auto fault = text_fault(text))
    return {.settings = {}, .findings = {{FindingKind::error, origin, "", "", *fault}}};
  LegacyReader reader(origin);
  text = without_bom(text);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    reader.take(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return reader.take_layer();
}

}  // namespace stellwerk::config
