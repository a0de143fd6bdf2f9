#include "app/coordination_choice.h"

#include <algorithm>

#include "coordination/local_coordination.h"
#include "coordination/none_coordination.h"
#include "coordination/zookeeper_client.h"
#include "coordination/zookeeper_coordination.h"
#include "coordination/zookeeper_paths.h"

namespace stellwerk::app {
namespace {

std::string join(const std::vector<config::HostPort>& servers) {
  std::string out;
  for (const auto& server : servers) out += (out.empty() ? "" : ",") + config::format_host_port(server);
  return out;
}

/// The guard must know the session before a candidate is made in it, and the candidate before it may claim.
void tell_guard(coordination::ZookeeperHooks& hooks, GuardProcess& guard, const std::string& digest,
                const std::string& ns) {
  hooks.session = [&guard, digest](const leadership::ZkSession& session) {
    guard::Session told;
    told.servers = session.servers;
    told.digest = digest;
    told.id = session.id;
    std::copy_n(session.password.begin(), std::min(session.password.size(), told.password.size()),
                told.password.begin());
    told.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(session.timeout);
    guard.tell(told);
  };
  hooks.candidate = [&guard, lock = coordination::ZookeeperPaths(ns).announcement](const std::string& path) {
    guard.tell(guard::Place{path, lock});
  };
}

std::unique_ptr<Coordination> over_zookeeper(const config::ZooKeeperOptions& options, const std::string& guid,
                                             const CoordinationNeeds& needs) {
  coordination::ZooKeeperOptions client = zookeeper_client_options(options, guid);
  const auto log = [&log = needs.log](coordination::ZooKeeperLogLevel level, const std::string& line) {
    if (level == coordination::ZooKeeperLogLevel::warn)
      log.warn(line);
    else
      log.write(master::NoteLevel::debug, line);
  };
  coordination::ZookeeperHooks hooks;
  hooks.log = [&log = needs.log](const std::string& line) { log.info(line); };
  if (needs.guard != nullptr) {
    tell_guard(hooks, *needs.guard, client.digest, options.path);
    client.servers = [guard = needs.guard](const std::vector<std::string>& servers) { guard->tell_servers(servers); };
  }
  return std::make_unique<coordination::ZookeeperCoordination>(
      needs.executor,
      [needs, client, log] {
        return coordination::make_zookeeper_client(needs.io, needs.executor, client, needs.resolver, log);
      },
      coordination::ZookeeperOptions{options.path, client.quorum, guid, {}}, std::move(hooks));
}

coordination::LocalPlace place_of(const config::MasterOptions& options) {
  return {options.storage->storage_dir, options.cluster_id};
}

}  // namespace

coordination::ZooKeeperOptions zookeeper_client_options(const config::ZooKeeperOptions& options,
                                                        const std::string& guid) {
  coordination::ZooKeeperOptions client;
  client.quorum = join(options.servers);
  client.session_timeout = options.session_timeout;
  client.connection_timeout = options.connection_timeout;
  client.acl = options.creator_acl ? coordination::ZooKeeperAcl::creator : coordination::ZooKeeperAcl::open;
  if (const auto digest = options.authorization.find("digest"); digest != options.authorization.end())
    client.digest = digest->second;
  client.seed = std::hash<std::string>{}(guid);
  return client;
}

Result<std::unique_ptr<Coordination>> make_coordination(const config::MasterOptions& options, const std::string& guid,
                                                        const CoordinationNeeds& needs) {
  switch (options.type) {
    case config::HaType::zookeeper: return over_zookeeper(*options.zookeeper, guid, needs);
    case config::HaType::local:
      return std::unique_ptr<Coordination>(
          std::make_unique<coordination::LocalCoordination>(needs.executor, place_of(options)));
    case config::HaType::none: break;
  }
  if (!options.storage)
    return std::unique_ptr<Coordination>(
        std::make_unique<coordination::MemoryCoordination>(needs.executor, needs.memory));
  if (const auto warning = coordination::single_master_warning(place_of(options))) needs.log.warn(*warning);
  return coordination::make_single_coordination(needs.executor, place_of(options));
}

}  // namespace stellwerk::app
