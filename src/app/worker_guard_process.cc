#include "app/worker_guard_process.h"

#include <array>
#include <utility>

#include "app/guard_inheritance.h"
#include "link/message.h"
#include "worker/tasks.h"

namespace stellwerk::app {
namespace {

namespace mode = guard::worker_mode;

static_assert(mode::kTasksMax >= worker::Tasks::kTasksMax);
static_assert(mode::kMastersMax >= link::kMastersMax);

constexpr const char* kWithoutTaskguard =
    "; without it what a worker that is killed with -9 ran is started elsewhere only after "
    "taskmanager.reconnect.timeout, and lives on until the worker is started again";

}  // namespace

WorkerGuardProcess::WorkerGuardProcess(boost::asio::io_context& io, Executor& executor,
                                       coordination::Resolver& resolver, const Log& log, Setup setup)
    : executor_(executor),
      resolver_(resolver),
      self_(std::move(setup.self)),
      log_(setup.log),
      keeper_(io, executor, log,
              {GuardOf::worker, std::move(setup.program), std::move(setup.log_file), kWithoutTaskguard,
               [this] { tell_all(); }}) {}

WorkerGuardProcess::~WorkerGuardProcess() {
  executor_.cancel(look_up_timer_);
}

Result<void> WorkerGuardProcess::start() {
  return keeper_.start(inherited_guard_socket());
}

void WorkerGuardProcess::tell(const mode::Message& message, std::span<const int> descriptors) {
  if (!keeper_.send_patiently(mode::encode(message), kPatience, descriptors)) keeper_.replace();
}

void WorkerGuardProcess::log_goes_to(FileDescriptor log) {
  const std::array<int, 1> descriptors{log.get()};
  if (keeper_.log_goes_to(std::move(log))) tell(log_, descriptors);
}

void WorkerGuardProcess::tell_all() {
  tell(log_);
  tell(self_);
  tell(lease_);
  mode::Runs runs;
  mode::RunsLeased leased;
  for (const auto& [pid, task] : tasks_) {
    if (task.mark.empty())
      runs.tasks.push_back({pid, task.started});
    else
      leased.tasks.push_back({{pid, task.started}, task.mark});
    if (runs.tasks.size() == mode::kTaskListMax) tell(std::exchange(runs, {}));
    if (leased.tasks.size() == mode::kLeasedListMax) tell(std::exchange(leased, {}));
  }
  if (!runs.tasks.empty()) tell(runs);
  if (!leased.tasks.empty()) tell(leased);
  if (!place_.masters.empty()) tell(place_);
  if (farewell_) tell(mode::Farewell{});
}

void WorkerGuardProcess::farewell() {
  farewell_ = true;
  tell(mode::Farewell{});
}

// ---- tasks

bool WorkerGuardProcess::starts(const std::string& mark, bool leased) {
  if (leased && !keeper_.ensure()) return false;
  starting_ = leased ? mark : "";
  tell(mode::Starts{mark, leased});
  return true;
}

void WorkerGuardProcess::runs(std::int64_t pid, std::int64_t started) {
  const Task& task = tasks_[pid] = {started, std::exchange(starting_, {})};
  if (task.mark.empty())
    tell(mode::Runs{{{pid, started}}});
  else
    tell(mode::RunsLeased{{{{pid, started}, task.mark}}});
}

void WorkerGuardProcess::leased(const worker::effect::Leased& lease) {
  lease_.until_us = static_cast<std::int64_t>(lease.until.time_since_epoch().count());
  tell(lease_);
}

void WorkerGuardProcess::not_started() {
  starting_.clear();
  tell(mode::NotStarted{});
}

void WorkerGuardProcess::ended(std::int64_t pid, std::int64_t started) {
  tasks_.erase(pid);
  tell(mode::Ended{{pid, started}});
}

// ---- masters

void WorkerGuardProcess::registered(const worker::effect::Registered& at) {
  place_.cluster = at.cluster;
  place_.epoch = at.epoch;
  masters_.clear();
  for (const auto& address : at.masters) {
    auto master = http::parse_endpoint(address, "a master's address");
    if (master) masters_.push_back(std::move(*master));
  }
  std::erase_if(hosts_, [&](const auto& each) {
    return !each.second.asking &&
           std::none_of(masters_.begin(), masters_.end(), [&](const auto& one) { return one.host == each.first; });
  });
  place_.masters.clear();
  tell_place();
  look_up();
}

/// Every name again: it may mean another address by now. What it meant before counts until then.
void WorkerGuardProcess::look_up() {
  for (const auto& master : masters_) {
    Host& host = hosts_[master.host];
    if (std::exchange(host.asking, true)) continue;
    resolver_.resolve(master.host, [this, alive = std::weak_ptr<bool>(alive_),
                                    name = master.host](Result<coordination::Resolver::Addresses> found) {
      if (!alive.expired()) looked_up(name, std::move(found));
    });
  }
}

void WorkerGuardProcess::looked_up(const std::string& name, Result<coordination::Resolver::Addresses> found) {
  Host& host = hosts_[name];
  host.asking = false;
  if (found.has_value()) {
    host.addresses = std::move(*found);
    return tell_place();
  }
  executor_.cancel(look_up_timer_);
  look_up_timer_ = executor_.after(kLookUpAgain, [this] { look_up(); });
}

void WorkerGuardProcess::tell_place() {
  mode::Place place{place_.cluster, place_.epoch, {}};
  for (const auto& master : masters_)
    for (const auto& address : hosts_[master.host].addresses)
      if (place.masters.size() < mode::kMastersMax)
        place.masters.push_back(http::Endpoint{address, master.port}.authority());
  if (place.masters.empty() || place == place_) return;
  place_ = std::move(place);
  tell(place_);
}

}  // namespace stellwerk::app
