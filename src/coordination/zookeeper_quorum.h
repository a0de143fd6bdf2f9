/// The text behind `high-availability.zookeeper.quorum`.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::coordination {

inline constexpr std::uint16_t kZooKeeperPort = 2181;
/// Most members that a quorum text may name.
inline constexpr std::size_t kZooKeeperMembersMax = 64;

/// One server as the user named it.
struct ZooKeeperMember {
  std::string host;  ///< a name, or an address as numbers (IPv6 without brackets)
  std::uint16_t port = kZooKeeperPort;
  bool numeric = false;  ///< `host` is an address: there is nothing to look up

  /// "host:port", with brackets around IPv6.
  std::string text() const;

  friend bool operator==(const ZooKeeperMember&, const ZooKeeperMember&) = default;
};

/// "zk1:2181, 10.0.0.7, [::1]:2182" to its members; a missing port is kZooKeeperPort.
/// Errors: invalid, with the member and what is accepted.
Result<std::vector<ZooKeeperMember>> parse_zookeeper_quorum(std::string_view text);

}  // namespace stellwerk::coordination
