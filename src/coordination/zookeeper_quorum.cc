#include "coordination/zookeeper_quorum.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace stellwerk::coordination {
namespace {

constexpr std::string_view kKey = "high-availability.zookeeper.quorum";
constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kShownBytesMax = 80;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Error bad_member(std::string_view member, std::string_view why) {
  std::string shown(member.substr(0, kShownBytesMax));
  if (member.size() > kShownBytesMax) shown += "...";
  return make_error(Errc::invalid, std::string(kKey) + ": '" + shown + "' " + std::string(why));
}

template <class Address>
bool is_address(int family, std::string_view host) {
  Address parsed{};
  return ::inet_pton(family, std::string(host.substr(0, host.find('%'))).c_str(), &parsed) == 1;
}

bool only(std::string_view text, bool (*accepted)(unsigned char)) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return accepted(static_cast<unsigned char>(c)); });
}

bool name_character(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool digit_or_dot(unsigned char c) {
  return (c >= '0' && c <= '9') || c == '.';
}

Result<ZooKeeperMember> with_port(ZooKeeperMember member, std::string_view whole, std::string_view port) {
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), member.port);
  if (error != std::errc{} || end != port.data() + port.size() || member.port == 0) {
    return bad_member(whole, "has no valid port; write host:port with a port from 1 to 65535, or no port for 2181");
  }
  return member;
}

Result<ZooKeeperMember> bracketed(std::string_view member) {
  const auto close = member.find(']');
  const std::string_view host = member.substr(1, close == std::string_view::npos ? close : close - 1);
  const std::string_view rest = close == std::string_view::npos ? "" : member.substr(close + 1);
  if (close == std::string_view::npos || !is_address<in6_addr>(AF_INET6, host) || (!rest.empty() && rest[0] != ':')) {
    return bad_member(member, "is no IPv6 address in brackets; write it as in [::1]:2181");
  }
  ZooKeeperMember parsed{std::string(host), kZooKeeperPort, true};
  if (rest.empty()) return parsed;
  return with_port(std::move(parsed), member, rest.substr(1));
}

Result<ZooKeeperMember> parse_member(std::string_view member) {
  if (member.empty())
    return bad_member(member, "is an empty entry; write host:port of each server, separated by commas");
  if (member.find('/') != std::string_view::npos) {
    return bad_member(member, "has a path; write only host:port and set high-availability.zookeeper.path.root");
  }
  if (member[0] == '[') return bracketed(member);
  const auto colon = member.find(':');
  if (colon != std::string_view::npos && member.find(':', colon + 1) != std::string_view::npos) {
    return bad_member(member, "has several colons; write an IPv6 address in brackets, as in [::1]:2181");
  }
  const std::string_view host = member.substr(0, colon);
  const bool numeric = is_address<in_addr>(AF_INET, host) && host.find('%') == std::string_view::npos;
  if (host.empty() || host.size() > kHostBytesMax || !only(host, &name_character)) {
    return bad_member(member, "names no host; write host:port with letters, digits, '-', '_' and '.' in the host");
  }
  if (!numeric && only(host, &digit_or_dot)) {
    return bad_member(member, "is no IPv4 address; write four numbers from 0 to 255, as in 10.0.0.7:2181");
  }
  ZooKeeperMember parsed{std::string(host), kZooKeeperPort, numeric};
  if (colon == std::string_view::npos) return parsed;
  return with_port(std::move(parsed), member, member.substr(colon + 1));
}

}  // namespace

std::string ZooKeeperMember::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<std::vector<ZooKeeperMember>> parse_zookeeper_quorum(std::string_view text) {
  if (trimmed(text).empty()) {
    return make_error(Errc::invalid, std::string(kKey) + " is empty; write host:port of each ZooKeeper server, " +
                                         "separated by commas");
  }
  std::vector<ZooKeeperMember> members;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    Result<ZooKeeperMember> member = parse_member(trimmed(text.substr(begin, end - begin)));
    if (!member) return member.error();
    if (members.size() == kZooKeeperMembersMax) {
      return make_error(Errc::invalid, std::string(kKey) + " names more than " + std::to_string(kZooKeeperMembersMax) +
                                           " servers; name those that clients should use");
    }
    if (std::find(members.begin(), members.end(), *member) == members.end()) members.push_back(*std::move(member));
    begin = end + 1;
  }
  return members;
}

}  // namespace stellwerk::coordination
