/// How a ZooKeeper server is run on this host: for drills, and for tests.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <vector>

namespace stellwerk::drill {

struct ZooKeeperHere {
  std::string java{};
  std::string class_path{};

  /// A server with that zoo.cfg and log4j.properties: small, and it waits for no disk, because a kill -9 is no power
  /// cut.
  std::vector<std::string> command(const std::string& zoo_cfg, const std::string& log4j) const;
};

/// ZOOKEEPER_HOME (an unpacked release), else Debian's package; java of JAVA_HOME, else of PATH. Errors: not_found,
/// with what lacks.
Result<ZooKeeperHere> find_zookeeper(const std::string& zookeeper_home, const std::string& java_home,
                                     const std::string& path);

/// For log4j.properties: lines of that level and above on its output.
std::string zookeeper_logging(const std::string& level);

/// What it says to a word of four letters, at a numeric address; empty: nothing within 2 s.
std::string ask_zookeeper(const std::string& address, std::uint16_t port, const std::string& word);
/// It serves: alone, or in an ensemble that has a quorum.
bool zookeeper_serves(const std::string& address, std::uint16_t port);

}  // namespace stellwerk::drill
