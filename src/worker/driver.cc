#include "worker/driver.h"

#include <algorithm>
#include <utility>

#include "worker/task_environment.h"

namespace stellwerk::worker {

Driver::Driver(Executor& executor, DriverPorts ports, WorkerOptions options, DriverHooks hooks)
    : executor_(executor),
      ports_(ports),
      hooks_(std::move(hooks)),
      core_(std::move(options)),
      alive_(std::make_shared<Driver*>(this)) {}

Driver::~Driver() {
  *alive_ = nullptr;
  executor_.cancel(timer_);
  executor_.cancel(held_);
}

void Driver::start() {
  step(event::Tick{});
}

void Driver::stop() {
  step(event::StopWanted{});
}

void Driver::step(Event event) {
  for (auto& effect : core_.step({executor_.now(), executor_.wall_ms()}, std::move(event)))
    effects_.push_back(std::move(effect));
  go_on();
  wake();
}

/// One that is being held keeps all behind it: their order is the order of doing.
void Driver::go_on() {
  while (held_ == 0 && !exited_ && !effects_.empty()) {
    Effect effect = std::move(effects_.front());
    effects_.pop_front();
    std::visit([this](auto& e) { perform(e); }, effect);
  }
}

void Driver::wake() {
  executor_.cancel(std::exchange(timer_, 0));
  const Time at = core_.wake_at();
  if (at != Time::max() && !exited_)
    timer_ = executor_.at(std::max(at, executor_.now()), [this] { step(event::Tick{}); });
}

void Driver::opened(LinkId id, std::unique_ptr<link::Link> link) {
  link::Link& entered = *(links_[id] = std::move(link));
  entered.listen({[this, id](link::Message message) {
                    step(event::Received{id, std::move(message)});
                  },
                  [this, id](const std::string& why) {
                    links_.erase(id);
                    step(event::Closed{id, why});
                  }});
  step(event::Dialled{id});
}

// Completions hold a weak way back: one that comes after the driver's end is dropped here.

void Driver::perform(effect::Dial& effect) {
  ports_.dialer.dial(effect.address, [alive = alive_, id = effect.link](Result<std::unique_ptr<link::Link>> result) {
    if (!*alive || (*alive)->exited_) return;
    if (result.has_error()) return (*alive)->step(event::Closed{id, result.error().text});
    (*alive)->opened(id, std::move(*result));
  });
}

void Driver::perform(effect::Send& effect) {
  const auto at = links_.find(effect.link);
  if (at != links_.end()) at->second->send(effect.message);
}

void Driver::perform(effect::Close& effect) {
  const auto node = links_.extract(effect.link);
  if (!node.empty()) node.mapped()->close();
}

void Driver::perform(effect::Remember& effect) {
  const Executor::TimerId hold = held_ = executor_.after(kRememberMax, [this] {
    held_ = 0;
    go_on();
  });
  ports_.memory.remember(effect.place, [alive = alive_, hold, place = effect.place](Result<void> result) {
    if (!*alive) return;
    Driver& self = **alive;
    if (self.held_ == hold) self.executor_.cancel(std::exchange(self.held_, 0));
    self.step(event::Remembered{place, std::move(result)});
  });
}

void Driver::perform(effect::Discover&) {
  hooks_.discover([alive = alive_](event::Found found) {
    if (*alive) (*alive)->step(std::move(found));
  });
}

void Driver::perform(effect::Measure&) {
  if (std::exchange(measuring_, true)) return;
  executor_.post([alive = alive_] {
    if (*alive) (*alive)->measure(0, {});
  });
}

/// In slices: the loop has other things to do than to read /proc.
void Driver::measure(TaskId from, std::vector<link::AttemptUsage> found) {
  std::size_t looked = 0;
  auto task = tasks_.lower_bound(from);
  for (; task != tasks_.end() && looked < kMeasureSlice && found.size() < link::kUsagesMax; ++task) {
    if (!task->second.process) continue;
    const auto usage = task->second.process->usage();
    looked += usage ? static_cast<std::size_t>(std::max<std::int64_t>(1, usage->processes)) : 1;
    if (usage) found.push_back({task->second.attempt, *usage});
  }
  if (task == tasks_.end() || found.size() >= link::kUsagesMax) {
    measuring_ = false;
    return step(event::Measured{hooks_.measure(), std::move(found)});
  }
  executor_.post([alive = alive_, next = task->first, found = std::move(found)]() mutable {
    if (*alive) (*alive)->measure(next, std::move(found));
  });
}

void Driver::perform(effect::Registered& effect) {
  if (hooks_.registered) hooks_.registered(effect);
}

void Driver::perform(effect::Leased& effect) {
  if (hooks_.leased) hooks_.leased(effect);
}

void Driver::perform(effect::Note& effect) {
  hooks_.log(effect.level, effect.text);
}

void Driver::perform(effect::Exit& effect) {
  exited_ = true;
  hooks_.exit(effect.code, effect.why);
}

// ---- tasks ----

void Driver::perform(effect::Prepare& effect) {
  tasks_[effect.task].attempt = effect.attempt;
  ports_.folders.prepare(effect.attempt, effect.needs, [alive = alive_, id = effect.task](Result<TaskPlace> result) {
    if (!*alive) return;
    Driver& self = **alive;
    if (result.has_error()) return self.step(event::Prepared{id, result.error()});
    const auto task = self.tasks_.find(id);
    if (task == self.tasks_.end()) return;
    task->second.place = std::move(*result);
    self.step(event::Prepared{id, task->second.place.ports});
  });
}

void Driver::perform(effect::Launch& effect) {
  // The core hears of it in a later turn, as of everything.
  executor_.post([alive = alive_, id = effect.task, started = launch(effect)] {
    if (!*alive) return;
    if (started.has_error()) return (*alive)->step(event::Launched{id, started.error(), 0});
    (*alive)->step(event::Launched{id, {}, *started});
  });
}

Result<std::int64_t> Driver::launch(effect::Launch& effect) {
  Task& task = tasks_.at(effect.task);
  effect.launch.folder = task.place.folder;
  effect.launch.output = task.place.output;
  if (!task.place.bundle.empty()) effect.launch.environment[kBundleVariable] = task.place.bundle;
  ports_.folders.release(task.attempt);
  auto process = ports_.runner.start(effect.launch, {[this, id = effect.task](std::string line) {
                                                       step(event::Line{id, std::move(line)});
                                                     },
                                                     [this, id = effect.task](const TaskExit& exit) {
                                                       step(event::Exited{id, exit});
                                                     }});
  if (process.has_error()) return process.error();
  task.process = std::move(*process);
  ports_.book.runs(task.attempt, task.process->pid(), task.process->started());
  return task.process->pid();
}

void Driver::perform(effect::Signal& effect) {
  const auto task = tasks_.find(effect.task);
  if (task != tasks_.end() && task->second.process) task->second.process->signal(effect.signal);
}

void Driver::perform(effect::Say& effect) {
  const auto task = tasks_.find(effect.task);
  if (task != tasks_.end() && task->second.process) task->second.process->send(effect.line);
}

void Driver::perform(effect::Discard& effect) {
  const auto node = tasks_.extract(effect.task);
  if (node.empty()) return;
  ports_.folders.discard(node.mapped().attempt);
  // Not from inside a call of its own.
  executor_.post([process = std::shared_ptr<TaskProcess>(std::move(node.mapped().process))] {});
}

void Driver::perform(effect::KeepEnd& effect) {
  ports_.book.ended(effect.ended);
}

void Driver::perform(effect::ForgetEnd& effect) {
  ports_.book.forget(effect.attempt);
}

}  // namespace stellwerk::worker
