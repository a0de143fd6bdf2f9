// The daemons of a drill's own cluster: their folders, settings and commands.
#include <filesystem>
#include <fstream>

#include "drill/own_site.h"
#include "drill/system_processes.h"

namespace stellwerk::drill {
namespace {

namespace fs = std::filesystem;

/// Of finding a port that no other daemon of ours has.
constexpr int kPortTries = 100;

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.flush();
  if (!file) return make_error(Errc::failed, "cannot write " + path);
  return {};
}

}  // namespace

Result<void> OwnSite::prepare() {
  std::error_code failed;
  fs::create_directories(storage_parent() + "/storage", failed);
  if (failed) return make_error(Errc::failed, "cannot make a folder in " + setup_.folder + ": " + failed.message());
  if (setup_.zookeeper)
    if (auto added = add_servers(); !added) return added;
  for (int i = 1; i <= setup_.masters; ++i)
    if (auto added = add_master(i); !added) return added;
  for (int i = 1; i <= setup_.workers; ++i)
    if (auto added = add_worker(i); !added) return added;
  return {};
}

Result<std::uint16_t> OwnSite::take_port() {
  for (int i = 0; i < kPortTries; ++i) {
    const std::uint16_t port = free_port();
    if (port == 0) break;
    if (ports_.insert(port).second) return port;
  }
  return make_error(Errc::failed, "no free port was found on this host");
}

Result<OwnSite::Place> OwnSite::place(const std::string& name) {
  Place out{"localhost", "127.0.0.1"};
  if (grounds_.network) {
    auto added = grounds_.network->add();
    if (!added) return added.error();
    out = {added->address, added->address, added->entry};
  }
  places_[name] = out;
  return out;
}

void OwnSite::add(Daemon daemon, std::vector<std::string> argv, bool container) {
  Child::Command command{.argv = std::move(argv), .folder = folder_of(daemon.name)};
  command.variable = std::string(kDrillVariable) + "=" + setup_.folder;
  command.network = places_.at(daemon.name).entry;
  command.container = container;
  daemons_.emplace_back(std::move(daemon), std::move(command));
}

Result<void> OwnSite::add_servers() {
  std::string ensemble;
  for (int i = 1; i <= setup_.servers; ++i) {
    Server server{.name = setup_.servers == 1 ? "zookeeper" : "zookeeper-" + std::to_string(i)};
    const auto at = place(server.name);
    if (!at) return at.error();
    server.address = at->address;
    const auto client = take_port(), peer = take_port(), election = take_port();
    for (const auto& port : {client, peer, election})
      if (!port) return port.error();
    server.port = *client;
    ensemble += "server." + std::to_string(i) + "=" + at->address + ":" + std::to_string(*peer) + ":" +
                std::to_string(*election) + "\n";
    servers_.push_back(std::move(server));
  }
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const Server& server = servers_[i];
    const std::string folder = folder_of(server.name), log4j = folder + "/log4j.properties", cfg = folder + "/zoo.cfg";
    fs::create_directories(folder + "/data");
    const std::string text =
        "tickTime=100\ninitLimit=100\nsyncLimit=50\nminSessionTimeout=200\nmaxSessionTimeout=60000\ndataDir=" + folder +
        "/data\nclientPort=" + std::to_string(server.port) + "\nclientPortAddress=" + server.address +
        "\nadmin.enableServer=false\n4lw.commands.whitelist=*\nmaxClientCnxns=0\n";
    if (auto written = write_file(cfg, text + (servers_.size() > 1 ? ensemble : "")); !written) return written;
    if (auto written = write_file(folder + "/data/myid", std::to_string(i + 1) + "\n"); !written) return written;
    if (auto written = write_file(log4j, zookeeper_logging("WARN")); !written) return written;
    add({.kind = Kind::zookeeper, .name = server.name}, setup_.zookeeper->command(cfg, log4j));
  }
  return {};
}

std::string OwnSite::common_settings() const {
  std::string out = "high-availability.storageDir: file://" + storage_parent() + "/storage\n" +
                    "high-availability.cluster-id: /drill\n"
                    // Nothing is forgotten, however long it takes.
                    "jobstore.expiration-time: 30 d\njobstore.ended.expiration-time: 30 d\n"
                    "jobstore.ended.max-capacity: 1000000\n"
                    "heartbeat.interval: 300 ms\nheartbeat.timeout: 3 s\ntaskmanager.reconnect.timeout: 1 s\n"
                    "resourcemanager.at-most-one.lease: 6 s\n";
  if (!setup_.zookeeper) return out + "high-availability.type: local\n";
  std::string quorum;
  for (const Server& each : servers_)
    quorum += (quorum.empty() ? "" : ",") + each.address + ":" + std::to_string(each.port);
  return out + "high-availability.type: zookeeper\nhigh-availability.zookeeper.quorum: " + quorum +
         "\nhigh-availability.zookeeper.client.session-timeout: 3 s\n";
}

Result<void> OwnSite::add_master(int number) {
  const std::string name = "master-" + std::to_string(number), folder = folder_of(name);
  fs::create_directories(folder);
  if (auto written = write_file(folder + "/config.yaml", common_settings()); !written) return written;
  const auto at = place(name);
  if (!at) return at.error();
  const auto port = take_port();
  if (!port) return port.error();
  add({.kind = Kind::master, .name = name, .rest = {.host = at->host, .port = *port}},
      {setup_.program, "master", "--configDir", folder, "--host", at->host, "--webui-port", std::to_string(*port),
       "--log-file", folder + "/log"},
      grounds_.containers);
  return {};
}

Result<void> OwnSite::add_worker(int number) {
  const std::string name = "worker-" + std::to_string(number), folder = folder_of(name);
  fs::create_directories(folder);
  const auto at = place(name);
  if (!at) return at.error();
  std::string settings = common_settings() + "taskmanager.numberOfTaskSlots: " + std::to_string(setup_.slots) +
                         "\nprocess.working-dir: " + folder + "/work\n";
  if (grounds_.network) settings += "taskmanager.host: " + at->host + "\n";
  if (auto written = write_file(folder + "/config.yaml", settings); !written) return written;
  std::string masters;
  for (const OwnDaemon& each : daemons_)
    if (each.kind() == Kind::master) masters += each.rest().authority() + "\n";
  if (auto written = write_file(folder + "/masters", masters); !written) return written;
  add({.kind = Kind::worker, .name = name},
      {setup_.program, "worker", "--configDir", folder, "--log-file", folder + "/log"});
  return {};
}

}  // namespace stellwerk::drill
