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

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "drill/zookeeper_here.h"

namespace stellwerk::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kStartMax = std::chrono::seconds(60);  // a loaded machine with a sanitizer
constexpr int kExitMaxMs = 20'000;
constexpr int kLookEveryMs = 20;
constexpr std::size_t kLogShownBytes = 2'000;
/// Below the range that the system gives to outgoing connections, so that a stopped server finds its
/// port free again.
constexpr std::uint16_t kPortFirst = 20'000;
constexpr std::uint16_t kPortLast = 32'000;

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
  std::ofstream(directory / "log4j.properties") << drill::zookeeper_logging("INFO");
  if (id_ != 0) std::ofstream(directory / "data" / "myid") << id_ << "\n";
}

Result<void> ZooKeeperServer::launch() {
  const auto here = drill::find_zookeeper("", "", "/usr/bin");
  if (!here) return make_error(Errc::not_found, here.error().text + ": scripts/lib/packages.sh names what is needed");
  write_configuration();
  const std::string log = (directory_.path() / "server.log").string();
  std::vector<std::string> words =
      here->command((directory_.path() / "zoo.cfg").string(), (directory_.path() / "log4j.properties").string());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(out);
  if (pid_ == -1) return make_error(Errc::failed, "cannot start " + here->java);
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
  return drill::ask_zookeeper("127.0.0.1", client_port_, command);
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
