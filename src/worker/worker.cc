#include "worker/worker.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace stellwerk::worker {

Worker::Worker(WorkerOptions options)
    : registration_(options.registration),
      tasks_(std::move(options.tasks)),
      cluster_(options.registration.self.cluster) {}

std::vector<Effect> Worker::step(Clocks clocks, Event event) {
  if (exited_) return {};
  // First of all: who stood still may hear things before its own Tick.
  tasks_.tick(clocks.now);
  std::visit([&](auto& e) { handle(clocks, e); }, event);
  for (auto& each : tasks_.take_effects()) std::visit([this](auto& effect) { emit(std::move(effect)); }, each);
  tell_leader();
  end(clocks);
  return std::exchange(effects_, {});
}

Time Worker::wake_at() const {
  return std::min({registration_.wake_at(), tasks_.wake_at(), end_at_});
}

// ---- events: the registration's, or the tasks' ----

template <class E>
void Worker::handle(Clocks clocks, E& e) {
  if constexpr (std::is_constructible_v<TaskEvent, E>)
    tasks_.handle(clocks, TaskEvent(std::move(e)));
  else
    register_with(clocks, std::move(e));
}

void Worker::handle(Clocks clocks, event::Received& e) {
  const bool leads = e.link != 0 && e.link == registration_.leader();
  if (leads) {
    if (auto* start = std::get_if<link::StartTask>(&e.message))
      return tasks_.take(clocks, registration_.epoch(), *start);
    if (auto* peers = std::get_if<link::Peers>(&e.message)) return tasks_.take(clocks.now, *peers);
    if (const auto* stop = std::get_if<link::StopTask>(&e.message)) return tasks_.take(clocks.now, clocks.wall, *stop);
    if (const auto* checkpoint = std::get_if<link::TakeCheckpoint>(&e.message)) return tasks_.take(clocks, *checkpoint);
    if (const auto* completed = std::get_if<link::CheckpointCompleted>(&e.message)) return tasks_.take(*completed);
    if (const auto* acknowledge = std::get_if<link::Acknowledge>(&e.message)) return tasks_.take(*acknowledge);
  }
  register_with(clocks, std::move(e));
}

void Worker::handle(Clocks clocks, event::StopWanted&) {
  if (std::exchange(leaving_, true)) return;
  end_at_ = clocks.now + kEndMax;
  // Whoever has nothing to end says it with its end.
  if (!tasks_.idle() && registration_.leader() != 0) emit(effect::Send{registration_.leader(), link::Leaving{}});
  tasks_.leave(clocks.now, clocks.wall);
}

// ---- effects of the registration, some with what it does not know ----

void Worker::register_with(Clocks clocks, RegistrationEvent event) {
  for (auto& each : registration_.step(clocks.now, std::move(event)))
    std::visit([&](auto& effect) { pass(clocks, effect); }, each);
}

template <class E>
void Worker::pass(Clocks, E& effect) {
  emit(std::move(effect));
}

void Worker::pass(Clocks clocks, effect::Send& effect) {
  if (auto* hello = std::get_if<link::Hello>(&effect.message)) {
    hello->tasks = tasks_.reports(clocks.now);
    hello->ended = tasks_.ended();
  }
  emit(std::move(effect));
}

void Worker::pass(Clocks clocks, effect::Remember& effect) {
  const bool other = !cluster_.empty() && effect.place.cluster != cluster_;
  cluster_ = effect.place.cluster;
  if (other) {
    untold_.clear();
    untold_reports_.clear();
    tasks_.begin_anew(clocks.now, clocks.wall);
    emit(effect::Leased{Time{}});
  }
  emit(std::move(effect));
}

void Worker::pass(Clocks clocks, effect::Leased& effect) {
  tasks_.lease(clocks.now, effect.until);
  emit(effect);
}

/// Nobody leads, or wants us: what runs has to end first.
void Worker::pass(Clocks clocks, effect::Exit& effect) {
  exit_ = std::move(effect);
  if (end_at_ == Time::max()) end_at_ = clocks.now + kEndMax;
  tasks_.leave(clocks.now, clocks.wall);
}

// ---- what follows from both ----

/// However often tasks say something of themselves, and however long nobody leads.
void Worker::keep(link::Message message) {
  if (auto* const report = std::get_if<link::TaskReport>(&message)) {
    untold_reports_.insert_or_assign(report->attempt, std::move(*report));
    return;
  }
  // Whoever still wants it asks again.
  if (std::holds_alternative<link::CheckpointAnswer>(message)) return;
  if (const auto* const ended = std::get_if<link::TaskEnded>(&message)) untold_reports_.erase(ended->attempt);
  untold_.push_back(std::move(message));
}

void Worker::tell_leader() {
  auto messages = tasks_.take_messages();
  const LinkId leader = registration_.leader();
  if (leader == 0) {
    told_ = 0;
    for (auto& message : messages) keep(std::move(message));
    return;
  }
  if (std::exchange(told_, leader) != leader) {
    // What happened between hello and welcome. It may have been in the hello; said twice it is the same.
    for (auto& [attempt, report] : std::exchange(untold_reports_, {})) emit(effect::Send{leader, std::move(report)});
    for (auto& message : std::exchange(untold_, {})) emit(effect::Send{leader, std::move(message)});
    if (leaving_) emit(effect::Send{leader, link::Leaving{}});
  }
  // Another master may welcome this worker as its hello said that it was.
  if (registration_.doubts()) {
    for (const auto& message : messages) keep(message);
  } else {
    untold_.clear();
    untold_reports_.clear();
  }
  for (auto& message : messages) emit(effect::Send{leader, std::move(message)});
}

void Worker::end(Clocks clocks) {
  if (end_at_ == Time::max() || (!tasks_.idle() && clocks.now < end_at_)) return;
  if (!exit_) register_with(clocks, event::StopWanted{});
  for (auto& each : tasks_.take_effects()) std::visit([this](auto& effect) { emit(std::move(effect)); }, each);
  emit(std::move(*exit_));
  exited_ = true;
}

}  // namespace stellwerk::worker
