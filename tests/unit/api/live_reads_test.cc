/// What followers say of the leader's workers.
#include <gmock/gmock.h>

#include "api/live.h"
#include "integration/http_raw_server.h"
#include "jobs/changes.h"
#include "unit/api/passing_on_nodes.h"

namespace stellwerk::api {
namespace {

using http::ClientResponse;
using testing::AllOf;
using testing::HasSubstr;

const std::vector<std::string> kAllPaths{"/overview", "/taskmanagers", "/taskmanagers/w-1"};

class LiveReadsTest : public PassingOnTest {
 protected:
  LiveReadsTest() { leader.backend.register_worker(a_worker("w-1")); }
};

TEST_F(LiveReadsTest, AreEqualOnLeaderAndFollower) {
  for (const std::string& path : kAllPaths) {
    const ClientResponse got = get(follower, path);
    EXPECT_EQ(got.status, 200) << path;
    EXPECT_EQ(got.body, get(leader, path).body) << path;
    EXPECT_EQ(got.header("Stellwerk-Stale-Ms"), std::nullopt) << path;
    EXPECT_EQ(got.header("Stellwerk-Role"), "follower") << path;
  }
  const ClientResponse nobody = get(follower, "/taskmanagers/a%20b%2Fc");
  EXPECT_EQ(nobody.status, 404);
  EXPECT_EQ(nobody.body, R"({"errors":["No TaskExecutor registered under a b/c."]})");
}

TEST_F(LiveReadsTest, AnOverviewHasTheFollowersOwnJobsAndTheLeadersWorkers) {
  follower.backend.submit(job_id('a'), "one");
  const ClientResponse got = get(follower, "/overview");
  EXPECT_EQ(json_at(got.body, "jobs-running"), "1");
  EXPECT_EQ(json_at(got.body, "taskmanagers"), "1");
  EXPECT_EQ(json_at(got.body, "slots-total"), "4");
  EXPECT_EQ(got.header("Stellwerk-Position"), "7-2");
  EXPECT_EQ(got.header("Stellwerk-Lag-Ms"), "0");
  const auto waiting =
      http::fetch(follower.endpoint(), {.target = "/overview", .headers = {{"Stellwerk-At-Least", "7-2"}}});
  ASSERT_TRUE(waiting.has_value());
  EXPECT_EQ(waiting->body, got.body);
}

TEST_F(LiveReadsTest, WhenTheLeaderIsGoneTheLastCopiesAreShown) {
  for (const std::string& path : kAllPaths) EXPECT_EQ(get(follower, path).status, 200);
  const std::string before = get(leader, "/taskmanagers").body;
  leader.stop();
  follower.backend.advance(std::chrono::milliseconds(700));
  for (const std::string& path : kAllPaths) {
    const ClientResponse got = get(follower, path);
    EXPECT_EQ(got.status, 200) << path;
    EXPECT_EQ(got.header("Stellwerk-Stale-Ms"), "700") << path;
  }
  EXPECT_EQ(get(follower, "/taskmanagers").body, before);
  EXPECT_EQ(get(follower, "/taskmanagers/w-2").status, 503);
}

TEST_F(LiveReadsTest, AWorkerThatIsGoneLeavesNoCopy) {
  EXPECT_EQ(get(follower, "/taskmanagers/w-1").status, 200);
  leader.backend.change([](master::MasterView& view) { view.workers = nullptr; });
  EXPECT_EQ(get(follower, "/taskmanagers/w-1").status, 404);
  leader.stop();
  EXPECT_EQ(get(follower, "/taskmanagers/w-1").status, 503);
}

TEST_F(LiveReadsTest, AMasterThatDoesNotLeadIsNotTheLeadersWord) {
  EXPECT_EQ(get(follower, "/taskmanagers").status, 200);
  leader.backend.follow("http://nobody:1", 8);
  const ClientResponse got = get(follower, "/taskmanagers");
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.header("Stellwerk-Stale-Ms").has_value());
}

// ---- jobs ----

/// Both masters have applied the same; only the leader hears of tasks.
class LiveJobsTest : public LiveReadsTest {
 protected:
  LiveJobsTest() {
    for (FakeBackend* backend : {&leader.backend, &follower.backend}) {
      backend->submit(job_id('a'), "count");
      const jobs::StartTasks start{id, {{{0, 0}, 0, "w-1", 1, "host1"}}};
      backend->commit(jobs::decide(*backend->view()->state, start, 1'700'000'000'500, {}).records);
    }
    jobs::TaskTable table;
    table.put(id, {0, 0}, {0, jobs::TaskEntry::Phase::deploying, 0, 0, {}});
    table.set_lack(id.text(), jobs::SlotLack{3, 1, 4});
    leader.backend.change(
        [&](master::MasterView& view) { view.tasks = std::make_shared<const jobs::TaskTable>(table.share()); });
  }

