#include "drill/own_site.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/file_descriptor.h"
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
constexpr const char* kDebianJars = "/usr/share/java/";
constexpr const char* kDebianJarNames[] = {"zookeeper",
                                           "zookeeper-jute",
                                           "slf4j-api",
                                           "slf4j-log4j12",
                                           "log4j-1.2",
                                           "netty-common",
                                           "netty-handler",
                                           "netty-transport",
                                           "netty-buffer",
                                           "netty-codec",
                                           "netty-resolver",
                                           "netty-transport-native-epoll",
                                           "netty-transport-native-unix-common",
                                           "metrics-core",
                                           "snappy-java",
                                           "commons-cli"};

std::string find_java(const std::string& java_home, const std::string& path) {
  std::vector<std::string> folders;
  if (!java_home.empty()) folders.push_back(java_home + "/bin");
  std::istringstream words(path);
  for (std::string folder; std::getline(words, folder, ':');) folders.push_back(folder);
  for (const std::string& folder : folders)
    if (::access((folder + "/java").c_str(), X_OK) == 0) return folder + "/java";
  return "";
}

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

/// ZooKeeper's word for "I serve".
bool serves(std::uint16_t port) {
  const FileDescriptor connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{.tv_sec = 2, .tv_usec = 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
  if (::send(connection.get(), "srvr", 4, MSG_NOSIGNAL) != 4) return false;
  std::string said(4096, '\0');
  const ssize_t got = ::recv(connection.get(), said.data(), said.size(), 0);
  return got > 0 && said.find("Mode: ") != std::string::npos;
}

}  // namespace

Result<ZooKeeperHere> find_zookeeper(const std::string& zookeeper_home, const std::string& java_home,
                                     const std::string& path) {
  ZooKeeperHere out;
  out.java = find_java(java_home, path);
  if (out.java.empty()) return make_error(Errc::not_found, "there is no Java to run ZooKeeper with");
  if (!zookeeper_home.empty()) {
    out.class_path = zookeeper_home + "/*:" + zookeeper_home + "/lib/*";
    return out;
  }
  if (!fs::exists(std::string(kDebianJars) + "zookeeper.jar"))
    return make_error(Errc::not_found,
                      "there is no ZooKeeper: neither ZOOKEEPER_HOME is set nor is libzookeeper-java installed");
  for (const char* name : kDebianJarNames)
    out.class_path += (out.class_path.empty() ? "" : ":") + std::string(kDebianJars) + name + ".jar";
  return out;
}

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
  const std::uint16_t port = free_port();
  const std::string text =
      "tickTime=100\nminSessionTimeout=200\nmaxSessionTimeout=60000\ndataDir=" + (folder / "data").string() +
      "\nclientPort=" + std::to_string(port) +
      "\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=*\n"
      "maxClientCnxns=0\n";
  if (auto written = write_file(folder / "zoo.cfg", text); !written) return written;
  const std::string log4j =
      "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n"
      "log4j.appender.out.layout=org.apache.log4j.PatternLayout\n"
      "log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %-5p %c{1}: %m%n\n";
  if (auto written = write_file(folder / "log4j.properties", log4j); !written) return written;
  Member member;
  member.daemon = {.kind = Kind::zookeeper, .name = "zookeeper"};
  member.port = port;
  // The kill -9 of a drill is no power cut, so nothing is gained by waiting for the disk.
  member.command = {
      {setup_.zookeeper->java, "-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
       "-Dzookeeper.forceSync=no", "-Dzookeeper.preAllocSize=64",
       "-Dlog4j.configuration=file:" + (folder / "log4j.properties").string(), "-cp", setup_.zookeeper->class_path,
       "org.apache.zookeeper.server.quorum.QuorumPeerMain", (folder / "zoo.cfg").string()},
      folder.string()};
  members_.push_back(std::move(member));
  return {};
}

std::string OwnSite::common_settings() const {
  std::string out = "high-availability.storageDir: file://" + setup_.folder + "/storage\n" +
                    "high-availability.cluster-id: /drill\n"
                    "jobstore.expiration-time: 30 d\n"
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
  const std::uint16_t port = free_port();
  member.daemon = {.kind = Kind::master, .name = name, .rest = {.host = "localhost", .port = port}};
  member.command = {{setup_.program, "master", "--configDir", folder.string(), "--host", "localhost", "--webui-port",
                     std::to_string(port), "--log-file", (folder / "log").string()},
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
  return member.daemon.kind == Kind::zookeeper ? await_zookeeper(member.port) : Result<void>();
}

Result<void> OwnSite::await_zookeeper(std::uint16_t port) {
  const auto limit = std::chrono::steady_clock::now() + kServesMax;
  while (!serves(port)) {
    if (!members_.front().child.runs() || std::chrono::steady_clock::now() >= limit)
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
