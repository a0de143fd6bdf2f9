#include "drill/own_site.h"

#include <algorithm>
#include <csignal>
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
/// Of finding a port that no other daemon of ours has.
constexpr int kPortTries = 100;

Result<void> write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.flush();
  if (!file) return make_error(Errc::failed, "cannot write " + path.string());
  return {};
}

std::string tail_of(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str();
  return text.size() > kShownBytes ? "..." + text.substr(text.size() - kShownBytes) : text;
}

}  // namespace

OwnSite::~OwnSite() {
  for (Member& member : members_)
    if (member.daemon.kind != Kind::zookeeper) member.child.end(milliseconds(0));
  for (Member& member : members_) member.child.end(milliseconds(0));
  (void)end_leftovers(setup_.folder);  // what hangs ends with the call that it hangs in
}

Result<void> OwnSite::start_all() {
  if (auto prepared = prepare(); !prepared) return prepared;
  for (Member& member : members_)
    if (auto launched = launch(member); !launched) return launched;
  return {};
}

Result<void> OwnSite::prepare() {
  std::error_code failed;
  fs::create_directories(fs::path(setup_.folder) / "storage", failed);
  if (failed) return make_error(Errc::failed, "cannot make a folder in " + setup_.folder + ": " + failed.message());
  if (setup_.zookeeper)
    if (auto added = add_zookeeper(); !added) return added;
  for (int i = 1; i <= setup_.masters; ++i)
    if (auto added = add_master(i); !added) return added;
  for (int i = 1; i <= setup_.workers; ++i)
    if (auto added = add_worker(i); !added) return added;
  return {};
}

