#include "guard/worker_guard.h"

#include <algorithm>
#include <utility>

namespace stellwerk::guard::worker_mode {

std::vector<Effect> WorkerGuard::step(Time now, const Event& event) {
  if (exited_) return {};
  std::visit([&](const auto& each) { on(now, each); }, event);
  return std::exchange(effects_, {});
}

Time WorkerGuard::wake_at() const {
  if (exited_) return Time::max();
  if (!died_at_) return holds_lease() && !ending_leased_ ? std::max(leased_until_, end_leased_at_) : Time::max();
  if (end_again_at_) return *end_again_at_;
  Time at = masters_.empty() ? Time::max() : tell_until_;
  for (const Master& master : masters_)
    if (!master.asked && !master.never) at = std::min(at, master.ask_at);
  return at;
}

void WorkerGuard::on(Time now, const event::Tick&) {
  watch_lease(now);
  if (end_again_at_ && now >= *end_again_at_) end_tasks();
  if (!masters_.empty()) tell(now);
}

// ---- while it lives

void WorkerGuard::on(Time now, const event::Told& told_message) {
  std::visit([&](const auto& each) { told(each); }, told_message.message);
  watch_lease(now);
}

void WorkerGuard::told(const Starts& starts) {
  starting_ = starts.mark;
  starting_leased_ = starts.leased;
}

void WorkerGuard::told(const Runs& message) {
  starting_.clear();
  for (const Process& each : message.tasks) runs(each);
}

void WorkerGuard::told(const RunsLeased& message) {
  starting_.clear();
  for (const LeasedTask& each : message.tasks) {
    runs(each.process);
    if (tasks_.contains(each.process.pid)) leased_[each.process.pid] = each;
  }
}

void WorkerGuard::runs(const Process& process) {
  // Who does not know all of them could not say that all are gone.
  if (tasks_.size() >= kTasksMax && !tasks_.contains(process.pid))
    too_many_ = true;
  else
    tasks_[process.pid] = process.started;
}

void WorkerGuard::told(const Lease& lease) {
  const Time until{std::chrono::microseconds(lease.until_us)};
  if (std::exchange(leased_until_, until) != until) told_lease_over_.clear();
}

void WorkerGuard::told(const Ended& ended) {
  const auto at = tasks_.find(ended.task.pid);
  if (at == tasks_.end() || at->second != ended.task.started) return;
  tasks_.erase(at);
  leased_.erase(ended.task.pid);
}

// ---- leases

bool WorkerGuard::holds_lease() const {
  return !leased_.empty() || (starting_leased_ && !starting_.empty());
}

/// Also of a task that was just started: the worker may have stood still between its own look at the clock and that.
void WorkerGuard::watch_lease(Time now) {
  if (died_at_ || ending_leased_ || !holds_lease() || now < std::max(leased_until_, end_leased_at_)) return;
  ending_leased_ = true;
  effect::EndLeased end{{}, starting_leased_ ? starting_ : ""};
  for (const auto& [pid, task] : leased_) end.tasks.push_back(task);
  effects_.emplace_back(std::move(end));
}

/// What could not be ended is tried again, and what is gone the worker will say.
void WorkerGuard::on(Time now, const event::LeasedEnded& ended) {
  if (!std::exchange(ending_leased_, false)) return;
  end_leased_at_ = now + options_.end_again;
  if (std::exchange(told_lease_over_, ended.text) != ended.text && !ended.text.empty())
    note("the lease of worker " + self_.id + " is over: " + ended.text);
  if (ended.gone) leased_.clear();
}

// ---- what is left of it

void WorkerGuard::on(Time now, const event::WorkerDied&) {
  if (died_at_) return;
  died_at_ = now;
  // Who was told nothing at all has nothing to guard yet.
  if (farewell_ || self_.id.empty()) return exit();
  end_tasks();
}

void WorkerGuard::end_tasks() {
  end_again_at_.reset();
  ending_ = true;
  effect::EndTasks end{self_.process, {}, starting_};
  for (const auto& [pid, started] : tasks_) end.tasks.push_back({pid, started});
  effects_.emplace_back(std::move(end));
}

void WorkerGuard::on(Time now, const event::TasksEnded& ended) {
  if (!std::exchange(ending_, false)) return;
  constexpr const char* kSilent = ": the masters are not told, and wait for taskmanager.reconnect.timeout";
  if (!ended.gone && now - *died_at_ < options_.end_max) {
    end_again_at_ = now + options_.end_again;
    return;
  }
  note("worker " + self_.id + " has died; " + ended.text);
  const char* const doubt = !ended.gone    ? "not all of its tasks could be ended"
                            : ended.unsure ? "a task was just being started, and may come to be"
                            : too_many_    ? "it had more tasks than a guard knows"
                                           : nullptr;
  if (doubt != nullptr) {
    note(std::string(doubt) + kSilent);
    return exit();
  }
  begin_to_tell(now);
}

// ---- who is told

void WorkerGuard::begin_to_tell(Time now) {
  for (const auto& address : place_.masters) masters_.push_back({address, false, false, now, options_.pause_first});
  tell_until_ = now + options_.tell_max;
  // It was never registered: nobody knows of it, and nothing ran.
  if (masters_.empty()) return exit();
  tell(now);
}

void WorkerGuard::tell(Time now) {
  const bool hopeless = std::all_of(masters_.begin(), masters_.end(), [](const Master& each) { return each.never; });
  if (hopeless || now >= tell_until_) {
    note("no leader has taken the word that worker " + self_.id + " is dead and its tasks are gone: " + last_answer_);
    return exit();
  }
  for (Master& master : masters_) {
    if (master.asked || master.never || now < master.ask_at) continue;
    master.asked = true;
    effects_.emplace_back(effect::Tell{master.address, self_, place_.cluster, place_.epoch});
  }
}

void WorkerGuard::on(Time now, const event::Answered& answered) {
  const auto at = std::find_if(masters_.begin(), masters_.end(),
                               [&](const Master& each) { return each.address == answered.master && each.asked; });
  if (at == masters_.end()) return;
  at->asked = false;
  last_answer_ = answered.master + ": " + answered.text;
  if (answered.answer == Answer::settled) {
    note("told " + answered.master + " that worker " + self_.id + " is dead and its tasks are gone, " +
         since_noticed(now) + " after its death was noticed: " + answered.text);
    return exit();
  }
  at->never = answered.answer == Answer::never;
  at->ask_at = now + at->pause;
  at->pause = std::min<Duration>(at->pause * 2, options_.pause_last);
  tell(now);
}

std::string WorkerGuard::since_noticed(Time now) const {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now - *died_at_).count()) + " ms";
}

void WorkerGuard::note(std::string text) {
  effects_.emplace_back(effect::Note{std::move(text)});
}

void WorkerGuard::exit() {
  exited_ = true;
  effects_.emplace_back(effect::Exit{});
}

}  // namespace stellwerk::guard::worker_mode
