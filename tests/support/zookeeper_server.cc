#include "support/zookeeper_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace stellwerk::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kStartMax = std::chrono::seconds(60);  // a loaded machine with a sanitizer
constexpr int kExitMaxMs = 20'000;
constexpr int kLookEveryMs = 20;
constexpr int kAnswerMaxMs = 2'000;
constexpr std::size_t kLogShownBytes = 2'000;
/// Below the range that the system gives to outgoing connections, so that a stopped server finds its
/// port free again.
constexpr std::uint16_t kPortFirst = 20'000;
constexpr std::uint16_t kPortLast = 32'000;

constexpr const char* kJava = "/usr/bin/java";
constexpr const char* kJars = "/usr/share/java/";
constexpr std::array kJarNames{"zookeeper",
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

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> ports(kPortFirst, kPortLast);
  for (;;) {
    const auto port = static_cast<std::uint16_t>(ports(random));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (free) return port;
  }
}

std::string class_path() {
  std::string path;
  for (const char* name : kJarNames) path += (path.empty() ? "" : ":") + std::string(kJars) + name + ".jar";
  return path;
}

Result<void> packages_are_there() {
  if (!fs::exists(kJava))
    return make_error(Errc::not_found, "/usr/bin/java is missing: apt-get install openjdk-17-jre-headless");
  if (!fs::exists(std::string(kJars) + "zookeeper.jar")) {
    return make_error(Errc::not_found, "/usr/share/java/zookeeper.jar is missing: apt-get install libzookeeper-java");
  }
  return {};
}

}  // namespace

ZooKeeperServer::ZooKeeperServer(ZooKeeperServerOptions options) : options_(options), client_port_(free_port()) {}

ZooKeeperServer::~ZooKeeperServer() {
  kill();
}

std::string ZooKeeperServer::address() const {
  return "127.0.0.1:" + std::to_string(client_port_);
}

void ZooKeeperServer::write_configuration() {
  const fs::path& directory = directory_.path();
  fs::create_directories(directory / "data");
  std::ofstream configuration(directory / "zoo.cfg");
  configuration << "tickTime=" << options_.tick_ms << "\nminSessionTimeout=" << options_.session_timeout_min_ms
                << "\nmaxSessionTimeout=" << options_.session_timeout_max_ms
                << "\ndataDir=" << (directory / "data").string() << "\nclientPort=" << client_port_
                << "\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n"
                << "4lw.commands.whitelist=*\nmaxClientCnxns=0\ninitLimit=100\nsyncLimit=50\n";
  for (const std::string& member : members_) configuration << member << "\n";
  std::ofstream(directory / "log4j.properties")
      << "log4j.rootLogger=INFO, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n"
         "log4j.appender.out.layout=org.apache.log4j.PatternLayout\n"
         "log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %-5p %c{1}: %m%n\n";
  if (id_ != 0) std::ofstream(directory / "data" / "myid") << id_ << "\n";
}

Result<void> ZooKeeperServer::launch() {
  if (auto there = packages_are_there(); !there) return there;
  write_configuration();
  const std::string log = (directory_.path() / "server.log").string();
  const std::string log4j = "-Dlog4j.configuration=file:" + (directory_.path() / "log4j.properties").string();
  const std::string configuration = (directory_.path() / "zoo.cfg").string();
  const std::string jars = class_path();
  // The kill -9 of a test is no power cut, so nothing is gained by waiting for the disk.
  const std::array<const char*, 13> argv{kJava,
                                         "-Xmx96m",
                                         "-XX:+UseSerialGC",
                                         "-XX:TieredStopAtLevel=1",
                                         "-XX:-UsePerfData",
                                         "-Dzookeeper.forceSync=no",
                                         "-Dzookeeper.preAllocSize=64",
                                         log4j.c_str(),
                                         "-cp",
                                         jars.c_str(),
                                         "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                                         configuration.c_str(),
                                         nullptr};
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execv(kJava, const_cast<char* const*>(argv.data()));
    ::_exit(127);
  }
  ::close(out);
  if (pid_ == -1) return make_error(Errc::failed, "cannot start " + std::string(kJava));
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  return {};
}

