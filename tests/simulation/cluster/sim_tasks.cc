#include "simulation/cluster/sim_tasks.h"

#include "base/json.h"

namespace stellwerk::test {

using namespace std::chrono_literals;

namespace {

/// Of making a folder, and of a process' last moment.
constexpr Duration kFolder = 1ms;
constexpr Duration kDying = 2ms;
/// Of making a checkpoint.
constexpr Duration kAnswer = 3ms;
constexpr Duration kSlowAnswer = 400ms;
constexpr std::int64_t kEach = 3;
/// Until a process says hello, and until it is ready, if it says so.
constexpr Duration kHello = 2ms;
constexpr Duration kReady = 60ms;

std::string variable(const worker::Launch& launch, const char* name) {
  const auto at = launch.environment.find(name);
  return at == launch.environment.end() ? std::string() : at->second;
}

/// What the environment says that it is: the code under test has put it together.
Result<model::AttemptId> attempt_of(const worker::Launch& launch) {
  const auto get = [&](const char* name) {
    const auto at = launch.environment.find(name);
    return at == launch.environment.end() ? std::string() : at->second;
  };
  // The vertices of simulated jobs are called by their place.
  return model::parse_attempt_id(get("STELLWERK_JOB_ID") + "/" + get("STELLWERK_VERTEX").substr(1) + "/" +
                                 get("STELLWERK_SUBTASK") + "/" + get("STELLWERK_ATTEMPT"));
}

}  // namespace

class SimTasks::Process : public worker::TaskProcess {
 public:
  Process(SimTasks& owner, std::int64_t pid) : owner_(owner), alive_(owner.alive_), pid_(pid) {}
  ~Process() override {
    if (!*alive_) return;
    if (const auto at = owner_.running_.find(pid_); at != owner_.running_.end()) {
      at->second.handler = {};
      owner_.end(pid_, {0, SIGKILL, {}});
    }
  }

  std::int64_t pid() const override { return pid_; }
  std::int64_t started() const override { return pid_; }
  void send(std::string_view line) override { owner_.hear(pid_, line); }
  std::optional<model::TaskUsage> usage() const override {
    if (!*alive_ || owner_.running_.count(pid_) == 0) return std::nullopt;
    return model::TaskUsage{pid_, 1, 1};
  }
  void signal(int signal) override {
    const auto at = owner_.running_.find(pid_);
    if (at == owner_.running_.end() || (signal == SIGTERM && at->second.deaf)) return;
    if (at->second.script && at->second.script->ignores(signal)) return;
    owner_.time_.at(owner_.time_.now() + kDying, [&owner = owner_, alive = alive_, pid = pid_, signal] {
      if (*alive) owner.end(pid, {0, signal, {}});
    });
  }

