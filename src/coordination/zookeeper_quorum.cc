#include "coordination/zookeeper_quorum.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace stellwerk::coordination {
namespace {

Error refused(std::string_view text, const std::string& why) {
  return make_error(Errc::invalid, "high-availability.zookeeper.quorum: " + shown(text) + ' ' + why);
}

/// Of a host that the configuration's rule has taken: a colon is IPv6's alone.
bool is_address(const std::string& host) {
  in_addr parsed{};
  return host.find(':') != std::string::npos || ::inet_pton(AF_INET, host.c_str(), &parsed) == 1;
}

}  // namespace

std::string ZooKeeperMember::text() const {
  return config::format_host_port({host, port});
}

Result<std::vector<ZooKeeperMember>> parse_zookeeper_quorum(std::string_view text) {
  const auto quorum = config::parse_quorum(text);
  if (!quorum) return refused(text, quorum.error().text);
  if (!quorum->chroot.empty())
    return refused(text, "has a path; write only host:port and set high-availability.zookeeper.path.root");
  std::vector<ZooKeeperMember> members;
  for (const config::HostPort& server : quorum->servers) {
    ZooKeeperMember member{server.host, server.port, is_address(server.host)};
    if (std::find(members.begin(), members.end(), member) == members.end()) members.push_back(std::move(member));
  }
  return members;
}

}  // namespace stellwerk::coordination
