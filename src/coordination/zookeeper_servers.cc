#include "coordination/zookeeper_servers.h"

#include <algorithm>
#include <utility>

namespace stellwerk::coordination {
namespace {

/// Beyond these, doubling has long reached its end.
constexpr unsigned kDoublingsMax = 16;
constexpr std::size_t kDescribedMax = 8;

Duration doubled(Duration first, unsigned times, Duration last) {
  return std::min(first * (1 << std::min(times, kDoublingsMax)), last);
}

}  // namespace

ZooKeeperServers::ZooKeeperServers(std::vector<ZooKeeperMember> members, std::uint64_t seed) {
  for (ZooKeeperMember& member : members) {
    Member entry;
    if (member.numeric) entry.addresses.push_back(member.host);
    entry.name = std::move(member);
    members_.push_back(std::move(entry));
  }
  if (!members_.empty()) {
    std::rotate(members_.begin(), members_.begin() + static_cast<std::ptrdiff_t>(seed % members_.size()),
                members_.end());
  }
}

std::vector<std::string> ZooKeeperServers::names_to_look_up(Time now) {
  std::set<std::string> names;
  for (Member& member : members_) {
    if (member.name.numeric || member.asked || member.ask_at > now) continue;
    member.asked = true;
    names.insert(member.name.host);
  }
  return {names.begin(), names.end()};
}

void ZooKeeperServers::looked_up(const std::string& name, const Result<std::vector<std::string>>& addresses, Time now) {
  for (Member& member : members_) {
    if (member.name.numeric || member.name.host != name || !member.asked) continue;
    member.asked = false;
    if (addresses) {
      member.addresses = *addresses;
      member.lookup_error.clear();
      member.retry = kLookupRetryFirst;
      member.ask_at = now + kLookupAgain;
    } else {
      // What was known stays: an old address is a better guess than none.
      member.lookup_error = addresses.error().text;
      member.ask_at = now + member.retry;
      member.retry = std::min(member.retry * 2, kLookupAgain);
    }
  }
}

std::vector<std::string> ZooKeeperServers::addresses() const {
  std::vector<std::string> out{current_.address};
  for (const Server& server : known())
    if (server.address != current_.address) out.push_back(server.address);
  return out;
}

std::vector<ZooKeeperServers::Server> ZooKeeperServers::known() const {
  std::vector<Server> servers;
  for (const Member& member : members_) {
    for (const std::string& address : member.addresses) {
      const std::string full = address + ":" + std::to_string(member.name.port);
      const auto same = [&](const Server& server) { return server.address == full; };
      if (std::any_of(servers.begin(), servers.end(), same)) continue;
      std::string text = member.name.text();
      if (!member.name.numeric) text += " (" + address + ")";
      servers.push_back({full, std::move(text)});
    }
  }
  return servers;
}

std::optional<ZooKeeperServers::Server> ZooKeeperServers::next(Time now) {
  std::vector<Server> servers = known();
  if (now < resume_at_ || servers.empty()) return std::nullopt;
  const auto is_current = [&](const Server& server) { return server.address == current_.address; };
  const auto last = std::find_if(servers.begin(), servers.end(), is_current);
  if (last != servers.end()) std::rotate(servers.begin(), last + 1, servers.end());
  const auto untried = [&](const Server& server) { return tried_.count(server.address) == 0; };
  auto chosen = std::find_if(servers.begin(), servers.end(), untried);
  if (chosen == servers.end()) {  // all that were left have vanished from the names meanwhile
    tried_.clear();
    chosen = servers.begin();
  }
  current_ = *chosen;
  tried_.insert(current_.address);
  return current_;
}

std::optional<Time> ZooKeeperServers::next_change() const {
  std::optional<Time> first;
  const auto consider = [&](Time when) {
    if (!first || when < *first) first = when;
  };
  for (const Member& member : members_) {
    if (!member.addresses.empty()) consider(resume_at_);
    if (!member.name.numeric && !member.asked) consider(member.ask_at);
  }
  return first;
}

Duration ZooKeeperServers::attempt_limit(Duration session_timeout) const {
  const auto servers = static_cast<std::int64_t>(std::max<std::size_t>(1, known().size()));
  const Duration first = std::min(kFirstAttemptMax, session_timeout / 6);
  const Duration last = std::max(first, session_timeout / (3 * servers));
  return doubled(first, failed_rounds_, last);
}

void ZooKeeperServers::end_round(Time now) {
  tried_.clear();
  resume_at_ = now + doubled(kRoundPauseFirst, failed_rounds_, kRoundPauseLast);
  ++failed_rounds_;
}

void ZooKeeperServers::failed(const std::string& why, Time now) {
  const std::vector<Server> servers = known();
  std::erase_if(errors_, [&](const auto& entry) {
    return std::none_of(servers.begin(), servers.end(), [&](const Server& s) { return s.address == entry.first; });
  });
  errors_[current_.address] = why;
  const auto tried = [&](const Server& server) { return tried_.count(server.address) != 0; };
  if (std::all_of(servers.begin(), servers.end(), tried)) end_round(now);
}

void ZooKeeperServers::established(Time now) {
  established_at_ = now;
  errors_.clear();
}

void ZooKeeperServers::lost(const std::string& why, Time now) {
  errors_[current_.address] = why;
  if (now - established_at_ < kStableAfter) {
    end_round(now);
  } else {
    tried_.clear();
    failed_rounds_ = 0;
    resume_at_ = now;
  }
  // The servers may have moved: ask again at once, but not more often than failures would be repeated.
  for (Member& member : members_) {
    const Time soonest = std::max(now, member.ask_at - kLookupAgain + kLookupRetryFirst);
    member.ask_at = std::min(member.ask_at, soonest);
  }
}

std::string ZooKeeperServers::describe() const {
  std::string text;
  std::size_t shown = 0;
  for (const Member& member : members_) {
    if (!text.empty()) text += ", ";
    if (shown++ == kDescribedMax) return text + std::to_string(members_.size() - kDescribedMax) + " more";
    text += member.name.text() + ": ";
    if (member.addresses.empty()) {
      text += member.lookup_error.empty() ? "its name is being looked up"
                                          : "its name cannot be looked up (" + member.lookup_error + ")";
      continue;
    }
    std::string why;
    for (const std::string& address : member.addresses) {
      const auto error = errors_.find(address + ":" + std::to_string(member.name.port));
      if (error != errors_.end()) why = error->second;
    }
    text += why.empty() ? "being tried" : why;
  }
  return text;
}

}  // namespace stellwerk::coordination