 private:
  SimTasks& owner_;
  const std::shared_ptr<bool> alive_;
  const std::int64_t pid_;
};

SimTasks::SimTasks(SimTime& time, SimExecutor& executor, std::string worker, std::int64_t incarnation, SimBook& book,
                   TaskWatch& watch, std::function<void(const guard::worker_mode::Message&)> tell)
    : time_(time),
      executor_(executor),
      worker_(std::move(worker)),
      incarnation_(incarnation),
      book_(book),
      watch_(watch),
      tell_(std::move(tell)) {}

SimTasks::~SimTasks() {
  *alive_ = false;
  for (const auto& [pid, task] : running_) {
    time_.cancel(task.timer);
    watch_.on_task_ends(worker_, task.attempt, false);
  }
}

std::set<model::AttemptId> SimTasks::running() const {
  std::set<model::AttemptId> out;
  for (const auto& [pid, task] : running_) out.insert(task.attempt);
  return out;
}

std::set<std::int64_t> SimTasks::pids() const {
  std::set<std::int64_t> out;
  for (const auto& [pid, task] : running_) out.insert(pid);
  return out;
}

std::set<model::AttemptId> SimTasks::let_go() {
  std::set<model::AttemptId> out;
  for (const auto& [pid, task] : running_) {
    time_.cancel(task.timer);
    if (task.leased)
      watch_.on_task_ends(worker_, task.attempt, false);
    else
      out.insert(task.attempt);
  }
  running_.clear();
  return out;
}

std::vector<guard::worker_mode::LeasedTask> SimTasks::leased() const {
  std::vector<guard::worker_mode::LeasedTask> out;
  for (const auto& [pid, task] : running_)
    if (task.leased) out.push_back({{pid, pid}, std::to_string(pid)});
  return out;
}

void SimTasks::prepare(const model::AttemptId&, const worker::TaskNeeds& needs, Done done) {
  worker::TaskPlace place{"/sim", "/sim/" + needs.name, needs.artifact ? "/sim/bundle" : "", {}};
  for (const auto& port : needs.ports) place.ports[port] = ++last_port_;
  executor_.after(kFolder, [place = std::move(place), done = std::move(done)] { done(place); });
}

Result<std::unique_ptr<worker::TaskProcess>> SimTasks::start(const worker::Launch& launch,
                                                             worker::TaskHandler handler) {
  const auto& command = launch.command;
  if (command.empty()) return make_error(Errc::invalid, "the command names no program");
  if (command[0] != "sim") {
    const bool there = command[0].find('/') != std::string::npos;
    return make_error(there ? Errc::refused : Errc::not_found, "cannot start " + command[0]);
  }
  auto attempt = attempt_of(launch);
  if (attempt.has_error()) return attempt.error();
  const std::int64_t pid = ++last_pid_;
  const std::string mark = std::to_string(pid);
  tell_(guard::worker_mode::Starts{mark, launch.leased});
  Running& task = running_[pid];
  task.attempt = *attempt;
  task.handler = std::move(handler);
  task.deaf = command.at(1) == "deaf";
  task.leased = launch.leased;
  task.habit = command.at(1);
  if (task.habit == "acts") {
    task.script.emplace(command.begin() + 2, command.end());
    executor_.post([this, alive = alive_, pid] {
      if (*alive) act(pid);
    });
  }
  const std::string restore = variable(launch, "STELLWERK_RESTORE_CHECKPOINT");
  watch_.on_task_restores(*attempt, restore.empty() ? 0 : std::stoll(restore),
                          variable(launch, "STELLWERK_RESTORE_HANDLE"));
  if (command.size() > 2 && !task.script) {
    const bool fails = command[1] == "fail" || (command[1] == "flaky" && attempt->number == 0);
    task.timer = time_.at(time_.now() + std::chrono::milliseconds(std::stoll(command[2])), [this, pid, fails] {
      end(pid, {fails ? 3 : 0, 0, fails ? "no luck" : ""});
    });
  }
  watch_.on_task_runs(worker_, incarnation_, *attempt);
  if (launch.leased)
    tell_(guard::worker_mode::RunsLeased{{{{pid, pid}, mark}}});
  else
    tell_(guard::worker_mode::Runs{{{pid, pid}}});
  return std::unique_ptr<worker::TaskProcess>(std::make_unique<Process>(*this, pid));
}

/// Until it waits or ends.
void SimTasks::act(std::int64_t pid) {
  const auto at = running_.find(pid);
  if (at == running_.end()) return;
  SimScript::Step step = at->second.script->step();
  if (step.exit) return end(pid, std::move(*step.exit));
  if (step.waits) return;
  executor_.post([this, alive = alive_, pid] {
    if (*alive) act(pid);
  });
  const auto on_line = at->second.handler.on_line;  // it may let go of what holds it
  if (step.line && on_line) on_line(std::move(*step.line));
}

std::size_t SimTasks::living(std::int64_t pid) const {
  const auto at = running_.find(pid);
  if (at == running_.end()) return 0;
  return 1 + (at->second.script ? at->second.script->children() : 0);
}

void SimTasks::hear(std::int64_t pid, std::string_view line) {
  const auto at = running_.find(pid);
  if (at != running_.end() && at->second.script) {
    at->second.script->hear(line);
    return executor_.post([this, alive = alive_, pid] {
      if (*alive) act(pid);
    });
  }
  const auto word = parse_json(line, "a line");
  if (at == running_.end() || word.has_error()) return;
  JsonFields fields(*word, "a line");
  if (fields.string("type") == "hello") return greet(pid);
  if (fields.string("type") != "checkpoint") return;
  if (at->second.restoring) watch_.on_asked_too_early(at->second.attempt);
  const std::int64_t checkpoint = fields.integer("checkpoint");
  watch_.on_checkpoint_told(at->second.attempt, checkpoint);
  const bool third = checkpoint % kEach == 0;
  if (at->second.habit == "mute" && third) return;
  const bool declines = at->second.habit == "picky" && third;
  time_.at(time_.now() + (at->second.habit == "slow" ? kSlowAnswer : kAnswer),
           [this, alive = alive_, pid, checkpoint, declines] {
             if (*alive) answer(pid, checkpoint, declines);
           });
}

/// Who is slow says no hello at all; of the others every second one has to restore first.
void SimTasks::greet(std::int64_t pid) {
  Running& task = running_.at(pid);
  if (task.habit == "slow") return;
  const bool restores = pid % 2 == 0;
  task.restoring = restores;
  after(pid, kHello, [this, restores](Running& each) {
    say(each,
        restores ? R"({"type":"hello","words":["ready","checkpoint"]})" : R"({"type":"hello","words":["checkpoint"]})");
  });
  if (!restores) return;
  after(pid, kReady, [this](Running& each) {
    each.restoring = false;
    say(each, R"({"type":"ready"})");
  });
}

/// If it still runs then.
void SimTasks::after(std::int64_t pid, Duration span, std::function<void(Running&)> act) {
  time_.at(time_.now() + span, [this, alive = alive_, pid, act = std::move(act)] {
    if (!*alive) return;
    if (const auto at = running_.find(pid); at != running_.end()) act(at->second);
  });
}

void SimTasks::say(const Running& task, std::string line) {
  if (!task.handler.on_line) return;
  executor_.post([on_line = task.handler.on_line, line = std::move(line), alive = alive_] {
    if (*alive) on_line(line);
  });
}

void SimTasks::answer(std::int64_t pid, std::int64_t checkpoint, bool declines) {
  const auto at = running_.find(pid);
  if (at == running_.end() || !at->second.handler.on_line) return;
  const std::string number = std::to_string(checkpoint);
  const std::string handle = at->second.attempt.text() + "#" + number;
  std::string line = R"({"type":"decline","checkpoint":)" + number + R"(,"reason":"no luck"})";
  if (!declines) {
    watch_.on_checkpoint_acked(at->second.attempt, checkpoint, handle);
    line = R"({"type":"ack","checkpoint":)" + number + R"(,"handle":")" + handle + R"(","size":10})";
  }
  say(at->second, std::move(line));
}

void SimTasks::end(std::int64_t pid, worker::TaskExit exit) {
  const auto node = running_.extract(pid);
  if (node.empty()) return;
  const Running& task = node.mapped();
  time_.cancel(task.timer);
  tell_(guard::worker_mode::Ended{{pid, pid}});
  watch_.on_task_ends(worker_, task.attempt, exit.signal == 0 && exit.code == 0);
  if (task.handler.on_exit) executor_.post([on_exit = task.handler.on_exit, exit = std::move(exit)] { on_exit(exit); });
}

}  // namespace stellwerk::test
