#include "api/waiting.h"

#include <atomic>
#include <memory>

namespace stellwerk::api {
namespace {

/// Between the registration of a wake-up and its coming: who goes on is decided by one exchange.
enum class Round { registering, armed, woken, over };

struct Wait : std::enable_shared_from_this<Wait> {
  Wait(Backend& b, Time d, std::function<bool(const master::MasterView&)> m, std::function<void(Waited)> f)
      : backend(b), deadline(d), met(std::move(m)), done(std::move(f)) {}

  std::optional<Waited> judge(const master::ViewPtr& before) const {
    const master::ViewPtr view = backend.view();
    if (met(*view)) return Waited::met;
    if (backend.now() >= deadline) return Waited::late;
    // Woken by neither a change nor the deadline: there was no room to wait.
    if (view == before) return Waited::crowded;
    return std::nullopt;
  }

  std::optional<Waited> go() {
    while (true) {
      const master::ViewPtr before = backend.view();
      auto round = std::make_shared<std::atomic<Round>>(Round::registering);
      backend.when_view_changes(deadline, [self = shared_from_this(), round, before] {
        if (round->exchange(Round::woken) == Round::armed) self->on_wake(before);
      });
      if (round->exchange(Round::armed) == Round::woken) {
        if (const auto end = judge(before)) return end;
        continue;
      }
      // A change between the look and the registration wakes nobody: look once more.
      if (!met(*backend.view())) return std::nullopt;
      if (round->exchange(Round::over) == Round::armed) return Waited::met;
      return std::nullopt;
    }
  }

  void on_wake(const master::ViewPtr& before) {
    auto end = judge(before);
    if (!end) end = go();
    if (end) done(*end);
  }

  Backend& backend;
  const Time deadline;
  const std::function<bool(const master::MasterView&)> met;
  const std::function<void(Waited)> done;
};

}  // namespace

std::optional<Waited> wait_for_view(Backend& backend, Time deadline, std::function<bool(const master::MasterView&)> met,
                                    std::function<void(Waited)> done) {
  if (met(*backend.view())) return Waited::met;
  return std::make_shared<Wait>(backend, deadline, std::move(met), std::move(done))->go();
}

}  // namespace stellwerk::api
