#include "drill/grounds.h"

#include <filesystem>

#include "drill/child.h"

namespace stellwerk::drill {
namespace {

constexpr std::chrono::milliseconds kTryMax = std::chrono::seconds(10);

/// Empty: a process can be started in a pid namespace of its own.
std::string try_container(const std::string& folder) {
  auto child = Child::start({.argv = {"/bin/sh", "-c", ":"}, .folder = folder, .container = true});
  const bool done = child && child->await_end(kTryMax) && child->exit_code() == 0;
  return done ? "" : "a pid namespace needs the rights of root";
}

std::string make_folder(const std::string& path) {
  std::error_code ignored;  // what is missing then fails by itself
  std::filesystem::create_directories(path, ignored);
  return path;
}

}  // namespace

Grounds Grounds::prepare(const std::string& folder, const Wanted& wanted) {
  Grounds out;
  if (wanted.network) {
    auto network = Network::make(make_folder(folder + "/network"));
    if (network)
      out.network = std::move(*network);
    else
      out.no_network = network.error().text;
  }
  if (wanted.disk) {
    auto disk = Disk::mount(make_folder(folder + "/disk"));
    if (disk)
      out.disk.emplace(std::move(*disk));
    else
      out.no_disk = disk.error().text;
  }
  if (wanted.containers) {
    out.no_containers = try_container(make_folder(folder + "/container"));
    out.containers = out.no_containers.empty();
  }
  return out;
}

}  // namespace stellwerk::drill