Result<void> OwnSite::add_zookeeper() {
  const fs::path folder = fs::path(setup_.folder) / "zookeeper";
  fs::create_directories(folder / "data");
  const auto port = take_port();
  if (!port) return port.error();
  const std::string text =
      "tickTime=100\nminSessionTimeout=200\nmaxSessionTimeout=60000\ndataDir=" + (folder / "data").string() +
      "\nclientPort=" + std::to_string(*port) +
      "\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=*\n"
      "maxClientCnxns=0\n";
  if (auto written = write_file(folder / "zoo.cfg", text); !written) return written;
  const std::string log4j = (folder / "log4j.properties").string();
  if (auto written = write_file(log4j, zookeeper_logging("WARN")); !written) return written;
  Member member;
  member.daemon = {.kind = Kind::zookeeper, .name = "zookeeper"};
  member.port = *port;
  member.command = {setup_.zookeeper->command((folder / "zoo.cfg").string(), log4j), folder.string()};
  members_.push_back(std::move(member));
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

std::string OwnSite::common_settings() const {
  std::string out = "high-availability.storageDir: file://" + setup_.folder + "/storage\n" +
                    "high-availability.cluster-id: /drill\n"
                    // Nothing is forgotten, however long it takes.
                    "jobstore.expiration-time: 30 d\njobstore.ended.expiration-time: 30 d\n"
                    "jobstore.ended.max-capacity: 1000000\n"
                    "heartbeat.interval: 300 ms\nheartbeat.timeout: 3 s\ntaskmanager.reconnect.timeout: 1 s\n"
                    "resourcemanager.at-most-one.lease: 6 s\n";
  if (!setup_.zookeeper) return out + "high-availability.type: local\n";
  return out + "high-availability.type: zookeeper\nhigh-availability.zookeeper.quorum: 127.0.0.1:" +
         std::to_string(members_.front().port) + "\nhigh-availability.zookeeper.client.session-timeout: 3 s\n";
}

Result<void> OwnSite::add_master(int number) {
  const std::string name = "master-" + std::to_string(number);
  const fs::path folder = fs::path(setup_.folder) / name;
  fs::create_directories(folder);
  if (auto written = write_file(folder / "config.yaml", common_settings()); !written) return written;
  Member member;
  const auto port = take_port();
  if (!port) return port.error();
  member.daemon = {.kind = Kind::master, .name = name, .rest = {.host = "localhost", .port = *port}};
  member.command = {{setup_.program, "master", "--configDir", folder.string(), "--host", "localhost", "--webui-port",
                     std::to_string(*port), "--log-file", (folder / "log").string()},
                    folder.string()};
  members_.push_back(std::move(member));
  return {};
}

Result<void> OwnSite::add_worker(int number) {
  const std::string name = "worker-" + std::to_string(number);
  const fs::path folder = fs::path(setup_.folder) / name;
  fs::create_directories(folder);
  const std::string settings = common_settings() + "taskmanager.numberOfTaskSlots: " + std::to_string(setup_.slots) +
                               "\nprocess.working-dir: " + (folder / "work").string() + "\n";
  if (auto written = write_file(folder / "config.yaml", settings); !written) return written;
  std::string masters;
  for (const Member& member : members_)
    if (member.daemon.kind == Kind::master) masters += "localhost:" + std::to_string(member.daemon.rest.port) + "\n";
  if (auto written = write_file(folder / "masters", masters); !written) return written;
  Member member;
  member.daemon = {.kind = Kind::worker, .name = name};
  member.command = {{setup_.program, "worker", "--configDir", folder.string(), "--log-file", (folder / "log").string()},
                    folder.string()};
  members_.push_back(std::move(member));
  return {};
}

Result<void> OwnSite::launch(Member& member) {
  member.command.variable = std::string(kDrillVariable) + "=" + setup_.folder;
  auto child = Child::start(member.command);
  if (child.has_error()) return child.error();
  member.child = std::move(*child);
  return member.daemon.kind == Kind::zookeeper ? await_zookeeper(member) : Result<void>();
}

Result<void> OwnSite::await_zookeeper(Member& member) {
  const auto limit = std::chrono::steady_clock::now() + kServesMax;
  while (!zookeeper_serves("127.0.0.1", member.port)) {
    if (!member.child.runs() || std::chrono::steady_clock::now() >= limit)
      return make_error(Errc::failed, "ZooKeeper does not serve: " + tail_of(setup_.folder + "/zookeeper/out"));
    std::this_thread::sleep_for(kServesEvery);
  }
  return {};
}

void OwnSite::end_daemons() {
  for (const Kind kind : {Kind::worker, Kind::master})
    for (Member& member : members_)
      if (member.daemon.kind == kind) member.child.end(kEndsMax);
}

std::string OwnSite::fsck() {
  const std::string folder = setup_.folder + "/fsck";
  fs::create_directories(folder);
  auto child = Child::start({{setup_.program, "fsck", "--configDir", setup_.folder + "/master-1"}, folder, ""});
  if (child.has_error()) return child.error().text;
  if (!child->await_end(kFsckMax)) return "it did not end within 60 s";
  if (child->exit_code() == 0) return "";
  return "exit code " + std::to_string(child->exit_code().value_or(-1)) + ": " + tail_of(folder + "/out");
}

std::vector<Daemon> OwnSite::look() {
  std::vector<Daemon> out;
  for (Member& member : members_) {
    member.daemon.runs = member.child.runs();
    member.daemon.pid = member.child.pid();
    out.push_back(member.daemon);
  }
  return out;
}

Result<void> OwnSite::signal(std::int64_t pid, int number) {
  return send_signal(pid, number);
}

std::vector<std::int64_t> OwnSite::guards_of(std::int64_t pid) {
  return find_guards(pid);
}

OwnSite::Member* OwnSite::find(const std::string& name) {
  const auto found =
      std::find_if(members_.begin(), members_.end(), [&](const Member& each) { return each.daemon.name == name; });
  return found == members_.end() ? nullptr : &*found;
}

Result<void> OwnSite::start(const std::string& name) {
  Member* const member = find(name);
  if (member == nullptr) return make_error(Errc::not_found, "there is no " + name);
  return member->child.runs() ? Result<void>() : launch(*member);
}

}  // namespace stellwerk::drill
