#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/tail.h"
#include "model/job_spec.h"
#include "unit/cli/fake_host.h"

namespace stellwerk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kLogsJob[] = "0123456789abcdef0123456789abcdef";

/// A cluster with one job, whose tasks have written something; `ended` from its nth status on.
class LogsCluster {
 public:
  explicit LogsCluster(FakeHost& host) {
    host.network = [this](const Question& question) { return answer(question.request); };
  }
  int count_parallelism = 2;
  int polls_until_end = 1;
  std::map<std::string, std::string> files;  ///< by vertex, subtask and stream: "count/1/stdout"
  http::HeaderList whole_headers;

 private:
  static std::string vertex(const std::string& name, int parallelism) {
    return R"({"id":")" + model::vertex_id(name) + R"(","name":")" + name + R"(","status":"RUNNING","parallelism":)" +
           std::to_string(parallelism) + "}";
  }
  Answer answer(const http::ClientRequest& request) {
    const std::string job = std::string("/jobs/") + kLogsJob;
    if (request.target == job)
      return reply(200, R"({"jid":")" + std::string(kLogsJob) +
                            R"(","name":"n","state":"RUNNING","start-time":1,"vertices":[)" + vertex("source", 1) +
                            "," + vertex("count", count_parallelism) + "]}");
    if (request.target == job + "/status")
      return reply(200, --polls_until_end > 0 ? R"({"status":"RUNNING"})" : R"({"status":"FINISHED"})");
    if (!request.target.ends_with("/stdout") && !request.target.ends_with("/stderr"))
      return reply(200, R"({"subtasks":[{"subtask":0,"taskmanager-id":"w1"}]})");
    for (const auto& [name, bytes] : files) {
      const std::size_t slash = name.find('/');
      const std::string target =
          job + "/vertices/" + model::vertex_id(name.substr(0, slash)) + "/subtasks" + name.substr(slash);
      if (request.target == target) return file(request, bytes);
    }
    return refusal(404, "That subtask has not been started yet");
  }
  Answer file(const http::ClientRequest& request, const std::string& bytes) const {
    if (request.headers.empty()) return reply(200, bytes, whole_headers);
    const std::string range = request.headers.front().second;
    const std::size_t first = std::stoul(range.substr(range.find('=') + 1));
    const std::string size = std::to_string(bytes.size());
    if (first >= bytes.size()) return refusal(416, "behind its end", {{"Content-Range", "bytes */" + size}});
    return reply(
        206, bytes.substr(first),
        {{"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(bytes.size() - 1) + "/" + size}});
  }
};

TEST(Logs, OfAJobHaveTheVertexBeforeEachLine) {
  FakeHost host;
  LogsCluster cluster(host);
  cluster.files = {{"source/0/stdout", "s\n"}, {"count/0/stdout", "a\nb\n"}, {"count/1/stderr", "no\n"}};
  EXPECT_EQ(host.run({"logs", "-m", "h:1", kLogsJob}), 0);
  EXPECT_EQ(host.printed(), "source> s\ncount 1> a\ncount 1> b\n");
  EXPECT_EQ(host.complained(), "count (2/2): That subtask has not been started yet.\n");
}

TEST(Logs, OfOneSubtaskAreAsTheyAre) {
  FakeHost host;
  LogsCluster cluster(host);
  cluster.files = {{"source/0/stdout", "s\n"}, {"count/0/stdout", "a\n"}, {"count/1/stderr", "no"}};
  cluster.whole_headers = {{"Stellwerk-Omitted-Bytes", "7"}};
  EXPECT_EQ(host.run({"logs", "-m", "h:1", "--stderr", kLogsJob, "count/2"}), 0);
  EXPECT_EQ(host.printed(), "no");
  EXPECT_EQ(host.complained(), "count (2/2): 7 bytes before what follows are left out.\n");
  FakeHost vertex;
  LogsCluster same(vertex);
  same.files = cluster.files;
  EXPECT_EQ(vertex.run({"logs", "-m", "h:1", kLogsJob, "source"}), 0);
  EXPECT_EQ(vertex.printed(), "s\n");
}

TEST(Logs, OfWhatIsNotThere) {
  FakeHost host;
  LogsCluster cluster(host);
  EXPECT_EQ(host.run({"logs", "-m", "h:1", kLogsJob}), 4);
  EXPECT_EQ(host.run({"logs", "-m", "h:1", kLogsJob, "cuont"}), 4);
  EXPECT_THAT(host.complained(), HasSubstr(" has no vertex \"cuont\"; it has source, count.\n"));
  for (const char* what : {"count/0", "count/3", "count/", "count/1x"})
    EXPECT_EQ(host.run({"logs", "-m", "h:1", kLogsJob, what}), 4);
  EXPECT_THAT(host.complained(), HasSubstr("Vertex count has no subtask \"3\"; they are 1 to 2.\n"));
  host.network = [](const Question&) { return refusal(404, "Job not found"); };
  EXPECT_EQ(host.run({"logs", "-m", "h:1", kLogsJob}), 4);
  EXPECT_EQ(host.run({"logs", "-m", "h:1", "--worker", "w"}), 4);
  EXPECT_EQ(host.run({"logs", "-m", "h:1", "nonsense"}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("Cannot parse JobID from \"nonsense\". The expected format"));
  EXPECT_EQ(host.printed(), "");
  FakeHost nobody;
  EXPECT_EQ(nobody.run({"logs", "-m", "h:1", kLogsJob}), 2);
}

TEST(Logs, FollowedUntilTheJobHasEnded) {
  FakeHost host;
  LogsCluster cluster(host);
  cluster.files = {{"count/0/stdout", "a\n"}};
  cluster.polls_until_end = 3;
  auto network = host.network;
  host.network = [&](const Question& question) {
    if (question.request.target.ends_with("/status")) cluster.files["count/0/stdout"] += "more\n";
    return network(question);
  };
  EXPECT_EQ(host.run({"logs", "-f", "-m", "h:1", kLogsJob, "count/1"}), 0);
  EXPECT_EQ(host.printed(), "a\nmore\nmore\nmore\n");
  EXPECT_THAT(host.pauses, ElementsAre(tail::kPollEvery, tail::kPollEvery));
  EXPECT_EQ(host.questions.back().request.headers.front(),
            std::make_pair(std::string("Range"), std::string("bytes=12-")));
  EXPECT_TRUE(host.catches);
}

TEST(Logs, OfTooManySubtasksCannotBeFollowed) {
  FakeHost host;
  LogsCluster cluster(host);
  cluster.count_parallelism = 64;
  EXPECT_EQ(host.run({"logs", "-f", "-m", "h:1", kLogsJob}), 1);
  EXPECT_EQ(host.complained(),
            "65 subtasks are too many: at most 64 can be followed at once; name a vertex (VERTEX) or a subtask "
            "(VERTEX/SUBTASK).\n");
  cluster.count_parallelism = 2'000;
  EXPECT_EQ(host.run({"logs", "-m", "h:1", kLogsJob, "count"}), 1);
  EXPECT_THAT(host.complained(),
              HasSubstr("2000 subtasks are too many: at most 1024 can be shown at once; name a sub"));
}

TEST(Logs, FollowedUntilCtrlC) {
  FakeHost host;
  host.interrupt_at_pause = 2;
  host.network = [](const Question& question) {
    return question.request.headers.empty() ? reply(200, question.request.target + "\n")
                                            : refusal(416, "no", {{"Content-Range", "bytes */31"}});
  };
  EXPECT_EQ(host.run({"logs", "-f", "--worker", "h:1-a/b", "--stdout", "-m", "h:1"}), 130);
  EXPECT_EQ(host.printed(), "/taskmanagers/h:1-a%2Fb/stdout\n");
  EXPECT_EQ(host.complained(), "");
}

TEST(Logs, OfAWorker) {
  FakeHost host;
  host.network = [](const Question&) { return reply(200, "x"); };
  EXPECT_EQ(host.run({"logs", "--worker", "w", "-m", "h:1"}), 0);
  EXPECT_THAT(host.asked(), ElementsAre("GET http://h:1/taskmanagers/w", "GET http://h:1/taskmanagers/w/log"));
}

TEST(Logs, OfASilentWorkerSayWhoIsSilent) {
  FakeHost host;
  LogsCluster cluster(host);
  const auto healthy = host.network;
  host.network = [healthy](const Question& question) -> Answer {
    if (!question.request.target.ends_with("/stdout")) return healthy(question);
    return refusal(502, "Worker w1 does not answer: it took longer than 5 s");
  };
  EXPECT_EQ(host.run({"logs", "-m", "h:8081", "-Dclient.timeout=5 s", kLogsJob, "source"}), 2);
  EXPECT_THAT(host.complained(), HasSubstr("Worker w1 does not answer: it took longer than 5 s"));
}

TEST(Logs, AnAnswerThatMakesNoSenseIsNone) {
  FakeHost host;
  host.network = [](const Question& question) {
    return question.request.target.ends_with("/log") ? reply(206, "toolong", {{"Content-Range", "bytes 5-6/7"}})
                                                     : reply(200, "{}");
  };
  EXPECT_EQ(host.run({"logs", "--worker", "w", "-m", "h:1", "-Dclient.timeout=5 s"}), 2);
  EXPECT_EQ(host.printed(), "");
  EXPECT_THAT(host.complained(), HasSubstr("No master answered as one would"));
}

TEST(Logs, ArgumentsThatMakeNoSense) {
  FakeHost host;
  EXPECT_EQ(host.run({"logs"}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("A JobID or --worker ID should be specified."));
  EXPECT_EQ(host.run({"logs", "--worker", "w", kLogsJob}), 1);
  EXPECT_EQ(host.run({"logs", "--worker", "w", "--stderr"}), 1);
  EXPECT_EQ(host.run({"logs", "--stdout", kLogsJob}), 1);
  EXPECT_THAT(host.questions, IsEmpty());
}

}  // namespace
}  // namespace stellwerk::cli
