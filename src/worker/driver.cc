#include "worker/driver.h"

#include <algorithm>
#include <utility>

namespace stellwerk::worker {

Driver::Driver(Executor& executor, link::Dialer& dialer, Memory& memory, WorkerOptions options, DriverHooks hooks)
    : executor_(executor),
      dialer_(dialer),
      memory_(memory),
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
  for (auto& effect : core_.step(executor_.now(), std::move(event))) effects_.push_back(std::move(effect));
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
  dialer_.dial(effect.address, [alive = alive_, id = effect.link](Result<std::unique_ptr<link::Link>> result) {
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
  memory_.remember(effect.place, [alive = alive_, hold, place = effect.place](Result<void> result) {
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
  executor_.post([alive = alive_] {
    if (*alive) (*alive)->step(event::Measured{(*alive)->hooks_.measure()});
  });
}

void Driver::perform(effect::Note& effect) {
  hooks_.log(effect.level, effect.text);
}

void Driver::perform(effect::Exit& effect) {
  exited_ = true;
  hooks_.exit(effect.code, effect.why);
}

}  // namespace stellwerk::worker
