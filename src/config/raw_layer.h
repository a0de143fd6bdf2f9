/// One source of settings as it was written, before anybody asks what the keys mean.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/finding.h"

namespace stellwerk::config {

/// Largest configuration file, in bytes, and most settings in one source.
inline constexpr std::size_t kConfigBytesMax = 256 * 1024;
inline constexpr std::size_t kSettingsMax = 2'000;
/// Longest key, in bytes.
inline constexpr std::size_t kKeyBytesMax = 512;

struct RawSetting {
  std::string key;
  std::string value;
  std::vector<std::string> items;  ///< of a YAML sequence; `value` is then empty
  bool sequence = false;
  bool composite = false;  ///< holds more than Flink's lists can: maps or sequences in a sequence
  bool bare = false;       ///< was given without a value
  Origin origin;
};

struct RawLayer {
  std::vector<RawSetting> settings;  ///< in the order of the source
  Findings findings;
};

/// True for names under `high-availability`, where a mistake must not pass silently.
bool under_high_availability(std::string_view name) noexcept;

/// The texts after -D, "key=value" each; without '=' the value is "true", as in Flink, and the setting `bare`.
RawLayer parse_dynamic(const std::vector<std::string>& arguments);

}  // namespace stellwerk::config
