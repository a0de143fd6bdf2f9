#include "app/worker_cgroups.h"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "processes/leftovers.h"
#include "processes/proc.h"

namespace stellwerk::app {
namespace {

/// Between two looks at what was killed.
constexpr int kLookAgainMs = 5;

Result<tasks::Cgroups> find_and_open(tasks::CgroupFiles& files, std::int64_t guard) {
  const auto path =
      tasks::find_cgroup(files.read("/proc/self/cgroup").value_or(""), files.read("/proc/self/mountinfo").value_or(""));
  if (path.has_error()) return path.error();
  const auto self = processes::read_stat(::getpid());
  tasks::Cgroups::Setup setup;
  setup.path = *path;
  setup.pid = ::getpid();
  setup.started = self ? self->started : 0;
  if (guard != 0) setup.along = {guard};
  setup.lives = [](std::int64_t pid, std::int64_t started) {
    const auto stat = processes::read_stat(pid);
    return stat && stat->started == started && !stat->ended();
  };
  setup.wait = [until = std::chrono::steady_clock::now() + processes::kLeftoversMax] {
    ::poll(nullptr, 0, kLookAgainMs);
    return std::chrono::steady_clock::now() < until;
  };
  return tasks::Cgroups::open(files, std::move(setup));
}

}  // namespace

std::vector<std::string> WorkerCgroups::lines() const {
  std::vector<std::string> out;
  if (limits.any()) out.push_back("Tasks are held to their limits of " + listed(limits));
  if (!why.empty())
    out.push_back("Tasks are not held to limits of " + listed(without({true, true, true}, limits)) + ": " + why);
  if (groups)
    for (const auto& path : groups->still_living())
      out.push_back("In the control group " + path +
                    " of an earlier worker's task something was killed and is still there");
  return out;
}

Result<WorkerCgroups> open_cgroups(config::CgroupUse use, std::int64_t guard) {
  WorkerCgroups out;
  if (use == config::CgroupUse::off) {
    out.why = "taskmanager.cgroups is off";
    return out;
  }
  out.files = std::make_unique<tasks::SystemCgroupFiles>();
  auto opened = find_and_open(*out.files, guard);
  if (opened.has_value()) {
    out.groups.emplace(std::move(*opened));
    out.limits = out.groups->limits();
    out.why = out.groups->missing();
  } else {
    out.why = opened.error().text;
  }
  if (use == config::CgroupUse::required && !out.limits.all())
    return make_error(Errc::refused, "taskmanager.cgroups is required, but tasks cannot be held to their limits of " +
                                         listed(without({true, true, true}, out.limits)) + ": " + out.why);
  return out;
}

}  // namespace stellwerk::app
