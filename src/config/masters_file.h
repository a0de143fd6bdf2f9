/// conf/masters and conf/workers: which hosts the scripts start daemons on.
///
/// One host a line, for masters with an optional port: `host`, `host:8081`, `[::1]:8081`. '#' begins a
/// comment, blank lines do not count, of a network prefix `/a/b/host` the last part is the host, the
/// last line needs no end. All mistakes are reported at once; two hosts on a line are one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/finding.h"

namespace stellwerk::config {

/// Most hosts in one file; files are at most kConfigBytesMax large.
inline constexpr std::size_t kHostLinesMax = 2'000;

struct HostLine {
  std::string host;  ///< IPv6 without brackets
  /// Masters only. nullopt: the line names none, which means rest.port; 0: any free port.
  std::optional<std::uint16_t> port;
  int line = 0;

  /// True for the words that start a daemon without ssh: localhost, 127.0.0.1 and ::1.
  bool local() const;
  friend bool operator==(const HostLine&, const HostLine&) = default;
};

struct HostsFile {
  std::string file;             ///< the one that was read
  std::vector<HostLine> hosts;  ///< in the order of the file; a host may stand there several times
  Findings findings;

  bool ok() const;
};

enum class HostsKind { masters, workers };

/// `file` is the name for messages. `text` is untrusted. Masters without a host are an error.
HostsFile parse_hosts(std::string_view text, const std::string& file, HostsKind kind);

/// Reads `<conf_dir>/masters` or `<conf_dir>/workers`, for workers else `<conf_dir>/slaves`, as Flink's
/// older versions called it. Blocks. A missing file is an error in Flink's words.
HostsFile read_hosts(const std::string& conf_dir, HostsKind kind);

}  // namespace stellwerk::config
