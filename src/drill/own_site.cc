#include "drill/own_site.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "drill/system_processes.h"

namespace stellwerk::drill {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kServesMax = std::chrono::seconds(60);
constexpr milliseconds kServesEvery = milliseconds(20);
constexpr milliseconds kEndsMax = std::chrono::seconds(10);
constexpr milliseconds kFsckMax = std::chrono::seconds(60);
constexpr std::size_t kShownBytes = 2'000;
constexpr int kQuorumServers = 3;

std::string tail_of(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str();
  return text.size() > kShownBytes ? "..." + text.substr(text.size() - kShownBytes) : text;
}

Result<void> move_folder(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::rename(from, to, failed);
  return failed ? make_error(Errc::failed, "cannot move " + from + ": " + failed.message()) : Result<void>();
}

}  // namespace

OwnSite::~OwnSite() {
  for (OwnDaemon& each : daemons_)
    if (each.kind() != Kind::zookeeper) each.end(milliseconds(0));
  for (OwnDaemon& each : daemons_) each.end(milliseconds(0));
  (void)end_leftovers(setup_.folder);  // what hangs ends with the call that it hangs in
}

Result<void> OwnSite::start_all() {
  if (auto prepared = prepare(); !prepared) return prepared;
  const auto launch = [&](bool servers) -> Result<void> {
    for (OwnDaemon& each : daemons_)
      if ((each.kind() == Kind::zookeeper) == servers)
        if (auto launched = each.launch(); !launched) return launched;
    return {};
  };
  if (auto launched = launch(true); !launched) return launched;
  for (const Server& each : servers_)
    if (auto serves = await_server(each.name); !serves) return serves;
  return launch(false);
}

Result<void> OwnSite::await_server(const std::string& name) {
  const auto server =
      std::find_if(servers_.begin(), servers_.end(), [&](const Server& each) { return each.name == name; });
  const auto limit = std::chrono::steady_clock::now() + kServesMax;
  while (!zookeeper_serves(server->address, server->port)) {
    if (!find(name)->look().runs || std::chrono::steady_clock::now() >= limit)
      return make_error(Errc::failed, "ZooKeeper does not serve: " + tail_of(folder_of(name) + "/out"));
    std::this_thread::sleep_for(kServesEvery);
  }
  return {};
}

void OwnSite::end_daemons() {
  for (const Kind kind : {Kind::worker, Kind::master})
    for (OwnDaemon& each : daemons_)
      if (each.kind() == kind) each.end(kEndsMax);
}

std::string OwnSite::fsck() {
  const std::string folder = folder_of("fsck");
  fs::create_directories(folder);
  // As the first master does: from its place in the network.
  auto child = Child::start({.argv = {setup_.program, "fsck", "--configDir", folder_of("master-1")},
                             .folder = folder,
                             .network = places_.at("master-1").entry});
  if (child.has_error()) return child.error().text;
  if (!child->await_end(kFsckMax)) return "it did not end within 60 s";
  if (child->exit_code() == 0) return "";
  return "exit code " + std::to_string(child->exit_code().value_or(-1)) + ": " + tail_of(folder + "/out");
}

Result<void> OwnSite::save_storage() {
  if (!grounds_.disk) return {};
  std::error_code failed;
  fs::copy(storage_parent() + "/storage", folder_of("storage"), fs::copy_options::recursive, failed);
  return failed ? make_error(Errc::failed, "cannot keep a copy of the storage: " + failed.message()) : Result<void>();
}

std::vector<Daemon> OwnSite::look() {
  std::vector<Daemon> out;
  for (OwnDaemon& each : daemons_) out.push_back(each.look());
  return out;
}

Result<void> OwnSite::signal(std::int64_t pid, int number) {
  return send_signal(pid, number);
}

std::vector<std::int64_t> OwnSite::guards_of(std::int64_t pid) {
  return find_guards(pid);
}

OwnDaemon* OwnSite::find(const std::string& name) {
  const auto found =
      std::find_if(daemons_.begin(), daemons_.end(), [&](const OwnDaemon& each) { return each.name() == name; });
  return found == daemons_.end() ? nullptr : &*found;
}

Result<void> OwnSite::start(const std::string& name) {
  OwnDaemon* const daemon = find(name);
  if (daemon == nullptr) return make_error(Errc::not_found, "there is no " + name);
  return daemon->look().runs ? Result<void>() : daemon->launch();
}

std::string OwnSite::unready() {
  for (const Server& each : servers_)
    if (!zookeeper_serves(each.address, each.port)) return each.name;
  return "";
}

std::string OwnSite::lacks(Fault fault) const {
  if (info_of(fault).zookeeper && !setup_.zookeeper) return "there is no ZooKeeper";
  switch (fault) {
    case Fault::lose_quorum: return setup_.servers < kQuorumServers ? "there is only one ZooKeeper server" : "";
    case Fault::kill_container: return grounds_.no_containers;
    case Fault::full_disk: return grounds_.no_disk;
    case Fault::partition:
      return !setup_.zookeeper && setup_.workers == 0 ? "there is nobody to be cut off from" : grounds_.no_network;
    default: return "";
  }
}

Result<void> OwnSite::harm(const Harm& harm) {
  if (const auto* const cut = std::get_if<Cut>(&harm))
    return grounds_.network->cut(places_.at(cut->from).address, places_.at(cut->to).address);
  if (std::holds_alternative<DiskFull>(harm)) return grounds_.disk->fill();
  if (std::holds_alternative<ReadOnly>(harm))
    return grounds_.disk ? grounds_.disk->refuse_writes() : make_error(Errc::failed, grounds_.no_disk);
  auto moved = move_folder(storage_parent() + "/storage", storage_parent() + "/storage-away");
  away_ = away_ || moved.has_value();
  return moved;
}

Result<void> OwnSite::heal() {
  Result<void> outcome;
  const auto note = [&](const Result<void>& healed) {
    if (!healed) outcome = healed;
    return healed.has_value();
  };
  if (grounds_.disk) note(grounds_.disk->free());
  if (away_ && note(move_folder(storage_parent() + "/storage-away", storage_parent() + "/storage"))) away_ = false;
  if (grounds_.network) note(grounds_.network->heal());
  return outcome;
}

void OwnSite::beside(const Daemon& master, const Ask& ask) {
  if (!grounds_.network) return ask(master.rest);
  // Not its usual address: a connection to that may be kept open, from elsewhere.
  const http::Endpoint inside{.host = "127.0.0.1", .port = master.rest.port};
  grounds_.network->within(places_.at(master.name).entry, [&] { ask(inside); });
}

std::int64_t OwnSite::container_of(std::int64_t pid) {
  for (OwnDaemon& each : daemons_)
    if (each.look().pid == pid) return each.container();
  return 0;
}

}  // namespace stellwerk::drill
