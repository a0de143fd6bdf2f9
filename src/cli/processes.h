/// The daemons of this product on this machine, found in /proc: what `jps` tells of Flink's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/endpoint.h"

namespace stellwerk::cli {

/// Most processes that are looked at, and most bytes of one file below /proc.
inline constexpr std::size_t kProcessesMax = 65'536;
inline constexpr std::size_t kProcessFileBytesMax = 4 * 1024 * 1024;

struct Process {
  std::int64_t pid = 0;
  std::string entry_point{};  ///< "StandaloneSessionClusterEntrypoint", "TaskManagerRunner", "QuorumPeerMain"
  bool master = false;
  /// Absolute, of masters and workers: from the command line, else STELLWERK_CONF_DIR, else beside the program. Empty
  /// if the system does not tell (processes of other users).
  std::string configuration{};
};

/// What a command line is, by its words: our masters and workers, and ZooKeeper servers that our scripts
/// started. Nothing for everything else.
std::string entry_point_of(const std::vector<std::string>& words);

/// In the order of their ids. Processes that end meanwhile, or belong to others and are hidden, are
/// left out. Blocks on /proc.
std::vector<Process> find_processes(const std::string& proc);

/// Where a process listens with TCP, as an address of this machine that reaches it. Empty if the system
/// does not tell (processes of other users).
std::vector<http::Endpoint> listening(const std::string& proc, std::int64_t pid);

/// The sockets that listen in the text of /proc/<pid>/net/tcp or tcp6: inode and address.
struct ListeningSocket {
  std::string inode{};
  http::Endpoint at{};
};
std::vector<ListeningSocket> parse_listening(std::string_view text);

}  // namespace stellwerk::cli
