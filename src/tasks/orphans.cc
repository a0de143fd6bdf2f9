#include "tasks/orphans.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <utility>

#include "processes/mark.h"

namespace stellwerk::tasks {
namespace {

/// Passes that leave a doubt do not count, up to so many: a task that leaves a process behind every millisecond must
/// not keep others from their end. Who is found later is killed then.
constexpr std::uint64_t kPassesInVainMax = 10;

}  // namespace

Orphans::Orphans(Executor& executor, Setup setup) : executor_(executor), setup_(std::move(setup)), self_(::getpid()) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const auto stat = processes::read_stat(self_);
  mark_prefix_ = processes::mark_prefix(self_, stat ? stat->started : 0);
}

Orphans::~Orphans() {
  executor_.cancel(timer_);
}

std::string Orphans::next_mark() {
  return mark_prefix_ + std::to_string(++started_);
}

void Orphans::began(std::int64_t pid) {
  tasks_[pid] = Task{.number = started_};
  by_number_[started_] = pid;
  if (timer_ == 0 && !passing_) schedule(kSweepEvery);
}

void Orphans::ended(std::int64_t pid) {
  Task& task = tasks_.at(pid);
  task.ended = true;
  task.ended_at = executor_.now();
  task.ended_in_pass = pass_;
  again_ = kSweepAgainFirst;
  if (!passing_) schedule(Duration::zero());
}

void Orphans::schedule(Duration delay) {
  executor_.cancel(timer_);
  timer_ = executor_.after(delay, [this] {
    timer_ = 0;
    begin_pass();
    slice();
  });
}

void Orphans::begin_pass() {
  ++pass_;
  passing_ = true;
  reaped_ = undecided_ = false;
  for (auto& [pid, task] : tasks_) task.living = 0;
  to_look_at_ = setup_.candidates();
}

void Orphans::slice() {
  for (std::size_t i = 0; i < kSweepSlice && !to_look_at_.empty();) {
    const std::int64_t pid = to_look_at_.back();
    to_look_at_.pop_back();
    if (pid == self_ || tasks_.contains(pid)) continue;
    look_at(pid);
    ++i;
  }
  if (to_look_at_.empty()) return end_pass();
  executor_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) slice();
  });
}

void Orphans::look_at(std::int64_t pid) {
  const auto stat = processes::read_stat(pid);
  if (!stat || stat->parent != self_ || (setup_.somebody_elses && setup_.somebody_elses(pid))) return;
  if (stat->ended()) {
    siginfo_t ignored{};
    ::waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED | WNOHANG);
    strangers_.erase(pid);
    reaped_ = true;
    return;
  }
  const std::uint64_t owner = owner_of(*stat);
  const auto task = by_number_.contains(owner) ? tasks_.find(by_number_.at(owner)) : tasks_.end();
  if (owner == 0 || (task != tasks_.end() && !task->second.ended)) return;
  kill(*stat);
  if (task != tasks_.end()) task->second.living = pid;
}

std::uint64_t Orphans::owner_of(const processes::ProcessStat& stat) {
  Stranger& stranger = strangers_[stat.pid];
  if (stranger.started != stat.started) stranger = {.started = stat.started, .first_seen = executor_.now()};
  stranger.seen_in_pass = pass_;
  // Its first process is not reaped yet, so the number of the session cannot be another one's.
  if (const auto task = tasks_.find(stat.session); task != tasks_.end()) stranger.owner = task->second.number;
  if (stranger.owner != 0 || stranger.decided) return stranger.owner;
  const std::string environment = processes::read_environment(stat.pid).value_or("");
  stranger.decided = !environment.empty() || executor_.now() - stranger.first_seen >= kUndecidedMax;
  undecided_ = undecided_ || !stranger.decided;
  const std::string mark = processes::find_variable(environment, processes::kMarkVariable).value_or("");
  if (mark.starts_with(mark_prefix_))
    std::from_chars(mark.data() + mark_prefix_.size(), mark.data() + mark.size(), stranger.owner);
  return stranger.owner;
}

/// It is our child and not reaped, so neither its number nor its group's can be another one's.
void Orphans::kill(const processes::ProcessStat& stat) {
  const auto pid = static_cast<pid_t>(stat.pid);
  ::kill(stat.group == stat.pid ? -pid : pid, SIGKILL);
}

void Orphans::end_pass() {
  passing_ = false;
  std::erase_if(strangers_, [this](const auto& entry) { return entry.second.seen_in_pass != pass_; });
  const bool telling = !gone_.empty();
  bool waits = false;
  for (auto& [pid, task] : tasks_) {
    if (!task.ended || task.gone) continue;
    task.gone = judge(pid, task);
    if (task.gone) gone_.push_back(pid);
    waits = waits || !task.gone;
  }
  if (waits) {
    schedule(reaped_ && !undecided_ ? Duration::zero() : again_);
    again_ = std::min(again_ * 2, kSweepEvery);
  } else if (!tasks_.empty() || !strangers_.empty()) {
    schedule(kSweepEvery);
  }
  if (!telling) tell_gone();
}

void Orphans::tell_gone() {
  for (std::size_t i = 0; i < kSweepSlice && !gone_.empty(); ++i) {
    const std::int64_t pid = gone_.front();
    gone_.pop_front();
    by_number_.erase(tasks_.at(pid).number);
    tasks_.erase(pid);
    setup_.on_gone(pid);
  }
  if (gone_.empty()) return;
  executor_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) tell_gone();
  });
}

/// Whether nothing of an ended task is left.
bool Orphans::judge(std::int64_t pid, Task& task) {
  if (task.ended_in_pass == pass_) return false;
  const bool sure = !(reaped_ || undecided_) || pass_ - task.ended_in_pass >= kPassesInVainMax;
  if (task.living == 0 && !sure) return false;
  if (task.living == 0 && !lives_elsewhere(pid)) return true;
  if (!task.noted && executor_.now() - task.ended_at >= kKilledNoteAfter) {
    task.noted = true;
    const std::string who =
        task.living == 0 ? "Something in the control group" : "Process " + std::to_string(task.living);
    setup_.note(who + " of the task with process " + std::to_string(pid) +
                " was killed and is still there; the task has not ended until the system lets it go");
  }
  return false;
}

bool Orphans::lives_elsewhere(std::int64_t pid) const {
  return setup_.lives_elsewhere && setup_.lives_elsewhere(pid);
}

bool Orphans::look_now() {
  begin_pass();
  while (!to_look_at_.empty()) {
    const std::int64_t pid = to_look_at_.back();
    to_look_at_.pop_back();
    if (pid != self_ && !tasks_.contains(pid)) look_at(pid);
  }
  passing_ = false;
  return !reaped_ && !undecided_ && std::all_of(tasks_.begin(), tasks_.end(), [this](const auto& entry) {
    return !entry.second.ended || (entry.second.living == 0 && !lives_elsewhere(entry.first));
  });
}

}  // namespace stellwerk::tasks
