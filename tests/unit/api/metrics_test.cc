/// Numbers about cluster, workers, jobs and tasks, in Flink's shapes.
#include <gmock/gmock.h>

#include "jobs/changes.h"
#include "unit/api/api_test.h"

namespace stellwerk::api {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class MetricsTest : public ApiTest {
 protected:
  MetricsTest() {
    backend.submit(job_id('a'), "count");
    const auto view = backend.view();
    const jobs::StartTasks start{id, {{{0, 0}, 0, "w-1", 1, "host1"}, {{0, 1}, 0, "w-2", 1, "host1"}}};
    backend.commit(jobs::decide(*view->state, start, 1'700'000'000'500, {}).records);
    backend.lead();
    for (const std::string name : {"w-1", "w-2"}) {
      jobs::WorkerEntry worker = a_worker(name, name == "w-1" ? 4 : 3);
      const std::int32_t subtask = name == "w-1" ? 0 : 1;
      worker.usages = std::make_shared<const jobs::TaskUsages>(
          jobs::TaskUsages{{{id, {0, subtask}, 0}, {1'000 + subtask, 2, 3}}, {{id, {0, 0}, 7}, {5, 0, 0}}});
      backend.register_worker(worker);
    }
  }
  std::string body(const std::string& path) { return ask("GET " + path).body(); }

  const JobId id = *JobId::parse(job_id('a'));
  const std::string job = "/jobs/" + job_id('a');
  const std::string vertex = job + "/vertices/" + model::vertex_id("source");
};

TEST_F(MetricsTest, NamesAreListedAndValuesGivenForThem) {
  EXPECT_THAT(body("/jobmanager/metrics"), AllOf(HasSubstr(R"({"id":"numRunningJobs"})"), Not(HasSubstr("value"))));
  EXPECT_EQ(body("/jobmanager/metrics?get=taskSlotsTotal,numRegisteredTaskManagers,none"),
            R"([{"id":"numRegisteredTaskManagers","value":"2"},{"id":"taskSlotsTotal","value":"7"}])");
  EXPECT_EQ(body("/taskmanagers/w-1/metrics?get=taskSlotsTotal"), R"([{"id":"taskSlotsTotal","value":"4"}])");
  EXPECT_EQ(body("/taskmanagers/w-1/metrics?get=Status.Host.CPU.Load"),
            R"([{"id":"Status.Host.CPU.Load","value":"1.25"}])");
  EXPECT_EQ(body(job + "/metrics?get=numRestarts"), R"([{"id":"numRestarts","value":"0"}])");
}

TEST_F(MetricsTest, SeveralAreAggregated) {
  EXPECT_EQ(body("/taskmanagers/metrics?get=taskSlotsTotal"),
            R"([{"id":"taskSlotsTotal","min":3.0,"max":4.0,"avg":3.5,"sum":7.0}])");
  EXPECT_EQ(body("/taskmanagers/metrics?get=taskSlotsTotal&agg=sum,min"),
            R"([{"id":"taskSlotsTotal","min":3.0,"sum":7.0}])");
  EXPECT_EQ(body("/taskmanagers/metrics?get=taskSlotsTotal&agg=sum&taskmanagers=w-2,w-9"),
            R"([{"id":"taskSlotsTotal","sum":3.0}])");
  EXPECT_EQ(body("/jobs/metrics?get=numRestarts&agg=max"), R"([{"id":"numRestarts","max":0.0}])");
  EXPECT_EQ(body("/jobs/metrics?get=numRestarts&agg=max&jobs=" + job_id('b')), "[]");
}

TEST_F(MetricsTest, TasksUseWhatTheirWorkersSay) {
  EXPECT_EQ(body(vertex + "/subtasks/1/metrics?get=Process.Memory.Resident"),
            R"([{"id":"Process.Memory.Resident","value":"1001"}])");
  EXPECT_EQ(body(vertex + "/metrics?get=0.Process.Count,1.Process.CPU.Time"),
            R"([{"id":"0.Process.Count","value":"3"},{"id":"1.Process.CPU.Time","value":"2000000"}])");
  EXPECT_EQ(body(vertex + "/subtasks/metrics?get=Process.Memory.Resident&agg=sum"),
            R"([{"id":"Process.Memory.Resident","sum":2001.0}])");
  EXPECT_EQ(body(vertex + "/subtasks/metrics?get=Process.Memory.Resident&agg=sum&subtasks=1-5"),
            R"([{"id":"Process.Memory.Resident","sum":1001.0}])");
  EXPECT_EQ(body(job + "/metrics?get=Process.Count"), R"([{"id":"Process.Count","value":"6"}])");
}

TEST_F(MetricsTest, WhatIsNotThereOrNotUnderstoodIsSaid) {
  EXPECT_EQ(ask("GET /taskmanagers/w-9/metrics").status(), 404);
  EXPECT_EQ(ask("GET /jobs/" + job_id('b') + "/metrics").status(), 404);
  EXPECT_EQ(ask("GET " + job + "/vertices/" + std::string(32, '0') + "/metrics").status(), 404);
  EXPECT_EQ(ask("GET " + vertex + "/subtasks/2/metrics").status(), 404);
  EXPECT_EQ(ask("GET " + vertex + "/subtasks/x/metrics").status(), 400);
  const Asking agg = ask("GET /jobs/metrics?get=uptime&agg=median");
  EXPECT_EQ(agg.status(), 400);
  EXPECT_THAT(agg.body(), HasSubstr("min, max, avg and sum"));
  EXPECT_EQ(ask("GET " + vertex + "/subtasks/metrics?subtasks=3-1").status(), 400);
}

TEST_F(MetricsTest, PrometheusHasSeriesOfJobsAndWorkers) {
  const std::string text = body("/metrics");
  EXPECT_THAT(text,
              HasSubstr("\nflink_jobmanager_job_numRestarts{job_id=\"" + job_id('a') + "\",job_name=\"count\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nflink_taskmanager_taskSlotsTotal{host=\"host1\",tm_id=\"w-1\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_jobs_without_series 0\n"));
  backend.follow("http://other:8081");
  EXPECT_THAT(body("/metrics"), Not(HasSubstr("flink_jobmanager_job_"))) << "once, by the leader";
}

TEST_F(MetricsTest, WhoDoesNotLeadShowsTheLastAnswerOrNone) {
  backend.change([](master::MasterView& view) {
    view.role = master::Role::follower;
    view.leader = {};
  });
  EXPECT_EQ(ask("GET /taskmanagers/metrics").status(), 503);
}

}  // namespace
}  // namespace stellwerk::api
