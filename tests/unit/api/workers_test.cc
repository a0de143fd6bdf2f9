/// Workers as a leader shows them, and as a master that has nobody to ask.
#include <gmock/gmock.h>

#include "unit/api/api_test.h"
#include "unit/api/shapes.h"

namespace stellwerk::api {
namespace {

using testing::HasSubstr;
using testing::Not;

class WorkersTest : public ApiTest {
 protected:
  std::string overview(const std::string& member) { return json_at(ask("GET /overview").body(), member); }
};

std::set<std::string> joined(std::set<std::string> all, const std::set<std::string>& more,
                             const std::string& before = "") {
  for (const std::string& each : more) all.insert(before + each);
  return all;
}

TEST_F(WorkersTest, ShapesAreFlinks) {
  backend.lead();
  EXPECT_EQ(ask("GET /taskmanagers").body(), R"({"taskmanagers":[]})");
  backend.register_worker(a_worker("w-1"));
  const auto in_list = joined(shapes::task_manager("taskmanagers[]."), shapes::kOwnOfWorkers, "taskmanagers[].");
  EXPECT_EQ(json_paths(ask("GET /taskmanagers").body()), joined(in_list, {"taskmanagers[]"}));
  const auto alone = joined(shapes::task_manager(""), shapes::kOwnOfWorkers);
  EXPECT_EQ(json_paths(ask("GET /taskmanagers/w-1").body()), joined(alone, shapes::kTaskManagerDetails));
}

TEST_F(WorkersTest, WhatAWorkerSaysOfItself) {
  backend.lead();
  jobs::WorkerEntry worker = a_worker("w-1");
  worker.used_slots = 1;
  backend.register_worker(worker);
  const std::string body = ask("GET /taskmanagers/w-1").body();
  EXPECT_EQ(json_at(body, "id"), "\"w-1\"");
  EXPECT_EQ(json_at(body, "path"), "\"stellwerk://worker@host1/w-1\"");
  EXPECT_EQ(json_at(body, "dataPort"), "-1");
  EXPECT_EQ(json_at(body, "timeSinceLastHeartbeat"), "1700000090000") << "a time, as in Flink";
  EXPECT_EQ(json_at(body, "slotsNumber"), "4");
  EXPECT_EQ(json_at(body, "freeSlots"), "3");
  EXPECT_THAT(body, HasSubstr(R"("totalResource":{"cpuCores":2.0,)"));
  EXPECT_THAT(body, HasSubstr(R"("freeResource":{"cpuCores":1.5,)"));
  EXPECT_THAT(body, HasSubstr(R"("hardware":{"cpuCores":2,"physicalMemory":8000000000,"freeMemory":2000000000,)"));
  EXPECT_THAT(body, HasSubstr(R"("systemLoad":1.25)"));
  EXPECT_EQ(json_at(body, "away"), "false");
}

TEST_F(WorkersTest, WhatAJvmHasIsNotThereAndNoError) {
  backend.lead();
  backend.register_worker(a_worker("w-1"));
  EXPECT_EQ(ask("GET /taskmanagers/w-1/profiler").body(), R"({"profilingList":[]})");
  EXPECT_EQ(ask("GET /jobmanager/profiler").body(), R"({"profilingList":[]})");
  EXPECT_THAT(json_at(ask("GET /taskmanagers/w-1/thread-dump").body(), "threadInfos[0].stringifiedThreadInfo"),
              HasSubstr("on host1: ps -T -p "));
  EXPECT_THAT(json_at(ask("GET /jobmanager/thread-dump").body(), "threadInfos[0].stringifiedThreadInfo"),
              HasSubstr("ps -T -p 42"));
  EXPECT_EQ(json_at(ask("GET /jobmanager/environment").body(), "classpath"), "[]");
  EXPECT_EQ(ask("GET /taskmanagers/w-2/thread-dump").status(), 404);
  EXPECT_EQ(ask("GET /datasets").body(), R"({"dataSets":[]})");
}

TEST_F(WorkersTest, LabelsAreShown) {
  backend.lead();
  jobs::WorkerEntry worker = a_worker("w-1");
  worker.about.labels = {"gpu", "zone=a"};
  backend.register_worker(worker);
  EXPECT_EQ(json_at(ask("GET /taskmanagers/w-1").body(), "labels"), R"(["gpu","zone=a"])");
}

TEST_F(WorkersTest, CountsAreThoseOfTheTable) {
  backend.lead();
  jobs::WorkerEntry away = a_worker("w-2", 3);
  away.away = true;
  jobs::WorkerEntry busy = a_worker("w-3", 2);
  busy.used_slots = 2;
  for (const auto& worker : {a_worker("w-1", 4), away, busy}) backend.register_worker(worker);
  EXPECT_EQ(overview("taskmanagers"), "3");
  EXPECT_EQ(overview("slots-total"), "9");
  EXPECT_EQ(overview("slots-available"), "4") << "nobody is given work while away";
  const std::string metrics = ask("GET /metrics").body();
  EXPECT_THAT(metrics, HasSubstr("\nflink_jobmanager_numRegisteredTaskManagers 3\n"));
  EXPECT_THAT(metrics, HasSubstr("\nflink_jobmanager_taskSlotsTotal 9\n"));
  EXPECT_THAT(metrics, HasSubstr("\nflink_jobmanager_taskSlotsAvailable 4\n"));
  busy.used_slots = 0;
  backend.register_worker(busy);
  EXPECT_EQ(overview("slots-available"), "6");
}

TEST_F(WorkersTest, TheListIsInTheOrderOfTheIdsAndMadeOnce) {
  backend.lead();
  for (const char* id : {"b", "a", "c"}) backend.register_worker(a_worker(id));
  const Asking first = ask("GET /taskmanagers");
  EXPECT_EQ(json_at(first.body(), "taskmanagers[0].id"), "\"a\"");
  EXPECT_EQ(json_at(first.body(), "taskmanagers[2].id"), "\"c\"");
  const auto page = [](const Asking& asking) {
    return std::get<std::shared_ptr<const http::Page>>(asking.sink->answer->body);
  };
  EXPECT_EQ(page(first), page(ask("GET /taskmanagers")));
  backend.register_worker(a_worker("d"));
  EXPECT_NE(page(first), page(ask("GET /taskmanagers")));
}

TEST_F(WorkersTest, LongListsAreMadeElsewhere) {
  backend.lead();
  for (int i = 0; i < 501; ++i) backend.register_worker(a_worker("w-" + std::to_string(i)));
  const Asking list = ask("GET /taskmanagers");
  EXPECT_FALSE(list.answered());
  backend.run();
  EXPECT_EQ(list.status(), 200);
  EXPECT_EQ(json_at(list.body(), "taskmanagers[500].id"), "\"w-99\"");
}

TEST_F(WorkersTest, WhoIsNotRegisteredIsNotFound) {
  backend.lead();
  backend.register_worker(a_worker("host:1-ab c/d"));
  EXPECT_EQ(ask("GET /taskmanagers/host:1-ab%20c%2Fd").status(), 200);
  const Asking nobody = ask("GET /taskmanagers/nope");
  EXPECT_EQ(nobody.status(), 404);
  EXPECT_EQ(nobody.body(), R"({"errors":["No TaskExecutor registered under nope."]})");
}

TEST_F(WorkersTest, WithoutALeaderTheLastCopyIsShownWithItsAge) {
  EXPECT_EQ(ask("GET /taskmanagers").status(), 503) << "it never heard of any";
  EXPECT_THAT(ask("GET /taskmanagers/w-1").headers(), HasSubstr("Retry-After: 1\r\n"));
  backend.advance(std::chrono::seconds(3));
  const Asking before = ask("GET /overview");
  EXPECT_EQ(json_at(before.body(), "slots-total"), "0");
  EXPECT_THAT(before.headers(), HasSubstr("Stellwerk-Stale-Ms: 3000\r\n")) << "as long as it knows nothing";

  backend.lead();
  backend.register_worker(a_worker("w-1"));
  for (const std::string path : {"/overview", "/taskmanagers", "/taskmanagers/w-1"}) {
    const Asking fresh = ask("GET " + path);
    EXPECT_EQ(fresh.status(), 200) << path;
    EXPECT_THAT(fresh.headers(), Not(HasSubstr("Stellwerk-Stale-Ms"))) << path;
  }
  backend.change([](master::MasterView& view) {
    view.role = master::Role::follower;
    view.workers = nullptr;
  });
  backend.advance(std::chrono::milliseconds(1500));
  for (const std::string path : {"/overview", "/taskmanagers", "/taskmanagers/w-1"}) {
    const Asking stale = ask("GET " + path);
    EXPECT_EQ(stale.status(), 200) << path;
    EXPECT_THAT(stale.headers(), HasSubstr("Stellwerk-Stale-Ms: 1500\r\n")) << path;
  }
  EXPECT_EQ(overview("slots-total"), "4");
  EXPECT_EQ(json_at(ask("GET /taskmanagers").body(), "taskmanagers[0].id"), "\"w-1\"");
  EXPECT_EQ(ask("GET /taskmanagers/w-2").status(), 503) << "whether it exists nobody can say";
  EXPECT_THAT(ask("GET /metrics").body(), HasSubstr("\nflink_jobmanager_taskSlotsTotal 0\n"));
}

TEST_F(WorkersTest, WhatIsPassedOnIsAnsweredOnlyByTheLeader) {
  backend.lead();
  for (const std::string path : {"/overview", "/taskmanagers"}) EXPECT_EQ(ask("GET " + path).status(), 200);
  backend.follow("http://other:8081");
  for (const std::string path : {"/overview", "/taskmanagers", "/taskmanagers/w-1"}) {
    const Asking passed = ask("GET " + path, "Stellwerk-Forwarded: http://x:1\r\n");
    EXPECT_EQ(passed.status(), 503) << path;
    EXPECT_EQ(passed.body(), R"({"errors":["http://me:8081 does not lead"]})") << path;
  }
}

}  // namespace
}  // namespace stellwerk::api
