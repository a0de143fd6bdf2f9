/// The scheduler alone: whatever it asks for is committed at once, and messages are only looked at.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "master/scheduler.h"
#include "model/job_spec_reader.h"

namespace stellwerk::master {

inline constexpr WallMs kWall = 1'795'000'000'000;

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() { begin(); }

  /// A leader begins.
  void begin() {
    scheduler_.emplace(limits_, clocks());
    while (scheduler_->load(state_)) {
    }
  }

  Clocks clocks() const {
    return {now_, kWall + ahead_ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(now_ - Time{}).count()};
  }

  /// A job that is durable.
  JobId submit(const std::string& text) {
    const auto spec = model::read_job_spec(text, DocKind::json);
    EXPECT_TRUE(spec.has_value());
    const JobId id = JobId::mint(clocks().wall, {0, ++jobs_});
    perform(jobs::SubmitJob{id, spec->canonical, spec->sha256, spec->spec.name, model::total_tasks(spec->spec)});
    return id;
  }

  void perform(const jobs::Change& change) { perform(std::vector{change}); }
  /// The scheduler hears of all of them together.
  void perform(const std::vector<jobs::Change>& changes) {
    std::vector<std::string> keys;
    for (const auto& change : changes)
      for (const auto& record : jobs::decide(state_, change, clocks().wall, job_limits_).records) {
        EXPECT_FALSE(state_.apply(record).has_value());
        keys.push_back(record.key);
      }
    scheduler_->committed(clocks(), state_, ++seq_, keys);
  }

  /// Lets it act until it has nothing more to ask for.
  void act() {
    for (int i = 0; i < 10; ++i) {
      auto orders = scheduler_->take_orders(clocks(), state_);
      for (auto& [worker, message] : orders.messages) told_.emplace_back(worker, std::move(message));
      unreadable_.insert(unreadable_.end(), orders.unreadable.begin(), orders.unreadable.end());
      if (orders.changes.empty()) return;
      for (const auto& change : orders.changes) perform(change);
    }
    ADD_FAILURE() << "it never comes to rest";
  }

  /// Time goes on, with a beat each 100 ms, as the master's.
  void pass(Duration time) {
    for (const Time until = now_ + time; now_ < until;) {
      now_ += std::chrono::milliseconds(100);
      scheduler_->beat(clocks(), state_, out_);
      act();
    }
  }
  /// Time goes on while the leader does not run or does not act.
  void sleep(Duration time) {
    now_ += time;
    scheduler_->beat(clocks(), state_, out_);
    act();
  }

  link::Hello hello(const std::string& id, std::int64_t slots, std::int64_t incarnation = 1) {
    link::Hello hello;
    hello.worker.id = id;
    hello.worker.incarnation = incarnation;
    hello.worker.host = id + ".example";
    hello.worker.slots = slots;
    hello.home = "boot-1/" + id;
    return hello;
  }
  void come(const link::Hello& hello) {
    scheduler_->came(clocks().wall, state_, hello, out_);
    act();
  }

  model::JobStatus status(const JobId& id) const {
    const auto job = state_.jobs().find(id.text());
    return job && job->state ? job->state->status : model::JobStatus::initializing;
  }
  std::optional<jobs::SlotLack> lack(const JobId& id) {
    const auto found = scheduler_->share_shown().lack(id.text());
    return found ? std::optional(*found) : std::nullopt;
  }
  /// Attempts that workers were told to start and stop since the last call.
  template <class Message>
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const auto& [worker, message] : told_)
      if (const auto* const start = std::get_if<Message>(&message))
        out.push_back(worker + " " + std::to_string(start->attempt.task.vertex) + "-" +
                      std::to_string(start->attempt.task.subtask) + "#" + std::to_string(start->attempt.number));
    told_.clear();
    return out;
  }
  std::vector<std::string> notes() {
    std::vector<std::string> out;
    for (const auto& effect : out_.take())
      if (const auto* const note = std::get_if<Note>(&effect)) out.push_back(note->text);
    return out;
  }

  SchedulerLimits limits_;
  jobs::JobLimits job_limits_;
  jobs::ClusterState state_;
  std::optional<Scheduler> scheduler_;
  Outbox out_;
  Time now_{std::chrono::seconds(1'000)};
  std::int64_t ahead_ms_ = 0;  ///< the wall clock, of what it should be
  std::vector<std::pair<std::string, link::Message>> told_;
  std::vector<std::string> unreadable_;
  std::uint64_t jobs_ = 0;
  std::int64_t seq_ = 0;
};

inline std::string job_of(int parallelism) {
  return R"({"name":"j","vertices":[{"name":"v","command":["x"],"parallelism":)" + std::to_string(parallelism) + "}]}";
}

inline link::TaskReport running(const JobId& job, int subtask, int number, std::int64_t pid) {
  link::TaskReport report;
  report.attempt = {job, {0, subtask}, number};
  report.phase = link::TaskPhase::running;
  report.pid = pid;
  return report;
}

inline link::TaskEnded ended(const JobId& job, int subtask, int number,
                             model::AttemptEnd end = model::AttemptEnd::finished) {
  link::TaskEnded message;
  message.attempt = {job, {0, subtask}, number};
  message.end = end;
  return message;
}

}  // namespace stellwerk::master
