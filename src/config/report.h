/// What `stellwerk config` prints: the check of a configuration, and the configuration as it holds.
///
/// Library functions for the CLI, the scripts' preflight and GET /jobmanager/config. Secrets are shown
/// as kMasked, always.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"
#include "config/master_options.h"

namespace stellwerk::config {

inline constexpr std::string_view kMasked = "******";

enum class Format { text, json };

/// What to print where; each text is empty or ends in a newline.
struct Report {
  std::string out;    ///< for stdout
  std::string err;    ///< for stderr: every error, one a line
  int exit_code = 0;  ///< 0: a master would start; 1: it would not
};

/// Unless a host or port of a master is given, of the first master that conf/masters names for this machine, as the
/// scripts would start it, and of workers where strangers can reach them.
/// All errors on stderr; on stdout what is worth knowing, then a line that sums up.
/// JSON: all on stdout: {"ok":bool,"files":[...],"errors":[...],"notices":[...]}, each finding with kind,
/// file, line, key, value (absent for secrets), problem and the whole line as text.
Report check(const Inputs& asked, const HostFacts& host, Format format);

/// The effective value of one key, old names allowed: empty if it is not set and has no default, kMasked
/// for secrets, nullopt for a key that nobody knows and nobody sets.
std::optional<std::string> get(const Configuration& configuration, std::string_view key);

/// One effective setting.
struct ShownSetting {
  std::string key;
  std::string value;  ///< kMasked if secret; empty: not set and no default
  std::string source;
  Standing standing = Standing::used;
  bool known = true;
};

/// Every key that has a meaning here or is set, by name. JSON: an array of {"key","value","source"}.
std::vector<ShownSetting> shown_settings(const Configuration& configuration);
std::string show(const Configuration& configuration, Format format);

}  // namespace stellwerk::config
