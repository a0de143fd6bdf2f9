#include "config/raw_layer.h"

#include "config/text.h"

namespace stellwerk::config {

bool under_high_availability(std::string_view name) noexcept {
  return name.starts_with("high-availability");
}

RawLayer parse_dynamic(const std::vector<std::string>& arguments) {
  RawLayer layer;
  const Origin origin{Layer::dynamic, "-D", 0};
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    const std::string key(trimmed(std::string_view(argument).substr(0, equals)));
    const auto fault = text_fault(argument);
    if (key.empty() || fault || key.size() > kKeyBytesMax || layer.settings.size() == kSettingsMax) {
      const std::string why = fault ? *fault : "is not of the form -Dkey=value";
      layer.findings.push_back({FindingKind::error, origin, "", std::string(key.empty() ? argument : key), why});
      continue;
    }
    RawSetting setting{.key = key, .value = "true", .items = {}, .origin = origin};
    if (equals == std::string::npos)
      setting.bare = true;
    else
      setting.value = trimmed(std::string_view(argument).substr(equals + 1));
    layer.settings.push_back(std::move(setting));
  }
  return layer;
}

}  // namespace stellwerk::config
