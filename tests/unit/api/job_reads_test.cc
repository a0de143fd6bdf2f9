/// One job and its tasks as a leader shows them, and as a master that has nobody to ask.
#include <gmock/gmock.h>

#include "jobs/changes.h"
#include "unit/api/api_test.h"
#include "unit/api/shapes.h"

namespace stellwerk::api {
namespace {

using testing::HasSubstr;
using testing::Not;

class JobReadsTest : public ApiTest {
 protected:
  JobReadsTest() {
    backend.submit(job_id('a'), "count");
    commit(jobs::StartTasks{id, {{{0, 0}, 0, "w-1", 1, "host1"}, {{0, 1}, 0, "w-1", 1, "host1"}}});
  }

  void commit(const jobs::Change& change) {
    const auto view = backend.view();
    backend.commit(jobs::decide(*view->state, change, 1'700'000'000'500, {}).records);
  }
  void hear(std::int32_t subtask, jobs::TaskEntry::Phase phase) {
    table.put(id, {0, subtask}, {0, phase, 77, 1'700'000'000'700, {{"in", 4711}}});
    backend.change(
        [&](master::MasterView& view) { view.tasks = std::make_shared<const jobs::TaskTable>(table.share()); });
  }
  std::string of_first_vertex(const std::string& member) {
    return json_at(ask("GET " + job).body(), "vertices[0]." + member);
  }

