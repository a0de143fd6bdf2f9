#include "drill/network.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/assert.h"
#include "drill/child.h"

namespace stellwerk::drill {
namespace {

constexpr std::size_t kPlacesMax = 200;
constexpr std::chrono::milliseconds kIpMax = std::chrono::seconds(10);
constexpr const char* kPrograms[] = {"/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"};
/// Of a namespace that nobody else sees, so it cannot meet addresses of the host.
constexpr const char* kNet = "10.199.";

std::string find_ip() {
  for (const char* path : kPrograms)
    if (::access(path, X_OK) == 0) return path;
  return "";
}

bool write_setting(const std::string& name, const std::string& value) {
  std::ofstream file("/proc/sys/net/ipv4/" + name);
  file << value << std::flush;
  return file.good();
}

/// This thread's.
FileDescriptor open_namespace() {
  return FileDescriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

/// A namespace stays as long as it is open somewhere.
FileDescriptor make_namespace() {
  FileDescriptor out;
  std::thread([&out] {
    if (::unshare(CLONE_NEWNET) == 0) out = open_namespace();
  }).join();
  return out;
}

std::string cut_rule(const std::pair<std::string, std::string>& cut) {
  return "from " + cut.first + " to " + cut.second + " blackhole pref 100\n";
}

}  // namespace

Result<Network> Network::make(const std::string& folder) {
  const std::string ip = find_ip();
  if (ip.empty()) return make_error(Errc::failed, "there is no ip (package iproute2) on this host");
  if (::unshare(CLONE_NEWNET) != 0)
    return make_error(Errc::failed,
                      std::string("a network namespace needs the rights of root (") + std::strerror(errno) + ")");
  Network out(folder, ip);
  out.middle_ = open_namespace();
  // Packets whose answers are lost are no spoofed ones.
  const bool set = write_setting("ip_forward", "1") && write_setting("conf/all/rp_filter", "0") &&
                   write_setting("conf/default/rp_filter", "0");
  if (!set) return make_error(Errc::failed, "the settings of a network namespace cannot be written");
  if (auto up = out.run("link set lo up\n", -1); !up) return up.error();
  return out;
}

Result<void> Network::run(const std::string& commands, int entry) {
  const std::string batch = folder_ + "/batch";
  std::ofstream file(batch);
  file << commands << std::flush;
  if (!file) return make_error(Errc::failed, "cannot write " + batch);
  auto child = Child::start({.argv = {ip_, "-batch", batch}, .folder = folder_, .network = entry});
  if (!child) return child.error();
  if (!child->await_end(kIpMax) || child->exit_code() != 0)
    return make_error(Errc::failed, "ip could not set up the network of the drill; " + folder_ + "/out says why");
  return {};
}

Result<Network::Place> Network::add() {
  if (entries_.size() >= kPlacesMax) return make_error(Errc::failed, "the network of the drill is full");
  FileDescriptor entry = make_namespace();
  if (!entry) return make_error(Errc::failed, "cannot make a network namespace");
  const std::string number = std::to_string(entries_.size() + 1);
  const std::string net = kNet + number, outside = "h" + number;
  const std::string inside = "link set lo up\nlink add eth0 type veth peer name " + outside + " netns " +
                             std::to_string(::gettid()) + "\naddr add " + net +
                             ".2/30 dev eth0\nlink set eth0 up\nroute add default via " + net + ".1\n";
  if (auto done = run(inside, entry.get()); !done) return done.error();
  if (auto done = run("addr add " + net + ".1/30 dev " + outside + "\nlink set " + outside + " up\n", -1); !done)
    return done.error();
  entries_.push_back(std::move(entry));
  return Place{net + ".2", entries_.back().get()};
}

void Network::within(int entry, const std::function<void()>& act) {
  // What fails here shows in what is answered there.
  const bool entered = middle_ && ::setns(entry, CLONE_NEWNET) == 0;
  act();
  if (entered)
    STELLWERK_ASSERT(::setns(middle_.get(), CLONE_NEWNET) == 0, "a namespace that is open cannot be entered");
}

Result<void> Network::cut(const std::string& from, const std::string& to) {
  cuts_.emplace_back(from, to);
  auto done = run("rule add " + cut_rule(cuts_.back()), -1);
  if (!done) cuts_.pop_back();
  return done;
}

Result<void> Network::heal() {
  while (!cuts_.empty()) {
    if (auto done = run("rule del " + cut_rule(cuts_.back()), -1); !done) return done;
    cuts_.pop_back();
  }
  return {};
}

}  // namespace stellwerk::drill