  const JobId id = *JobId::parse(job_id('a'));
  const std::string job = "/jobs/" + job_id('a');
  const std::string vertex = job + "/vertices/" + model::vertex_id("source");
};

TEST_F(LiveJobsTest, AreEqualOnLeaderAndFollower) {
  for (const std::string& path : {job, vertex, vertex + "/subtasktimes", vertex + "/taskmanagers",
                                  vertex + "/subtasks/0", vertex + "/subtasks/0/attempts/0", job + "/exceptions"}) {
    const ClientResponse got = get(follower, path);
    EXPECT_EQ(got.status, 200) << path;
    EXPECT_EQ(got.body, get(leader, path).body) << path;
    EXPECT_EQ(got.header("Stellwerk-Stale-Ms"), std::nullopt) << path;
  }
  EXPECT_EQ(json_at(get(follower, job).body, "vertices[0].tasks.DEPLOYING"), "1");
  EXPECT_EQ(json_at(get(follower, job).body, "waiting.needed"), "3");
  for (const std::string& path : {"/jobs/" + job_id('f'), vertex + "/subtasks/9"}) {
    const ClientResponse got = get(follower, path);
    EXPECT_EQ(got.status, 404) << path;
    EXPECT_EQ(got.body, get(leader, path).body) << path;
  }
}

TEST_F(LiveJobsTest, ThePositionIsTheLeaders) {
  leader.backend.submit(job_id('b'), "more");
  EXPECT_EQ(get(follower, job).header("Stellwerk-Position"), get(leader, job).header("Stellwerk-Position"));
  EXPECT_EQ(get(follower, "/jobs/" + job_id('b')).status, 200) << "though it has not applied that";
}

TEST_F(LiveJobsTest, AnAnswerThatIsOlderThanWhatIsAskedForIsNotShown) {
  follower.backend.submit(job_id('b'), "more");
  const std::string position = to_string(follower.backend.view()->applied);
  const auto got = http::fetch(follower.endpoint(), {.target = job, .headers = {{"Stellwerk-At-Least", position}}});
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->header("Stellwerk-Position"), position);
  EXPECT_EQ(json_at(got->body, "vertices[0].tasks.RUNNING"), "1") << "its own";
}

TEST_F(LiveJobsTest, WhenTheLeaderIsGoneWhatIsAppliedIsShown) {
  EXPECT_EQ(get(follower, job).status, 200);
  leader.stop();
  follower.backend.advance(std::chrono::milliseconds(700));
  const ClientResponse got = get(follower, job);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("Stellwerk-Stale-Ms"), "700");
  EXPECT_EQ(json_at(got.body, "vertices[0].tasks.RUNNING"), "1");
  EXPECT_THAT(got.body, testing::Not(HasSubstr("waiting")));
  EXPECT_EQ(get(follower, vertex + "/subtasks/9").status, 404);
}

// ---- one question after the other ----

/// Asks a leader that says what the test says.
class QuestionsTest : public testing::Test {
 protected:
  using Copies = std::future<LiveCopy>;

  QuestionsTest() { backend.follow(leader.endpoint().url()); }
  ~QuestionsTest() override {
    std::promise<void> done;
    boost::asio::post(thread.io, [&] { done.set_value(); });
    done.get_future().get();
  }

