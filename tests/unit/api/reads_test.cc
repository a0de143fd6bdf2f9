#include <gmock/gmock.h>

#include "http/events.h"
#include "http/gzip.h"
#include "unit/api/api_test.h"
#include "unit/api/shapes.h"

namespace stellwerk::api {
namespace {

using testing::HasSubstr;
using testing::Not;

using ReadsTest = ApiTest;

/// What a stream has sent up to now.
std::string pulled(const Asking& asking) {
  std::string out;
  auto& source = std::get<std::unique_ptr<http::BodySource>>(asking.sink->answer->body);
  while (source->pull(out, 100'000) == http::BodySource::Pull::data) {
  }
  return out;
}

// ---- who leads ----

TEST_F(ReadsTest, StatusSaysWhatAMasterIs) {
  backend.follow("http://other:8081");
  backend.change([](master::MasterView& view) {
    view.members = {{"other", "http://other:8081", "", "other", 1, 2}, view.self};
    view.committed.seq += 3;
    view.behind_since = Time(std::chrono::minutes(59));
  });
  const Asking asking = ask("GET /status");
  EXPECT_EQ(asking.status(), 200);
  const std::string body = asking.body();
  EXPECT_EQ(json_at(body, "role"), "\"follower\"");
  EXPECT_EQ(json_at(body, "message"), "\"I am a follower; http://other:8081 leads since 2023-11-14T22:14:10Z\"");
  EXPECT_EQ(json_at(body, "leader"),
            R"({"epoch":7,"id":"other","rest":"http://other:8081","rpc":null,"since":1700000050000})");
  EXPECT_EQ(json_at(body, "rpc"), "null");
  EXPECT_EQ(json_at(body, "acting"), "false");
  EXPECT_EQ(json_at(body, "eligible"), "true");
  EXPECT_EQ(json_at(body, "masters[0].rest"), "\"http://other:8081\"");
  EXPECT_EQ(json_at(body, "journal"), R"({"applied":"7-1","epoch":7,"lag-ms":60000,"seq":4})");
  EXPECT_EQ(json_at(body, "coordination.timeout-ms"), "40000");
  EXPECT_EQ(json_at(body, "quarantined"), "[]");
  EXPECT_EQ(json_at(body, "takeovers"), "[]");
  EXPECT_EQ(json_at(body, "evicted"), R"({"count":0,"up-to":0})");
  EXPECT_EQ(json_at(body, "pid"), "42");
  EXPECT_EQ(json_at(body, "uptime-ms"), "0");
  backend.advance(std::chrono::milliseconds(250));
  EXPECT_EQ(json_at(ask("GET /").body(), "uptime-ms"), "250");
  EXPECT_EQ(json_at(ask("GET /v1/status").body(), "journal.lag-ms"), "60250");
}

TEST_F(ReadsTest, StatusShowsTakeoversAndQuarantine) {
  backend.lead();
  backend.commit({model::Record::put("takeovers/6", R"({"epoch":6})"),
                  model::Record::put("takeovers/7", R"({"epoch":7})"),
                  model::Record::put("quarantine/" + job_id('a'),
                                     model::encode_quarantine({"jobs/a/spec", "segment-1", "torn \"file\"", 5}))});
  const std::string body = ask("GET /status").body();
  EXPECT_EQ(json_at(body, "takeovers"), R"([{"epoch":7},{"epoch":6}])");
  EXPECT_EQ(json_at(body, "quarantined[0].id"), "\"" + job_id('a') + "\"");
  EXPECT_EQ(json_at(body, "quarantined[0].why"), R"("torn \"file\"")");
  EXPECT_EQ(json_at(body, "quarantined-total"), "1");
}

TEST_F(ReadsTest, LeaderAndFollowerFollowTheRole) {
  EXPECT_EQ(ask("GET /leader").status(), 503);
  EXPECT_EQ(ask("GET /follower").status(), 200);
  backend.lead();
  EXPECT_EQ(ask("GET /leader").status(), 200);
  EXPECT_EQ(ask("HEAD /leader").status(), 200);
  EXPECT_EQ(ask("GET /follower").status(), 503);
  EXPECT_EQ(json_at(ask("GET /status").body(), "acting"), "true");
}

TEST_F(ReadsTest, ASuspendedLeaderIsNeither) {
  backend.lead();
  backend.advance(std::chrono::seconds(11));
  EXPECT_EQ(ask("GET /leader").status(), 503);
  EXPECT_EQ(ask("GET /follower").status(), 503);
  EXPECT_EQ(ask("GET /readyz").status(), 503);
  EXPECT_EQ(ask("GET /livez").status(), 200);
  const Asking status = ask("GET /status");
  EXPECT_EQ(json_at(status.body(), "acting"), "false");
  EXPECT_EQ(json_at(status.body(), "role"), "\"leader\"");
  EXPECT_THAT(status.body(), HasSubstr("may not act now"));
  EXPECT_THAT(status.headers(), HasSubstr("Stellwerk-Role: leader\r\n"));
}

TEST_F(ReadsTest, AHungLoopIsNotTrusted) {
  backend.lead();
  backend.alive.beat_us = 0;
  for (const std::string path : {"/leader", "/follower", "/livez", "/liveness", "/readyz", "/healthz", "/health"})
    EXPECT_EQ(ask("GET " + path).status(), 503) << path;
  EXPECT_EQ(json_at(ask("GET /status").body(), "acting"), "false");
}

TEST_F(ReadsTest, HealthSaysWhoMayLead) {
  backend.lead();
  for (const std::string path : {"/livez", "/readyz", "/healthz", "/liveness", "/readiness", "/health"})
    EXPECT_EQ(ask("GET " + path).status(), 200) << path;
  backend.change([](master::MasterView& view) {
    view.role = master::Role::follower;
    view.eligible = false;
    view.eligible_reason = "the storage does not answer";
  });
  EXPECT_EQ(ask("GET /livez").status(), 200);
  EXPECT_EQ(ask("GET /healthz").status(), 503);
  EXPECT_THAT(ask("GET /readyz").body(), HasSubstr("the storage does not answer"));
}

TEST_F(ReadsTest, AFollowerIsReadyOnlyIfItKeepsUpAndKnowsALeader) {
  EXPECT_THAT(ask("GET /readyz").body(), HasSubstr("No leader is known"));
  backend.follow("http://other:8081");
  const Time behind_since = backend.now() - std::chrono::seconds(10);
  backend.change([&](master::MasterView& view) { view.behind_since = behind_since; });
  EXPECT_THAT(ask("GET /readyz").body(), HasSubstr("10000 ms behind"));
}

TEST_F(ReadsTest, EveryAnswerSaysWhereItComesFrom) {
  const std::string alone = ask("GET /overview").headers();
  EXPECT_THAT(alone, HasSubstr("Stellwerk-Role: follower\r\n"));
  EXPECT_THAT(alone, HasSubstr("Stellwerk-Position: 7-1\r\n"));
  EXPECT_THAT(alone, Not(HasSubstr("Stellwerk-Leader")));
  backend.follow("http://other:8081");
  EXPECT_THAT(ask("GET /config").headers(), HasSubstr("Stellwerk-Leader: http://other:8081\r\n"));
  backend.lead(9);
  const std::string leading = ask("GET /config").headers();
  EXPECT_THAT(leading, HasSubstr("Stellwerk-Leader: http://me:8081\r\n"));
  EXPECT_THAT(leading, HasSubstr("Stellwerk-Epoch: 9\r\n"));
}

TEST_F(ReadsTest, AFormerLeaderDoesNotNameItself) {
  backend.lead();
  backend.change([](master::MasterView& view) { view.role = master::Role::follower; });
  const Asking status = ask("GET /status");
  EXPECT_EQ(json_at(status.body(), "leader"), "null");
  EXPECT_THAT(status.headers(), Not(HasSubstr("Stellwerk-Leader")));
  EXPECT_THAT(pulled(ask("GET /events")), HasSubstr(R"("role":"follower","epoch":7,"acting":false,"leader":null)"));
}

TEST_F(ReadsTest, AnOverviewNamesThePositionThatItShows) {
  auto asking = ask("GET /overview");
  backend.submit(job_id('a'), "one");
  endpoints->decorator()(asking.sink->request(), *asking.sink->answer);
  EXPECT_THAT(asking.headers(), HasSubstr("Stellwerk-Position: 7-1\r\n"));
  EXPECT_THAT(asking.headers(), Not(HasSubstr("Stellwerk-Position: 7-2")));
}

// ---- shapes ----

TEST_F(ReadsTest, ShapesAreFlinks) {
  backend.lead();
  backend.submit(job_id('a'), "count");
  EXPECT_EQ(json_paths(ask("GET /overview").body()), shapes::kOverview);
  EXPECT_EQ(json_paths(ask("GET /jobs").body()), shapes::kJobs);
  EXPECT_EQ(json_paths(ask("GET /jobs/overview").body()), shapes::kJobsOverview);
  EXPECT_EQ(json_paths(ask("GET /config").body()), shapes::kConfig);
  EXPECT_EQ(json_paths(ask("GET /jobs/" + job_id('a')).body()), shapes::kJob);
  EXPECT_EQ(json_paths(ask("GET /jobs/" + job_id('a') + "/config").body()), shapes::kJobConfig);
  EXPECT_EQ(ask("GET /jobs/" + job_id('a') + "/status").body(), R"({"status":"CREATED"})");
  EXPECT_EQ(json_at(ask("GET /jobs/" + job_id('a') + "/plan").body(), "plan.type"), "\"STREAMING\"");
  EXPECT_EQ(json_paths(ask("GET /jobmanager/config").body()), shapes::kJobmanagerConfig);
}

TEST_F(ReadsTest, OverviewCountsJobs) {
  backend.lead();
  backend.submit(job_id('a'), "one");
  backend.submit(job_id('b'), "two");
  const std::string body = ask("GET /overview").body();
  EXPECT_EQ(json_at(body, "jobs-running"), "2");
  EXPECT_EQ(json_at(body, "flink-commit"), "\"abcdef0\"");
}

// ---- journalled state ----

TEST_F(ReadsTest, ListsAreMadeOncePerPosition) {
  backend.lead();
  backend.submit(job_id('a'), "one");
  const Asking first = ask("GET /jobs");
  const Asking second = ask("GET /jobs");
  const auto page = [](const Asking& asking) {
    return std::get<std::shared_ptr<const http::Page>>(asking.sink->answer->body);
  };
  EXPECT_EQ(page(first), page(second));
  backend.submit(job_id('b'), "two");
  const Asking third = ask("GET /jobs");
  EXPECT_NE(page(first), page(third));
  EXPECT_EQ(json_at(third.body(), "jobs[1].id"), "\"" + job_id('b') + "\"");
  EXPECT_THAT(third.headers(), HasSubstr("Stellwerk-Position: 7-3\r\n"));
}

TEST_F(ReadsTest, WhoHasAListIsToldThatItIsTheSame) {
  const auto tag = [this](const std::string& path) {
    const std::string headers = ask("GET " + path).headers();
    const std::size_t begin = headers.find("ETag: ") + 6;
    return headers.substr(begin, headers.find("\r\n", begin) - begin);
  };
  const auto again = [this](const std::string& path, const std::string& known) {
    return ask("GET " + path, "If-None-Match: " + known + "\r\n").status();
  };
  model::JobState ended;
  ended.status = model::JobStatus::finished;
  ended.start_ms = ended.end_ms = 5;
  backend.commit({model::Record::put("jobs/" + job_id('a') + "/state", model::encode_job_state(ended))});
  for (const std::string path : {"/jobs", "/jobs/overview"}) {
    const std::string known = tag(path);
    EXPECT_THAT(known, testing::StartsWith("W/\""));
    backend.advance(std::chrono::minutes(5));
    EXPECT_EQ(again(path, known), 304) << path << ": nothing of it grows";
    restart();
    EXPECT_EQ(again(path, known), 304) << path << ": another master says the same";
  }
  const std::string before = tag("/jobs");
  backend.submit(job_id('b'), "one");
  EXPECT_EQ(again("/jobs", before), 200);
  const std::string list = tag("/jobs");
  const std::string overview = tag("/jobs/overview");
  EXPECT_EQ(again("/jobs/overview", overview), 304);
  backend.advance(std::chrono::seconds(2));
  backend.wall += 2000;
  EXPECT_EQ(again("/jobs", list), 304);
  EXPECT_EQ(again("/jobs/overview", overview), 200) << "a job runs for longer now";
  facts_.revision = "fedcba9 @ later";
  restart();
  EXPECT_EQ(again("/jobs", list), 200) << "another version may say it otherwise";
}

TEST_F(ReadsTest, BigListsAreMadeOffTheHttpThreads) {
  backend.lead();
  for (int i = 0; i < 501; ++i) {
    std::string id = std::to_string(i);
    backend.submit(std::string(32 - id.size(), '0') + id, "job");
  }
  const Asking first = ask("GET /jobs/overview");
  const Asking second = ask("GET /jobs/overview");
  EXPECT_FALSE(first.answered());
  backend.submit(job_id('f'), "later");
  const Asking third = ask("GET /jobs/overview");
  backend.run();
  ASSERT_EQ(first.status(), 200);
  ASSERT_EQ(second.status(), 200);
  ASSERT_EQ(third.status(), 200);
  EXPECT_EQ(json_at(third.body(), "jobs[501].jid"), "\"" + job_id('f') + "\"");
  EXPECT_EQ(ask("GET /jobs/overview").status(), 200);
}

TEST_F(ReadsTest, BigListsArePackedOffTheHttpThreads) {
  backend.lead();
  std::vector<model::Record> records;
  for (int i = 0; i < 3000; ++i) {
    std::string id = std::to_string(i);
    id.insert(0, 32 - id.size(), '0');
    records.push_back(model::Record::put("jobs/" + id + "/state", model::encode_job_state({})));
  }
  backend.commit(records);
  const auto page = [](const Asking& asking) {
    return std::get<std::shared_ptr<const http::Page>>(asking.sink->answer->body);
  };
  const Asking plain = ask("GET /jobs/overview");
  backend.run();
  ASSERT_GT(page(plain)->bytes().size(), http::kGzipHereBytesMax);
  EXPECT_FALSE(page(plain)->packed());
  const Asking packed = ask("GET /jobs/overview", "Accept-Encoding: gzip\r\n");
  EXPECT_FALSE(packed.answered());
  backend.run();
  ASSERT_TRUE(packed.answered());
  EXPECT_TRUE(page(packed)->packed());
  EXPECT_EQ(page(packed), page(plain));
  EXPECT_TRUE(ask("GET /jobs/overview", "Accept-Encoding: gzip\r\n").answered());
  backend.commit({});
  EXPECT_EQ(ask("GET /jobs/overview").status(), 0);
}

TEST_F(ReadsTest, JobsThatAreNotThereOrNotIds) {
  backend.lead();
  const Asking unknown = ask("GET /jobs/" + job_id('c'));
  EXPECT_EQ(unknown.status(), 404);
  EXPECT_EQ(unknown.body(), R"({"errors":["Job )" + job_id('c') + R"( not found"]})");
  const Asking bad = ask("GET /jobs/xyz");
  EXPECT_EQ(bad.status(), 400);
  EXPECT_THAT(bad.body(), HasSubstr("Cannot resolve path parameter (jobid)"));
  EXPECT_THAT(bad.body(), HasSubstr("Cannot parse JobID"));
  EXPECT_EQ(ask("GET /jobs/" + job_id('c') + "/status").status(), 404);
}

TEST_F(ReadsTest, ALeaderThatMayNotActSaysOfNothingThatItIsNotThere) {
  backend.lead();
  backend.advance(std::chrono::seconds(11));
  EXPECT_EQ(ask("GET /jobs/" + job_id('c') + "/status").status(), 503);
  EXPECT_EQ(ask("GET /jobs/xyz").status(), 400);
}

TEST_F(ReadsTest, AFollowerSaysHowFarBehindItIs) {
  EXPECT_THAT(ask("GET /jobs").headers(), HasSubstr("Stellwerk-Lag-Ms: 0\r\n"));
  EXPECT_THAT(ask("GET /overview").headers(), HasSubstr("Stellwerk-Lag-Ms: 0\r\n"));
  backend.lead();
  EXPECT_THAT(ask("GET /jobs").headers(), Not(HasSubstr("Lag")));
}

TEST_F(ReadsTest, WithoutCoordinationTheLagGrows) {
  endpoints->watch();
  backend.change([](master::MasterView& view) { view.coordination.state = "connecting"; });
  backend.run();
  backend.advance(std::chrono::seconds(3));
  EXPECT_THAT(ask("GET /jobs").headers(), HasSubstr("Stellwerk-Lag-Ms: 3000\r\n"));
  backend.change([](master::MasterView& view) { view.coordination.state = "connected"; });
  backend.run();
  EXPECT_THAT(ask("GET /jobs").headers(), HasSubstr("Stellwerk-Lag-Ms: 0\r\n"));
}

TEST_F(ReadsTest, BeforeTheJournalIsReadNothingIsMadeUp) {
  backend.change([](master::MasterView& view) { view.state = nullptr; });
  for (const std::string path : {"/jobs", "/jobs/overview", "/overview"}) {
    const Asking asking = ask("GET " + path);
    EXPECT_EQ(asking.status(), 503) << path;
    EXPECT_THAT(asking.headers(), HasSubstr("Retry-After: 1\r\n"));
  }
  EXPECT_EQ(ask("GET /status").status(), 200);
  EXPECT_EQ(ask("GET /metrics").status(), 200);
}

// ---- positions ----

TEST_F(ReadsTest, AReadWaitsForItsPosition) {
  backend.lead();
  const Asking there = ask("GET /jobs", "Stellwerk-At-Least: 7-1\r\n");
  EXPECT_EQ(there.status(), 200);
  const Asking early = ask("GET /overview", "Stellwerk-At-Least: 7-3\r\n");
  EXPECT_FALSE(early.answered());
  backend.submit(job_id('a'), "one");
  backend.run();
  EXPECT_FALSE(early.answered());
  backend.submit(job_id('b'), "two");
  backend.run();
  ASSERT_EQ(early.status(), 200);
  EXPECT_EQ(json_at(early.body(), "jobs-running"), "2");
}

TEST_F(ReadsTest, APositionThatDoesNotComeIs503) {
  const Asking asking = ask("GET /jobs", "Stellwerk-At-Least: 8-1\r\n");
  backend.advance(std::chrono::seconds(9));
  EXPECT_FALSE(asking.answered());
  backend.advance(std::chrono::seconds(1));
  EXPECT_EQ(asking.status(), 503);
  EXPECT_THAT(asking.body(), HasSubstr("has applied 7-1, not yet 8-1"));
  EXPECT_THAT(asking.headers(), HasSubstr("Retry-After"));
}

TEST_F(ReadsTest, APositionMustBeOne) {
  for (const std::string bad : {"7", "7-", "x-1", "7-1-1", "-7-1"})
    EXPECT_EQ(ask("GET /jobs", "Stellwerk-At-Least: " + bad + "\r\n").status(), 400) << bad;
}

TEST_F(ReadsTest, TooManyWaitersAreTurnedAway) {
  backend.waiters_max = 0;
  const Asking asking = ask("GET /jobs", "Stellwerk-At-Least: 8-1\r\n");
  backend.run();
  EXPECT_EQ(asking.status(), 503);
}

// ---- the process ----

TEST_F(ReadsTest, MetricsAreThere) {
  backend.lead();
  backend.submit(job_id('a'), "one");
  backend.change([](master::MasterView& view) {
    view.takeover.noticed = Time(std::chrono::milliseconds(1000));
    view.takeover.claimed = Time(std::chrono::milliseconds(1004));
  });
  const Asking asking = ask("GET /metrics");
  EXPECT_THAT(std::string(asking.sink->answer->content_type), HasSubstr("version=0.0.4"));
  const std::string text = asking.body();
  EXPECT_THAT(text, HasSubstr("\nflink_jobmanager_numRunningJobs 1\n"));
  EXPECT_THAT(text, HasSubstr("\nflink_jobmanager_taskSlotsAvailable 0\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_role{role=\"leader\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_role{role=\"follower\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_acting 1\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_journal_seq{which=\"applied\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_takeover_seconds{phase=\"claimed\"} 0.004\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_loop_turn_seconds_bucket{le=\"0.001\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_loop_turn_seconds_bucket{le=\"+Inf\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_loop_turn_seconds_sum 0.75\n"));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_loop_turn_longest_seconds 0.75\n"));
  EXPECT_THAT(text, Not(HasSubstr("phase=\"first_write\"")));
  EXPECT_THAT(text, HasSubstr("\nstellwerk_events_dropped_total 0\n"));
}

// ---- events ----

TEST_F(ReadsTest, EventsTellWhatChanges) {
  backend.follow("http://other:8081");
  endpoints->watch();
  backend.run();
  const Asking asking = ask("GET /events");
  ASSERT_EQ(asking.status(), 200);
  const std::string first = pulled(asking);
  EXPECT_THAT(first, HasSubstr("event: status\n"));
  EXPECT_THAT(first, HasSubstr(R"("role":"follower")"));
  EXPECT_THAT(first, HasSubstr(R"({"position":"7-1"})"));
  backend.submit(job_id('a'), "one");
  backend.run();
  const std::string job = pulled(asking);
  EXPECT_THAT(job, HasSubstr("event: job\n"));
  EXPECT_THAT(job, HasSubstr(R"({"jid":")" + job_id('a') + R"(","name":"one","state":"CREATED"})"));
  EXPECT_THAT(job, HasSubstr(R"({"position":"7-2"})"));
  EXPECT_THAT(job, Not(HasSubstr("event: status")));
  backend.lead(8);
  backend.run();
  EXPECT_THAT(pulled(asking), HasSubstr(R"("role":"leader","epoch":8,"acting":true)"));
  backend.advance(std::chrono::seconds(11));
  EXPECT_THAT(pulled(asking), HasSubstr(R"("role":"leader","epoch":8,"acting":false)"));
}

TEST_F(ReadsTest, ANewListenerIsToldWhatTheOthersKnowAndThenWhatDiffers) {
  endpoints->watch();
  backend.run();
  backend.commit({});  // not looked at yet
  const Asking asking = ask("GET /events");
  EXPECT_THAT(pulled(asking), HasSubstr(R"({"position":"7-1"})"));
  backend.run();
  EXPECT_EQ(pulled(asking), http::EventHub::format("position", R"({"position":"7-2"})"));
}

TEST_F(ReadsTest, ManyChangesAreOneEvent) {
  endpoints->watch();
  backend.run();
  const Asking asking = ask("GET /events");
  pulled(asking);
  std::vector<model::Record> records;
  for (int i = 0; i < 201; ++i) {
    model::JobState state;
    const std::string digits = std::to_string(i);
    const std::string id = std::string(32 - digits.size(), '0') + digits;
    records.push_back(model::Record::put("jobs/" + id + "/state", model::encode_job_state(state)));
  }
  backend.commit(records);
  backend.run();
  const std::string text = pulled(asking);
  EXPECT_THAT(text, HasSubstr("event: jobs\n"));
  EXPECT_THAT(text, HasSubstr(R"({"changed":201})"));
  EXPECT_THAT(text, Not(HasSubstr("event: job\n")));
}

}  // namespace
}  // namespace stellwerk::api