  const JobId id = *JobId::parse(job_id('a'));
  const std::string job = "/jobs/" + job_id('a');
  const std::string vertex = job + "/vertices/" + model::vertex_id("source");
  jobs::TaskTable table;
};

TEST_F(JobReadsTest, ShapesAreFlinks) {
  backend.lead();
  const auto paths = [this](const std::string& path) { return json_paths(ask("GET " + path).body()); };
  EXPECT_EQ(paths(job), shapes::kJob);
  EXPECT_EQ(paths(vertex), shapes::vertex());
  EXPECT_EQ(paths(vertex + "/subtasktimes"), shapes::kSubtaskTimes);
  EXPECT_EQ(paths(vertex + "/taskmanagers"), shapes::vertex_task_managers());
  EXPECT_EQ(paths(vertex + "/subtasks/1"), shapes::subtask(""));
  EXPECT_EQ(paths(vertex + "/subtasks/1/attempts/0"), shapes::subtask(""));
  EXPECT_EQ(paths(job + "/exceptions"), shapes::kNoExceptions);
  commit(jobs::EndTasks{id,
                        {{{id, {0, 1}, 0}, "w-1", model::AttemptEnd::failed, jobs::Blame::task, "source (2/2)", "no"}},
                        model::FixedDelayRestart{},
                        1});
  EXPECT_EQ(paths(job + "/exceptions"), shapes::kExceptions);
}

TEST_F(JobReadsTest, FlinksClientHearsHowAJobEnded) {
  backend.lead();
  const auto result = [this](const std::string& member) {
    return json_at(ask("GET " + job + "/execution-result").body(), member);
  };
  EXPECT_EQ(ask("GET " + job + "/execution-result").body(),
            R"({"status":{"id":"IN_PROGRESS"},"job-execution-result":null})");
  commit(jobs::EndTasks{
      id,
      {{{id, {0, 1}, 0}, "w-1", model::AttemptEnd::failed, jobs::Blame::task, "source (2/2)", "no luck"}},
      model::NoRestart{},
      1});
  EXPECT_EQ(result("status.id"), "\"IN_PROGRESS\"") << "the other task is being stopped";
  commit(jobs::EndTasks{id,
                        {{{id, {0, 0}, 0}, "w-1", model::AttemptEnd::canceled, jobs::Blame::task, "source (1/2)", ""}},
                        model::NoRestart{},
                        1});
  EXPECT_EQ(result("status.id"), "\"COMPLETED\"");
  EXPECT_EQ(result("job-execution-result.application-status"), "\"FAILED\"");
  EXPECT_THAT(result("job-execution-result.failure-cause.stack-trace"), HasSubstr("no luck"));
  EXPECT_EQ(ask("GET /jobs/" + job_id('f') + "/execution-result").status(), 404);
}

TEST_F(JobReadsTest, WhatOnlyFlinksTasksHaveIsEmpty) {
  backend.lead();
  const auto body = [this](const std::string& path) { return ask("GET " + path).body(); };
  EXPECT_EQ(body(job + "/accumulators"),
            R"({"job-accumulators":[],"user-task-accumulators":[],"serialized-user-task-accumulators":{}})");
  const std::string its = R"({"id":")" + model::vertex_id("source") + "\",";
  EXPECT_EQ(body(vertex + "/accumulators"), its + R"("user-accumulators":[]})");
  EXPECT_EQ(body(vertex + "/subtasks/accumulators"),
            its + R"("parallelism":2,"subtasks":[)"
                  R"({"subtask":0,"attempt":0,"host":"host1","endpoint":"host1","user-accumulators":[]},)"
                  R"({"subtask":1,"attempt":0,"host":"host1","endpoint":"host1","user-accumulators":[]}]})");
  EXPECT_EQ(body(vertex + "/watermarks"), "[]");
  EXPECT_EQ(body(vertex + "/flamegraph?type=on_cpu"), R"({"endTimestamp":-2,"data":null})");
  EXPECT_EQ(body(vertex + "/subtasks/1/attempts/0/accumulators"),
            R"({"subtask":1,"attempt":0,"id":")" + model::vertex_id("source") + R"(","user-accumulators":[]})");
  EXPECT_EQ(ask("GET " + vertex + "/subtasks/1/attempts/1/accumulators").status(), 404);
  EXPECT_EQ(ask("GET " + vertex + "/flamegraph?subtaskindex=2").status(), 404);
  EXPECT_EQ(ask("GET " + vertex + "/flamegraph?subtaskindex=1").status(), 200);
  for (const char* path : {"/accumulators", "/subtasks/accumulators", "/watermarks", "/backpressure", "/flamegraph"})
    EXPECT_EQ(ask("GET " + job + "/vertices/" + job_id('f') + path).status(), 404) << path;
}

TEST_F(JobReadsTest, OfBackpressureNothingIsKnown) {
  backend.lead();
  const Asking asking = ask("GET " + vertex + "/backpressure");
  EXPECT_EQ(json_paths(asking.body()), shapes::kBackpressure);
  EXPECT_EQ(json_at(asking.body(), "subtasks[1].subtask"), "1");
  EXPECT_EQ(json_at(asking.body(), "subtasks[1].ratio"), "\"NaN\"");
}

TEST_F(JobReadsTest, FlinksClientHeartbeatsInVain) {
  EXPECT_EQ(ask("PATCH " + job + "/clientHeartbeat", "", R"({"expiredTimestamp":1})").status(), 202);
  const Asking unknown = ask("PATCH /jobs/" + job_id('f') + "/clientHeartbeat");
  EXPECT_EQ(unknown.status(), 404);
  EXPECT_THAT(unknown.body(), HasSubstr("not found"));
}

TEST_F(JobReadsTest, LogsHaveUrls) {
  const auto url = [this](const std::string& path) { return json_at(ask("GET " + job + path).body(), "url"); };
  EXPECT_EQ(url("/jobmanager/log-url"), "\"http://me:8081/jobmanager/log\"") << "nobody leads";
  EXPECT_EQ(url("/taskmanagers/w%2F1/log-url"), "\"http://me:8081/taskmanagers/w%2F1/log\"");
  backend.follow("http://other:8081");
  EXPECT_EQ(url("/jobmanager/log-url"), "\"http://other:8081/jobmanager/log\"");
  EXPECT_EQ(ask("GET " + job + "/jobmanager/config").body(), ask("GET /jobmanager/config").body());
}

TEST_F(JobReadsTest, ALeaderShowsWhatItHears) {
  backend.lead();
  EXPECT_EQ(of_first_vertex("tasks.RUNNING"), "2") << "before it listens";
  EXPECT_EQ(of_first_vertex("metrics.read-bytes-complete"), "true") << "nobody waits for it";
  hear(0, jobs::TaskEntry::Phase::deploying);
  hear(1, jobs::TaskEntry::Phase::initializing);
  EXPECT_EQ(of_first_vertex("tasks.DEPLOYING"), "1");
  EXPECT_EQ(of_first_vertex("tasks.INITIALIZING"), "1");
  hear(1, jobs::TaskEntry::Phase::running);
  EXPECT_EQ(of_first_vertex("status"), "\"RUNNING\"");
  const Asking subtask = ask("GET " + vertex + "/subtasks/1");
  EXPECT_EQ(json_at(subtask.body(), "pid"), "77");
  EXPECT_EQ(json_at(subtask.body(), "ports"), R"({"in":4711})");
  EXPECT_EQ(json_at(subtask.body(), "taskmanager-id"), "\"w-1\"");
  EXPECT_THAT(subtask.headers(), Not(HasSubstr("Stellwerk-Stale-Ms")));
  EXPECT_EQ(json_at(ask("GET /jobs/overview").body(), "jobs[0].tasks.running"), "2");
}

TEST_F(JobReadsTest, AJobSaysWhatItWaitsFor) {
  backend.lead();
  table.set_lack(id.text(), jobs::SlotLack{3, 1, 4});
  hear(0, jobs::TaskEntry::Phase::running);
  EXPECT_EQ(json_at(ask("GET " + job).body(), "waiting"), R"({"free":1,"labels":[],"needed":3,"total":4})");
}

TEST_F(JobReadsTest, WithoutALeaderWhatIsAppliedIsShownWithTheAgeOfTheRest) {
  backend.advance(std::chrono::seconds(3));
  const Asking never = ask("GET " + job);
  EXPECT_EQ(never.status(), 200);
  EXPECT_THAT(never.headers(), HasSubstr("Stellwerk-Stale-Ms: 3000\r\n")) << "since its start";
  EXPECT_THAT(never.headers(), HasSubstr("Stellwerk-Position: 7-"));
  backend.lead();
  hear(0, jobs::TaskEntry::Phase::deploying);
  hear(1, jobs::TaskEntry::Phase::deploying);
  EXPECT_EQ(of_first_vertex("tasks.DEPLOYING"), "2");
  backend.change([](master::MasterView& view) {
    view.role = master::Role::follower;
    view.tasks = nullptr;
  });
  backend.advance(std::chrono::milliseconds(700));
  EXPECT_EQ(of_first_vertex("tasks.RUNNING"), "2");
  EXPECT_THAT(ask("GET " + vertex).headers(), HasSubstr("Stellwerk-Stale-Ms: 700\r\n"));
  EXPECT_THAT(ask("GET " + job + "/status").headers(), Not(HasSubstr("Stellwerk-Stale-Ms"))) << "that is journalled";
}

TEST_F(JobReadsTest, WhatIsPassedOnIsAnsweredOnlyByTheLeader) {
  backend.follow("http://other:8081");
  for (const std::string& path : {job, vertex, vertex + "/subtasks/0"}) {
    const Asking passed = ask("GET " + path, "Stellwerk-Forwarded: http://x:1\r\n");
    EXPECT_EQ(passed.status(), 503) << path;
  }
  EXPECT_EQ(ask("GET " + job + "/exceptions", "Stellwerk-Forwarded: http://x:1\r\n").status(), 200);
}

TEST_F(JobReadsTest, WhatIsNotThereIsNotFound) {
  backend.lead();
  const std::string nobody = "/jobs/" + job_id('f');
  for (const std::string& path :
       {nobody, nobody + "/exceptions", nobody + "/vertices/" + model::vertex_id("source"),
        job + "/vertices/" + std::string(32, '0'), vertex + "/subtasks/2", vertex + "/subtasks/0/attempts/1"})
    EXPECT_EQ(ask("GET " + path).status(), 404) << path;
  EXPECT_EQ(ask("GET " + vertex + "/subtasks/2").body(), R"({"errors":["Subtask 2 not found: source has 0 to 1"]})");
}

TEST_F(JobReadsTest, BadParametersAreNamed) {
  backend.lead();
  const auto expect = [this](const std::string& path, const std::string& why) {
    const Asking bad = ask("GET " + path);
    EXPECT_EQ(bad.status(), 400) << path;
    EXPECT_THAT(bad.body(), HasSubstr(why)) << path;
  };
  expect(job + "/vertices/xyz", "(vertexid)");
  expect(vertex + "/subtasks/x", "(subtaskindex)");
  expect(vertex + "/subtasks/99999999999", "(subtaskindex)");
  expect(vertex + "/subtasks/0/attempts/-1", "(attempt)");
  expect(job + "/exceptions?maxExceptions=0", "(maxExceptions)");
  expect(vertex + "/flamegraph?type=half", "(type)");
  expect(vertex + "/flamegraph?subtaskindex=-1", "(subtaskindex)");
  EXPECT_EQ(ask("GET " + job + "/exceptions?maxExceptions=1").status(), 200);
}

TEST_F(JobReadsTest, LargeJobsAreShownElsewhere) {
  const jobs::SubmitJob large{*JobId::parse(job_id('b')),
                              R"({"name":"x","vertices":[{"command":["a"],"name":"v","parallelism":3000}]})", "hash",
                              "x", 3000};
  commit(large);
  backend.lead();
  const Asking asking = ask("GET /jobs/" + job_id('b'));
  EXPECT_FALSE(asking.answered());
  backend.run();
  EXPECT_EQ(json_at(asking.body(), "vertices[0].tasks.CREATED"), "3000");
}

}  // namespace
}  // namespace stellwerk::api
