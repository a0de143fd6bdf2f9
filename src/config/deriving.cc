#include "config/deriving.h"

#include <utility>

namespace stellwerk::config {

HaType Deriving::ha_type() const {
  const std::string word = configuration_.get(keys::ha_type);
  if (word == "zookeeper") return HaType::zookeeper;
  return word == "local" ? HaType::local : HaType::none;
}

LogOptions Deriving::log_options() const {
  return {configuration_.get(keys::log_level), configuration_.get(keys::log_dir),
          static_cast<int>(configuration_.get(keys::log_files_max)), configuration_.get(keys::log_format) == "json"};
}

std::string Deriving::listen_address(const std::string& asked, std::string_view advertised) {
  if (asked == "localhost") return "127.0.0.1";
  if (!asked.empty()) return asked;
  if (advertised == "localhost" || advertised == "127.0.0.1") return "127.0.0.1";
  if (advertised == "::1") return "::1";
  return advertised.find(':') != std::string_view::npos ? "::" : "0.0.0.0";
}

void Deriving::complain(FindingKind kind, std::string_view key, std::string problem) {
  const Setting* setting = configuration_.find(key);
  Finding finding{kind, {}, std::string(key), "", std::move(problem)};
  if (setting != nullptr) {
    finding.origin = setting->origin;
    finding.key = setting->written_as;
    if (!is_secret(key)) finding.value = setting->value;
  }
  findings_.push_back(std::move(finding));
  failed_ = failed_ || kind == FindingKind::error;
}

}  // namespace stellwerk::config
