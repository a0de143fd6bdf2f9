#include "simulation/cluster/sim_worker.h"

namespace stellwerk::test {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kLogLines = 400;
constexpr std::int64_t kSlots = 4;
/// Of a write to its disk.
constexpr Duration kDisk = 1ms;
constexpr Duration kGuardRestart = 100ms;
/// Of an answer over HTTP.
constexpr Duration kAsk = 3ms;

worker::WorkerOptions options_of(link::Hello self, std::vector<std::string> masters, std::uint64_t seed) {
  worker::WorkerOptions options;
  worker::RegistrationOptions& registration = options.registration;
  registration.self = std::move(self);
  registration.discovers = masters.empty();
  registration.masters = std::move(masters);
  registration.registration_timeout = std::chrono::hours(24);
  registration.orphan_timeout = 0s;
  registration.seed = seed;
  options.tasks.cancellation_timeout = 3s;
  return options;
}

}  // namespace

class SimWorker::Memory : public worker::Memory {
 public:
  Memory(SimExecutor& executor, SimWorker& owner) : executor_(executor), owner_(owner) {}

  void remember(const worker::Place& place, Done done) override {
    executor_.after(kDisk, [this, place, done = std::move(done)] {
      if (owner_.disk_.full) return done(make_error(Errc::failed, "the disk is full"));
      owner_.disk_.place = place;
      owner_.on_registered_(place.cluster, place.epoch);
      done({});
    });
  }

 private:
  SimExecutor& executor_;
  SimWorker& owner_;
};

/// What dies with kill -9.
struct SimWorker::Process {
  Process(SimExecutor& loop, SimWorker& owner, worker::WorkerOptions options)
      : executor(loop),
        dialer(owner.links_.dialer(owner.name_, loop)),
        memory(loop, owner),
        tasks(owner.time_, loop, owner.name_, owner.disk_.incarnation, owner.disk_.book, owner.watch_,
              [&owner](const guard::worker_mode::Message& message) { owner.tell_guard(message); }),
        driver(loop, {*dialer, memory, tasks, tasks, tasks}, std::move(options), owner.hooks()) {}

  SimExecutor& executor;
  std::unique_ptr<link::Dialer> dialer;
  Memory memory;
  SimTasks tasks;
  worker::Driver driver;
};

SimWorker::SimWorker(SimTime& time, SimLinks& links, std::string name, std::vector<std::string> masters, Find find,
                     OnRegistered on_registered, TaskWatch& watch, Guarding guarding)
    : time_(time),
      links_(links),
      name_(std::move(name)),
      masters_(std::move(masters)),
      find_(std::move(find)),
      on_registered_(std::move(on_registered)),
      watch_(watch),
      guarding_(std::move(guarding)) {}

SimWorker::~SimWorker() {
  kill_both();
  end_orphans(disk_.incarnation);
}

void SimWorker::say(const std::string& text) {
  if (log_.size() >= kLogLines) log_.erase(log_.begin(), log_.begin() + kLogLines / 2);
  log_.push_back(std::to_string((time_.now().time_since_epoch() - 1000s) / 1ms) + " " + name_ + " " + text);
}

// ---- its guard

void SimWorker::start_guard() {
  if (!guarding_.guards) return;
  SimWorkerGuard::Hands hands;
  hands.end_tasks = [this, incarnation = disk_.incarnation] {
    if (guarding_.end_tasks) end_orphans(incarnation);
  };
  hands.end_leased = [this, incarnation = disk_.incarnation](const std::vector<std::int64_t>& pids) {
    if (!guarding_.end_leased || !process_ || disk_.incarnation != incarnation) return;
    for (const std::int64_t pid : pids) process_->tasks.kill(pid);
  };
  hands.say = guarding_.say;
  hands.log = [this](const std::string& text) { say("guard: " + text); };
  guards_.push_back(std::make_unique<SimWorkerGuard>(time_, guarding_.random, std::move(hands)));
  tell_guard(guard::worker_mode::Self{name_, disk_.incarnation, {1000, disk_.incarnation}});
  tell_guard(told_lease_);
  guard::worker_mode::Runs runs;
  for (const std::int64_t pid : process_->tasks.pids()) runs.tasks.push_back({pid, pid});
  tell_guard(runs);
  tell_guard(guard::worker_mode::RunsLeased{process_->tasks.leased()});
  if (told_place_) tell_guard(*told_place_);
}

