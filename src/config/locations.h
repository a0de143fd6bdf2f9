/// Where a cluster lives: the directory in a store, the path in ZooKeeper.
///
/// Pure functions on untrusted text. Errors are Errc::invalid or, for what a later version will do,
/// Errc::not_supported; their text is a clause that continues after the quoted value.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/quantity.h"

namespace stellwerk::config {

/// Longest storageDir, cluster id or path root, in bytes.
inline constexpr std::size_t kLocationBytesMax = 512;
/// Longest part of a cluster id or path root, in bytes: it becomes the name of a directory.
inline constexpr std::size_t kLocationPartBytesMax = 200;

/// The absolute path in `high-availability.storageDir`: a bare path or file:, slashes folded, none at
/// the end. Nothing is decoded: as in Flink, a '%' is a '%'.
Result<std::string> parse_storage_dir(std::string_view text);

/// A cluster id or path root with slashes folded and none at either end: "/a//b/" is "a/b".
/// Refused are empty ones, "." and ".." as a part, and characters that ZooKeeper or people cannot bear.
Result<std::string> parse_cluster_path(std::string_view text);

/// The absolute path of a directory on this machine, slashes folded, none at the end.
Result<std::string> parse_directory(std::string_view text);

/// The first of several directories, separated as Flink separates io.tmp.dirs: by ',', '|' or ':'.
Result<std::string> parse_first_directory(std::string_view text);

/// What may be the name of a worker: it becomes part of a URL and the name of a directory. nullopt if it may.
std::optional<std::string> worker_id_fault(std::string_view text);

/// "gpu, zone=a": the labels of a worker. Errors: invalid, as the end of a sentence.
Result<std::set<std::string>> parse_labels(std::string_view text);

/// "/" or "/a/b", whatever slashes were written.
std::string plain_url_prefix(std::string_view path);

inline constexpr std::uint16_t kZooKeeperPort = 2181;

struct Quorum {
  std::vector<HostPort> servers;
  std::string chroot;  ///< of a connect string like h1:2181,h2:2181/apps, without slashes around it
};
/// ZooKeeper's connect string; a server without a port has kZooKeeperPort.
Result<Quorum> parse_quorum(std::string_view text);

}  // namespace stellwerk::config
