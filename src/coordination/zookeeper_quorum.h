/// The text behind `high-availability.zookeeper.quorum`.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/locations.h"

namespace stellwerk::coordination {

/// One server as the user named it.
struct ZooKeeperMember {
  std::string host;  ///< a name, or an address as numbers (IPv6 without brackets)
  std::uint16_t port = config::kZooKeeperPort;
  bool numeric = false;  ///< `host` is an address: there is nothing to look up

  /// "host:port", with brackets around IPv6.
  std::string text() const;

  friend bool operator==(const ZooKeeperMember&, const ZooKeeperMember&) = default;
};

/// "zk1:2181, 10.0.0.7, [::1]:2182" to its members; a missing port is 2181, and
/// what stands twice is one. The rule is config::parse_quorum(), without its path. Errors: invalid, with
/// the text and what is accepted.
Result<std::vector<ZooKeeperMember>> parse_zookeeper_quorum(std::string_view text);

}  // namespace stellwerk::coordination
