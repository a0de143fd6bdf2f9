/// One job whose tasks start and end as a test says; whatever is decided is applied at once.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "jobs/changes.h"
#include "jobs/job_run.h"
#include "model/job_spec_reader.h"

namespace stellwerk::jobs {

class RunningJob : public testing::Test {
 protected:
  static constexpr WallMs kBegin = 1'795'000'000'000;

  /// Two producers, whose output stays on their workers, and two that consume it when both have finished.
  static constexpr std::string_view kBatch =
      R"({"name":"batch","vertices":[{"name":"make","command":["x"],"parallelism":2},)"
      R"({"name":"use","command":["x"],"parallelism":2,"inputs":[{"from":"make","exchange":"blocking","output":"local"}]}]})";
  /// Two and one that run together.
  static constexpr std::string_view kStream =
      R"({"name":"stream","vertices":[{"name":"in","command":["x"],"parallelism":2,"ports":["data"]},)"
      R"({"name":"out","command":["x"],"inputs":[{"from":"in"}]}]})";

  void submit(std::string_view text) {
    auto read = model::read_job_spec(text, DocKind::json);
    ASSERT_TRUE(read.has_value()) << read.error().text;
    decide_and_apply(SubmitJob{id, read->canonical, read->sha256, read->spec.name, model::total_tasks(read->spec)});
    spec = std::move(read->spec);
  }

  /// How many records it made.
  std::size_t decide_and_apply(const Change& change) {
    const Decision decision = decide(state, change, now, limits);
    for (const auto& record : decision.records) EXPECT_FALSE(state.apply(record).has_value());
    return decision.records.size();
  }

  std::size_t start(std::vector<TaskStart> starts) { return decide_and_apply(StartTasks{id, std::move(starts)}); }
  static TaskStart at(model::TaskRef task, int number = 0, const std::string& worker = "w1") {
    return {task, number, worker, 1, worker};
  }
  std::size_t end(std::vector<TaskEnd> ends) { return decide_and_apply(EndTasks{id, std::move(ends), strategy, 1}); }
  TaskEnd ended(model::TaskRef task, int number, model::AttemptEnd how, Blame blame = Blame::task) {
    return {{id, task, number}, "w1", how, blame, "v (1/1)", how == model::AttemptEnd::finished ? "" : "exit code 3"};
  }

  model::JobStatus status() const {
    if (const auto found = state.ended().find(id.text())) return found->status;
    const auto job = state.jobs().find(id.text());
    return job && job->state ? job->state->status : model::JobStatus::initializing;
  }
  const model::JobState& job_state() const { return *state.jobs().find(id.text())->state; }

  const JobId id = JobId::mint(kBegin, {0, 1});
  WallMs now = kBegin;
  ClusterState state;
  JobLimits limits;
  model::JobSpec spec;
  model::RestartStrategy strategy;
};

}  // namespace stellwerk::jobs
