#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/fake_host.h"

namespace stellwerk::cli {
namespace {

using testing::HasSubstr;

constexpr char kId[] = "2d8a2427a02ff7d7ce4fb2031a90bef1";
constexpr char kPath[] = "/jobs/2d8a2427a02ff7d7ce4fb2031a90bef1/checkpoints";

/// A master that has taken one, or given it up, when it is asked for the third time.
void let_say(FakeHost& host, const std::string& in_the_end) {
  host.network = [in_the_end, looks = 0](const Question& question) mutable -> Answer {
    if (question.request.method == http::Method::post) return reply(202, R"({"request-id":"x"})");
    if (++looks < 3) return reply(200, R"({"status":{"id":"IN_PROGRESS"},"operation":null})");
    return reply(200, R"({"status":{"id":"COMPLETED"},"operation":)" + in_the_end + "}");
  };
}

TEST(Checkpoint, WaitsUntilItIsCompleted) {
  FakeHost host;
  let_say(host, R"({"checkpointId":7})");
  EXPECT_EQ(host.run({"checkpoint", "-m", "h:8081", kId}), 0);
  EXPECT_EQ(host.printed(), "Triggering checkpoint for job " + std::string(kId) + ".\nWaiting for response...\n" +
                                "Checkpoint 7 for job " + kId + " completed.\n");
  ASSERT_EQ(host.asked().size(), 4);
  EXPECT_EQ(host.asked()[0], "POST http://h:8081" + std::string(kPath));
  EXPECT_THAT(host.asked()[1], HasSubstr("GET http://h:8081" + std::string(kPath) + "/"));
  EXPECT_EQ(host.pauses.size(), 2);
}

TEST(Checkpoint, AsJson) {
  FakeHost host;
  let_say(host, R"({"checkpointId":7})");
  EXPECT_EQ(host.run({"checkpoint", "--json", "-m", "h:8081", kId}), 0);
  EXPECT_EQ(host.printed(), R"({"jobid":")" + std::string(kId) + R"(","checkpoint":7})" + "\n");
}

TEST(Checkpoint, ThatIsGivenUpSaysWhy) {
  FakeHost host;
  let_say(host, R"({"failureCause":{"class":"c","stack-trace":"count (1/2) declined it: \u001b"}})");
  EXPECT_EQ(host.run({"checkpoint", "-m", "h:8081", kId}), 4);
  EXPECT_THAT(host.complained(), HasSubstr("Could not take a checkpoint of job " + std::string(kId) +
                                           ": count (1/2) declined it: \\u001b"));
}

TEST(Checkpoint, OfAJobThatHasEndedIsRefused) {
  FakeHost host;
  host.network = [](const Question&) -> Answer { return refusal(409, "Job x has ended"); };
  EXPECT_EQ(host.run({"checkpoint", "-m", "h:8081", kId}), 4);
  EXPECT_THAT(host.complained(), HasSubstr("Job x has ended"));
}

TEST(Checkpoint, IsWaitedForUntilSomebodyInterrupts) {
  FakeHost host;
  host.network = [](const Question& question) -> Answer {
    if (question.request.method == http::Method::post) return reply(202, "{}");
    return reply(200, R"({"status":{"id":"IN_PROGRESS"},"operation":null})");
  };
  host.interrupt_at_pause = 2;
  EXPECT_EQ(host.run({"checkpoint", "-m", "h:8081", kId}), 130);
}

}  // namespace
}  // namespace stellwerk::cli
