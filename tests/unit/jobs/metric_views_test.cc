#include "jobs/metric_views.h"

#include <gmock/gmock.h>

namespace stellwerk::jobs {
namespace {

using model::JobStatus;

double value_of(const Metrics& metrics, std::string_view id) {
  for (const auto& each : metrics)
    if (each.id == id) return each.value;
  ADD_FAILURE() << "no " << id;
  return -99;
}

model::JobState job_in(std::initializer_list<std::pair<JobStatus, WallMs>> entered) {
  model::JobState job;
  for (const auto& [status, at] : entered) job.enter(status, at);
  return job;
}

TEST(JobMetrics, TimesAreOfTheStatusThatItHas) {
  model::JobState job = job_in({{JobStatus::created, 1'000}, {JobStatus::running, 1'500}});
  job.restarts = 3;
  const Metrics running = job_metrics(job, 4'000);
  EXPECT_EQ(value_of(running, "numRestarts"), 3);
  EXPECT_EQ(value_of(running, "fullRestarts"), 3);
  EXPECT_EQ(value_of(running, "uptime"), 2'500);
  EXPECT_EQ(value_of(running, "runningTime"), 2'500);
  EXPECT_EQ(value_of(running, "downtime"), 0);
  EXPECT_EQ(value_of(running, "createdTime"), 0);
  job.enter(JobStatus::restarting, 5'000);
  const Metrics restarting = job_metrics(job, 5'300);
  EXPECT_EQ(value_of(restarting, "uptime"), 0);
  EXPECT_EQ(value_of(restarting, "downtime"), 300);
  EXPECT_EQ(value_of(restarting, "restartingTime"), 300);
  EXPECT_EQ(value_of(job_metrics(job, 4'900), "downtime"), 0) << "clocks of masters differ";
  job.enter(JobStatus::failed, 6'000);
  EXPECT_EQ(value_of(job_metrics(job, 7'000), "uptime"), -1);
  EXPECT_EQ(value_of(job_metrics(job, 7'000), "downtime"), -1);
}

TEST(WorkerMetrics, AreItsOwnItsHostsAndThoseOfItsTasksTogether) {
  WorkerEntry worker;
  worker.about.slots = 4;
  worker.used_slots = 1;
  worker.load = {16'000, 8'000, 12'000, 4, 1'500, 7};
  const JobId job = *JobId::parse(std::string(32, 'a'));
  worker.usages =
      std::make_shared<const TaskUsages>(TaskUsages{{{job, {0, 0}, 0}, {100, 2, 1}}, {{job, {0, 1}, 0}, {50, 3, 4}}});
  const Metrics metrics = worker_metrics(worker);
  EXPECT_EQ(value_of(metrics, "Status.Process.Memory.Resident"), 12'000);
  EXPECT_EQ(value_of(metrics, "Status.Process.CPU.Time"), 7e6);
  EXPECT_EQ(value_of(metrics, "Status.Host.CPU.Load"), 1.5);
  EXPECT_EQ(value_of(metrics, "taskSlotsAvailable"), 3);
  EXPECT_EQ(value_of(metrics, "Status.Tasks.Count"), 2);
  EXPECT_EQ(value_of(metrics, "Status.Tasks.Memory.Resident"), 150);
  EXPECT_EQ(value_of(metrics, "Status.Tasks.CPU.Time"), 5e6);
  EXPECT_EQ(value_of(metrics, "Status.Tasks.Process.Count"), 5);
}

}  // namespace
}  // namespace stellwerk::jobs
