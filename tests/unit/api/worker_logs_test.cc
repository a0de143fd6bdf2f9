/// Logs of workers and output of tasks, by way of the leader.
#include <gmock/gmock.h>

#include "jobs/changes.h"
#include "logs/log_files.h"
#include "logs/worker_pages.h"
#include "support/temp_dir.h"
#include "unit/api/passing_on_nodes.h"

namespace stellwerk::api {
namespace {

using http::ClientResponse;
using testing::HasSubstr;
using testing::Not;

/// A worker's HTTP, with a log and the output of one task.
class WorkerLogsTest : public PassingOnTest {
 protected:
  WorkerLogsTest() {
    write("tm.log", "started\nworking\n");
    write("tm.out", "count 1> (to,1)\n");
    write("tm.out.1", "older\n");
    write("secret.txt", "secret");
    const std::string job = job_id('a');
    std::filesystem::create_directories(dir_.path() / "tm" / job);
    write("tm/" + job + "/source-1.out", "to be or\n");
    write("tm/" + job + "/source-1.err", "");
    auto router = std::make_shared<http::Router>();
    logs::add_worker_pages(*router, {dir_.path().string(), dir_ / "tm.log", dir_ / "tm"});
    http::ServerOptions options;
    options.ports = {{0, 0}};
    options.threads = 1;
    server_ = std::move(http::Server::start(options, router).value());
    jobs::WorkerEntry worker = a_worker("w 1");
    worker.about.host = "127.0.0.1";
    worker.about.data_port = server_->port();
    leader.backend.register_worker(worker);
    leader.backend.register_worker(a_worker("w-2"));
    leader.backend.submit(job, "count");
    const auto started = jobs::StartTasks{*JobId::parse(job), {{{0, 1}, 0, "w 1", 1, "127.0.0.1"}}};
    leader.backend.commit(jobs::decide(*leader.backend.view()->state, started, 1'700'000'000'500, {}).records);
  }

  void write(const std::string& name, const std::string& text) { test::write_file(dir_.path() / name, text); }

  static ClientResponse get_part(const Node& from, const std::string& path, const std::string& range) {
    auto result = http::fetch(from.endpoint(), {.target = path, .headers = {{"Range", range}}});
    return result.has_value() ? std::move(*result) : ClientResponse{};
  }

  const std::string worker_ = "/taskmanagers/w%201";
  const std::string subtasks_ = "/jobs/" + job_id('a') + "/vertices/" + model::vertex_id("source") + "/subtasks/";
  test::TempDir dir_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(WorkerLogsTest, AreTheSameOnLeaderAndFollower) {
  for (const Node* node : {&leader, &follower}) {
    EXPECT_EQ(get(*node, worker_ + "/log").body, "started\nworking\n");
    EXPECT_EQ(get(*node, worker_ + "/stdout").body, "count 1> (to,1)\n");
    EXPECT_EQ(get(*node, worker_ + "/logs/tm.out.1").body, "older\n");
    const ClientResponse list = get(*node, worker_ + "/logs");
    EXPECT_EQ(list.status, 200);
    EXPECT_EQ(list.header("Content-Type"), http::kJsonType);
    for (const char* each : {R"("name":"tm.log","size":16,)", R"("name":"tm.out","size":16,)", R"("tm.out.1")"})
      EXPECT_THAT(list.body, HasSubstr(each));
    EXPECT_THAT(list.body, Not(HasSubstr("secret")));
    EXPECT_EQ(get(*node, worker_ + "/logs/secret.txt").status, 404);
    EXPECT_EQ(get(*node, worker_ + "/logs/..%2Fsecret.txt").status, 404);
  }
}

TEST_F(WorkerLogsTest, OutputOfASubtask) {
  for (const Node* node : {&leader, &follower}) {
    const ClientResponse got = get(*node, subtasks_ + "1/stdout");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "to be or\n");
    EXPECT_EQ(got.header("Content-Range"), std::nullopt);
    const ClientResponse nothing = get(*node, subtasks_ + "1/stderr");
    EXPECT_EQ(nothing.status, 200) << "an empty file is no error";
    EXPECT_EQ(nothing.body, "");
  }
}

TEST_F(WorkerLogsTest, APartIsAPart) {
  for (const Node* node : {&leader, &follower}) {
    const ClientResponse got = get_part(*node, worker_ + "/log", "bytes=8-");
    EXPECT_EQ(got.status, 206);
    EXPECT_EQ(got.body, "working\n");
    EXPECT_EQ(got.header("Content-Range"), "bytes 8-15/16");
    EXPECT_EQ(get_part(*node, worker_ + "/log", "bytes=16-").status, 416);
  }
}

TEST_F(WorkerLogsTest, OfWhatIsTooLongTheEndIsShown) {
  write("tm.log", "first" + std::string(logs::kPartBytesMax - 4, 'x') + "last");
  for (const Node* node : {&leader, &follower}) {
    const ClientResponse got = get(*node, worker_ + "/log");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body.size(), logs::kPartBytesMax);
    EXPECT_TRUE(got.body.ends_with("last"));
    EXPECT_EQ(got.header("Stellwerk-Omitted-Bytes"), "5");
  }
  const ClientResponse part = get_part(leader, worker_ + "/log", "bytes=0-");
  EXPECT_EQ(part.body.size(), logs::kPartBytesMax) << "a part that is too long is cut";
}

TEST_F(WorkerLogsTest, WhatIsMissingIsSaid) {
  EXPECT_THAT(get(follower, "/taskmanagers/w-9/log").body, HasSubstr("No TaskExecutor registered under w-9."));
  EXPECT_THAT(get(follower, "/taskmanagers/w-2/log").body, HasSubstr("Worker w-2 serves no logs"));
  EXPECT_THAT(get(leader, subtasks_ + "0/stdout").body, HasSubstr("has not been started yet"));
  EXPECT_THAT(get(leader, subtasks_ + "7/stdout").body, HasSubstr("has no such subtask"));
  EXPECT_EQ(get(leader, subtasks_ + "x/stdout").status, 400);
  EXPECT_EQ(
      get(leader, "/jobs/" + job_id('b') + "/vertices/" + model::vertex_id("source") + "/subtasks/0/stdout").status,
      404);
  server_.reset();
  const ClientResponse dead = get(follower, worker_ + "/log");
  EXPECT_EQ(dead.status, 502);
  EXPECT_THAT(dead.body, HasSubstr("Worker w 1 does not answer"));
  leader.stop();
  EXPECT_EQ(get(follower, worker_ + "/log").status, 502);
  follower.backend.change([](master::MasterView& view) { view.leader = {}; });
  EXPECT_EQ(get(follower, worker_ + "/log").status, 503);
}

}  // namespace
}  // namespace stellwerk::api
