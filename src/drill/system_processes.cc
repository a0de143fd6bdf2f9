#include "drill/system_processes.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "base/file_descriptor.h"
#include "processes/proc.h"

namespace stellwerk::drill {
namespace {

constexpr std::uint16_t kPortLeast = 10'000;
constexpr int kPortTries = 1'000;
/// What was killed has ended within this time, but for one that hangs in a call of the system.
constexpr auto kLeftoversMax = std::chrono::seconds(10);
constexpr auto kLeftoversEvery = std::chrono::milliseconds(2);

std::uint16_t first_outgoing_port() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint16_t first = 32'768;
  file >> first;
  return std::max<std::uint16_t>(first, kPortLeast + 1'000);
}

std::string name_of(std::int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

bool is_free(std::uint16_t port) {
  const FileDescriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return probe && ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

enum class Has { yes, no, nobody_knows };

/// A process that just becomes another program, or just ends, has no environment to read.
Has has_variable(std::int64_t pid, const std::string& variable) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
  Has out = Has::nobody_knows;
  for (std::string each; std::getline(file, each, '\0');) {
    if (each == variable) return Has::yes;
    out = Has::no;
  }
  return out;
}

bool is_guard(std::int64_t pid) {
  const std::string name = name_of(pid);
  return name == "lockguard" || name == "taskguard";
}

/// How many there were.
std::size_t kill_leftovers(const std::string& folder) {
  const std::string variable = std::string(kDrillVariable) + "=" + folder;
  std::size_t found = 0;
  for (const std::int64_t each : processes::list_processes()) {
    std::error_code failed;
    // Of one that has ended it cannot be read.
    const auto stands = std::filesystem::read_symlink("/proc/" + std::to_string(each) + "/cwd", failed);
    if (failed || !(stands.string() + "/").starts_with(folder + "/") || each == ::getpid()) continue;
    const Has ours = is_guard(each) ? Has::yes : has_variable(each, variable);
    if (ours == Has::yes) ::kill(static_cast<pid_t>(each), SIGKILL);
    if (ours != Has::no) ++found;
  }
  return found;
}

}  // namespace

Result<void> send_signal(std::int64_t pid, int number) {
  if (pid <= 1) return make_error(Errc::not_found, "there is no such process");
  if (::kill(static_cast<pid_t>(pid), number) == 0) return {};
  return make_error(errno == ESRCH ? Errc::not_found : Errc::failed,
                    "process " + std::to_string(pid) + " cannot be signalled: " + std::strerror(errno));
}

bool process_runs(std::int64_t pid) {
  const auto stat = processes::read_stat(pid);
  return stat && !stat->ended();
}

std::vector<std::int64_t> find_guards(std::int64_t pid) {
  std::vector<std::int64_t> out;
  for (const std::int64_t each : processes::list_processes()) {
    const auto stat = processes::read_stat(each);
    if (!stat || stat->parent != pid || stat->ended()) continue;
    if (is_guard(each)) out.push_back(each);
  }
  return out;
}

bool end_leftovers(const std::string& folder) {
  const auto limit = std::chrono::steady_clock::now() + kLeftoversMax;
  // A killed process still stands there until it has ended, and may have started another one just before.
  while (kill_leftovers(folder) > 0) {
    if (std::chrono::steady_clock::now() >= limit) return false;
    std::this_thread::sleep_for(kLeftoversEvery);
  }
  return true;
}

std::uint16_t free_port() {
  std::random_device random;
  std::uniform_int_distribution<int> ports(kPortLeast, first_outgoing_port() - 1);
  for (int i = 0; i < kPortTries; ++i) {
    const auto port = static_cast<std::uint16_t>(ports(random));
    if (is_free(port)) return port;
  }
  return 0;
}

}  // namespace stellwerk::drill
