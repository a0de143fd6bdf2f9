/// Histories for tests, call by call: each call takes 10 ms and begins when the one before has ended.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "history/checker.h"

namespace stellwerk::history {

inline constexpr Micros kCallTakes = 10'000;

class Told {
 public:
  using Status = model::JobStatus;

  Call& submit(const std::string& job, int status, model::Position at = {}) {
    return add(Action::submit, job, status, at);
  }
  Call& cancel(const std::string& job, int status, model::Position at = {}) {
    return add(Action::cancel, job, status, at);
  }
  Call& read(const std::string& job, Status shows, model::Position at) {
    Call& call = add(Action::read_job, job, 200, at);
    call.seen = {{job, shows}};
    return call;
  }
  Call& missing(const std::string& job, model::Position at = {}) { return add(Action::read_job, job, 404, at); }
  Call& list(std::vector<Seen> seen, model::Position at) {
    Call& call = add(Action::list_jobs, "", 200, at);
    call.seen = std::move(seen);
    return call;
  }
  /// Time goes by.
  void later(Micros by) { now_ += by; }

  /// The rules that are broken, each as often as it is.
  std::vector<std::string> broken() const {
    std::vector<std::string> out;
    for (const Violation& violation : check(history).violations) out.emplace_back(violation.rule);
    return out;
  }

  History history;

 private:
  Call& add(Action action, const std::string& job, int status, model::Position at) {
    Call call{.action = action, .job = job, .master = "localhost:8081", .invoked = now_, .answered = now_ + kCallTakes};
    call.status = status;
    call.outcome = outcome_of(status);
    if (at.epoch != 0) call.position = at;
    now_ = call.answered + 1;
    return history.calls.emplace_back(std::move(call));
  }

  Micros now_ = 0;
};

}  // namespace stellwerk::history