Result<void> ZooKeeperServer::await_serving() {
  const auto until = Clock::now() + kStartMax;
  while (Clock::now() < until) {
    if (ask("srvr").find("Mode: ") != std::string::npos) return {};
    if (wait_for_exit(kLookEveryMs)) return make_error(Errc::failed, "ZooKeeper ended: " + end_of_log());
  }
  return make_error(Errc::failed, "ZooKeeper does not serve: " + end_of_log());
}

Result<void> ZooKeeperServer::start() {
  if (auto launched = launch(); !launched) return launched;
  return await_serving();
}

bool ZooKeeperServer::wait_for_exit(int milliseconds) const {
  pollfd ended{pidfd_, POLLIN, 0};
  return ::poll(&ended, 1, milliseconds) > 0;
}

void ZooKeeperServer::kill() {
  if (pid_ == -1) return;
  ::kill(pid_, SIGKILL);
  wait_for_exit(kExitMaxMs);
  ::waitpid(pid_, nullptr, 0);
  ::close(pidfd_);
  pid_ = pidfd_ = -1;
}

void ZooKeeperServer::freeze() {
  ::kill(pid_, SIGSTOP);
  ::waitpid(pid_, nullptr, WUNTRACED);
}

void ZooKeeperServer::thaw() {
  ::kill(pid_, SIGCONT);
}

void ZooKeeperServer::save_data(const std::string& name) {
  fs::copy(directory_.path() / "data", directory_.path() / name, fs::copy_options::recursive);
}

void ZooKeeperServer::restore_data(const std::string& name) {
  wipe_data();
  fs::copy(directory_.path() / name, directory_.path() / "data", fs::copy_options::recursive);
}

void ZooKeeperServer::wipe_data() {
  fs::remove_all(directory_.path() / "data");
}

Result<void> ZooKeeperServer::set_versions(const std::string& node, NodeVersions versions) {
  return set_versions_in_snapshot(directory_.path() / "data", node, versions);
}

std::string ZooKeeperServer::ask(const std::string& command) const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(client_port_);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, command.data(), command.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(command.size())) {
    std::array<char, 4096> piece{};
    pollfd readable{fd, POLLIN, 0};
    while (::poll(&readable, 1, kAnswerMaxMs) > 0) {
      const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
      if (got <= 0) break;
      answer.append(piece.data(), static_cast<std::size_t>(got));
    }
  }
  ::close(fd);
  return answer;
}

bool ZooKeeperServer::leads() const {
  return ask("srvr").find("Mode: leader") != std::string::npos;
}

std::string ZooKeeperServer::end_of_log() const {
  std::ifstream file(directory_.path() / "server.log");
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  return all.size() > kLogShownBytes ? "..." + all.substr(all.size() - kLogShownBytes) : all;
}

ZooKeeperEnsemble::ZooKeeperEnsemble(ZooKeeperServerOptions options) {
  constexpr int kMembers = 3;
  std::vector<std::string> lines;
  for (int i = 1; i <= kMembers; ++i) {
    auto server = std::make_unique<ZooKeeperServer>(options);
    server->id_ = i;
    server->peer_port_ = free_port();
    server->election_port_ = free_port();
    lines.push_back("server." + std::to_string(i) + "=127.0.0.1:" + std::to_string(server->peer_port_) + ":" +
                    std::to_string(server->election_port_));
    servers_.push_back(std::move(server));
  }
  for (const auto& server : servers_) server->members_ = lines;
}

Result<void> ZooKeeperEnsemble::start() {
  for (const auto& server : servers_) {
    if (auto launched = server->launch(); !launched) return launched;
  }
  for (const auto& server : servers_) {
    if (auto serving = server->await_serving(); !serving) return serving;
  }
  return {};
}

std::string ZooKeeperEnsemble::quorum() const {
  std::string text;
  for (const auto& server : servers_) text += (text.empty() ? "" : ",") + server->address();
  return text;
}

std::size_t ZooKeeperEnsemble::server_of(std::int64_t session) const {
  std::stringstream id;
  id << "sid=0x" << std::hex << session << ",";
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (servers_[i]->ask("cons").find(id.str()) != std::string::npos) return i;
  }
  return servers_.size();
}

}  // namespace stellwerk::test