void SimWorker::tell_guard(const guard::worker_mode::Message& message) {
  if (guarding_.guards && !guards_.empty()) guards_.back()->tell(message);
}

void SimWorker::kill_guard() {
  if (!guarding_.guards || guards_.empty()) return;
  guards_.back()->kill();
  guard_back_at_ = time_.now() + kGuardRestart;
  if (process_) process_->executor.after(kGuardRestart, [this] { start_guard(); });
}

void SimWorker::end_orphans(std::int64_t incarnation) {
  if (orphans_incarnation_ > incarnation) return;
  for (const auto& attempt : std::exchange(orphans_, {})) watch_.on_task_ends(name_, attempt, false);
}

bool SimWorker::runs_until(std::int64_t incarnation) const {
  return (process_ && disk_.incarnation <= incarnation) || (!orphans_.empty() && orphans_incarnation_ <= incarnation);
}

worker::DriverHooks SimWorker::hooks() {
  worker::DriverHooks hooks;
  hooks.log = [this](worker::NoteLevel, const std::string& text) { say(text); };
  hooks.registered = [this](const worker::effect::Registered& at) {
    told_place_ = guard::worker_mode::Place{at.cluster, at.epoch, at.masters};
    tell_guard(*told_place_);
  };
  hooks.leased = [this](const worker::effect::Leased& lease) {
    told_lease_.until_us = lease.until.time_since_epoch().count();
    tell_guard(told_lease_);
  };
  hooks.discover = [this](std::function<void(worker::event::Found)> done) {
    process_->executor.after(kAsk, [this, done = std::move(done)] { done({find_(), ""}); });
  };
  hooks.measure = [] { return model::WorkerLoad{}; };
  hooks.exit = [this](int code, const std::string&) {
    exited_ = code;
    time_.at(time_.now(), [this, ended = process_.get()] {
      if (process_.get() != ended) return;
      tell_guard(guard::worker_mode::Farewell{});
      kill();
      end_orphans(disk_.incarnation);  // that it could not end in time
    });
  };
  return hooks;
}

void SimWorker::start() {
  exited_.reset();
  end_orphans(disk_.incarnation);
  told_place_.reset();
  told_lease_ = {};
  loops_.push_back(std::make_unique<SimExecutor>(time_));
  SimExecutor& loop = *loops_.back();
  const std::int64_t incarnation = ++disk_.incarnation;
  link::Hello self;
  self.worker = {name_, incarnation, name_ + "-" + std::to_string(incarnation), name_, 1000, kSlots, "sim"};
  self.home = name_;
  self.cluster = disk_.place.cluster;
  self.epoch = disk_.place.epoch;
  const auto seed = std::hash<std::string>{}(name_) + static_cast<std::uint64_t>(incarnation);
  worker::WorkerOptions options = options_of(std::move(self), masters_, seed);
  for (const auto& [attempt, ended] : disk_.book) options.tasks.ended.push_back(ended);
  process_ = std::make_unique<Process>(loop, *this, std::move(options));
  start_guard();
  loop.post([this] { process_->driver.start(); });
}

void SimWorker::kill() {
  if (!process_) return;
  orphans_ = process_->tasks.let_go();
  orphans_incarnation_ = disk_.incarnation;
  process_->executor.kill();
  links_.died(process_->executor);
  process_.reset();
  if (!guards_.empty()) guards_.back()->worker_died();
}

void SimWorker::kill_both() {
  if (!guards_.empty()) guards_.back()->kill();
  kill();
}

void SimWorker::stop() {
  if (process_ && !exited_) process_->executor.post([this] { process_->driver.stop(); });
}

std::set<model::AttemptId> SimWorker::running() const {
  return process_ ? process_->tasks.running() : orphans_;
}

void SimWorker::pause() {
  if (process_) process_->executor.pause();
}
void SimWorker::resume() {
  if (paused()) process_->executor.resume();
}
bool SimWorker::paused() const {
  return process_ && process_->executor.paused();
}
bool SimWorker::registered() const {
  return process_ && process_->driver.core().registration().registered();
}

}  // namespace stellwerk::test