  Copies ask(const std::string& target) {
    auto promise = std::make_shared<std::promise<LiveCopy>>();
    live->ask(target, [promise](LiveCopy copy) { promise->set_value(std::move(copy)); });
    return promise->get_future();
  }
  static void say(http::RawServer::Connection& connection, const std::string& body) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  FakeBackend backend;
  http::RawServer leader;
  http::IoThread thread;
  http::Client client{thread.io, http::ClientOptions{}};
  CorePtr core = std::make_shared<Core>(backend, Facts{}, client);
  std::shared_ptr<LiveReads> live = std::make_shared<LiveReads>(core);
};

TEST_F(QuestionsTest, TheLeaderIsAskedOnceAtATimeAndNobodyIsShownAnOlderAnswer) {
  Copies first = ask("/a");
  auto connection = leader.accept();
  EXPECT_THAT(connection.read_until("\r\n\r\n"),
              AllOf(HasSubstr("GET /a HTTP/1.1\r\n"), HasSubstr("Stellwerk-Forwarded: http://me:8081\r\n")));
  Copies second = ask("/a");
  Copies third = ask("/a");
  say(connection, "1");
  EXPECT_EQ(first.get().page->bytes(), "1");
  EXPECT_THAT(connection.read_until("\r\n\r\n"), HasSubstr("GET /a HTTP/1.1\r\n"));
  say(connection, "2");
  const auto page = second.get().page;
  EXPECT_EQ(page->bytes(), "2");
  EXPECT_EQ(third.get().page, page) << "the same answer for both";
}

TEST_F(QuestionsTest, WhoWaitsForALeaderThatFailsDoesNotWaitTwice) {
  Copies first = ask("/a");
  auto connection = leader.accept();
  Copies second = ask("/a");
  connection.read_until("\r\n\r\n");
  connection.close();
  EXPECT_EQ(first.get().page, nullptr);
  const LiveCopy copy = second.get();
  EXPECT_EQ(copy.page, nullptr);
  EXPECT_TRUE(copy.stale.has_value());
}

TEST_F(QuestionsTest, ANewLeaderIsAskedThoughTheOldOneIsSilent) {
  Copies old = ask("/a");
  auto connection = leader.accept();
  http::RawServer next;
  backend.follow(next.endpoint().url(), 8);
  Copies now = ask("/a");
  auto answering = next.accept();
  answering.read_until("\r\n\r\n");
  say(answering, "new");
  EXPECT_EQ(now.get().page->bytes(), "new");
  connection.read_until("\r\n\r\n");
  connection.close();
  EXPECT_EQ(old.get().page->bytes(), "new") << "the last copy, whoever gave it";
}

TEST_F(QuestionsTest, AFaultOfTheLeaderIsNoAnswer) {
  Copies broken = ask("/a");
  auto connection = leader.accept();
  connection.read_until("\r\n\r\n");
  connection.send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(broken.get().page, nullptr);
}

TEST_F(QuestionsTest, OnlySoManyCopiesAreKept) {
  const auto page = [](const std::string& text) { return std::make_shared<const http::Page>(text); };
  for (std::size_t i = 0; i <= kCopiesMax; ++i) live->keep("/" + std::to_string(i), page("x"));
  EXPECT_EQ(live->last_copy("/0").page, nullptr);
  EXPECT_NE(live->last_copy("/1").page, nullptr);
  live->keep("/large", page(std::string(kCopyBytesMax, 'x')));
  EXPECT_NE(live->last_copy("/large").page, nullptr);
  EXPECT_EQ(live->last_copy("/1").page, nullptr);
  live->keep("/small", page("x"));
  EXPECT_EQ(live->last_copy("/large").page, nullptr);
  EXPECT_NE(live->last_copy("/small").page, nullptr);
}

TEST_F(QuestionsTest, NobodyIsAskedOnTheWayOut) {
  core->closed = true;
  EXPECT_EQ(ask("/a").get().page, nullptr);
}

}  // namespace
}  // namespace stellwerk::api
