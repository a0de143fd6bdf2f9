#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/fake_host.h"

namespace stellwerk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kJobs[] = R"({"jobs":[
 {"jid":"0cf0c797d433154e115ad5d6c0768793","name":"CarTopSpeedWindowingExample","start-time":1795243414000,"state":"CANCELED"},
 {"jid":"2d8a2427a02ff7d7ce4fb2031a90bef1","name":"CarTopSpeedWindowingExample","start-time":1795243462000,"state":"RUNNING"},
 {"jid":"8490fe168aae74a1381aa847cc8ebd9e","name":"cli-a","start-time":1795243457000,"state":"RESTARTING"},
 {"jid":"2366be2872fc91ad9074c60c14221cea","name":"tiny-a","start-time":1795243411000,"state":"FINISHED","more":1}]})";
constexpr char kScheduled[] = R"({"jobs":[
 {"jid":"8490fe168aae74a1381aa847cc8ebd9e","name":"cli-a","start-time":1795243457000,"state":"CREATED"}]})";

constexpr char kRunningLines[] =
    "------------------ Running/Restarting Jobs -------------------\n"
    "21.11.2026 06:44:17 : 8490fe168aae74a1381aa847cc8ebd9e : cli-a (RESTARTING)\n"
    "21.11.2026 06:44:22 : 2d8a2427a02ff7d7ce4fb2031a90bef1 : CarTopSpeedWindowingExample (RUNNING)\n"
    "--------------------------------------------------------------\n";
constexpr char kEndedLines[] =
    "---------------------- Terminated Jobs -----------------------\n"
    "21.11.2026 06:43:31 : 2366be2872fc91ad9074c60c14221cea : tiny-a (FINISHED)\n"
    "21.11.2026 06:43:34 : 0cf0c797d433154e115ad5d6c0768793 : CarTopSpeedWindowingExample (CANCELED)\n"
    "--------------------------------------------------------------\n";
constexpr char kWaiting[] = "Waiting for response...\n";

std::string list(const std::string& jobs, std::vector<std::string> options) {
  FakeHost host;
  host.network = [&](const Question&) -> Answer { return reply(200, jobs); };
  options.insert(options.begin(), {"list", "-m", "h:8081"});
  EXPECT_EQ(host.run(options), 0);
  EXPECT_EQ(host.complained(), "");
  EXPECT_THAT(host.asked(), ElementsAre("GET http://h:8081/jobs/overview"));
  return host.printed();
}

TEST(List, PrintsFlinksLines) {
  EXPECT_EQ(list(kJobs, {}), std::string(kWaiting) + kRunningLines + "No scheduled jobs.\n");
  EXPECT_EQ(list(kJobs, {"-r"}), std::string(kWaiting) + kRunningLines);
  EXPECT_EQ(list(kJobs, {"-s"}), std::string(kWaiting) + "No scheduled jobs.\n");
  EXPECT_EQ(list(kJobs, {"-r", "-s"}), std::string(kWaiting) + kRunningLines + "No scheduled jobs.\n");
  EXPECT_EQ(list(kJobs, {"-a"}), std::string(kWaiting) + kRunningLines + "No scheduled jobs.\n" + kEndedLines);
  const std::string none = std::string(kWaiting) + "No running jobs.\nNo scheduled jobs.\n";
  EXPECT_EQ(list(R"({"jobs":[]})", {}), none);
  EXPECT_EQ(list(R"({"jobs":[]})", {"-a"}), none);
  EXPECT_EQ(list(kScheduled, {}), std::string(kWaiting) +
                                      "No running jobs.\n"
                                      "----------------------- Scheduled Jobs -----------------------\n"
                                      "21.11.2026 06:44:17 : 8490fe168aae74a1381aa847cc8ebd9e : cli-a (CREATED)\n"
                                      "--------------------------------------------------------------\n");
}

TEST(List, NamesCannotWriteToTheTerminal) {
  const std::string printed =
      list(R"({"jobs":[{"jid":"x","name":"a\u001b[2J\nb","start-time":0,"state":"RUNNING"}]})", {});
  EXPECT_THAT(printed, Not(HasSubstr("\x1b")));
  EXPECT_THAT(printed, Not(HasSubstr("\nb")));
}

TEST(List, AsJson) {
  EXPECT_EQ(
      list(kScheduled, {"--json"}),
      R"([{"jid":"8490fe168aae74a1381aa847cc8ebd9e","name":"cli-a","start-time":1795243457000,"state":"CREATED"}])"
      "\n");
  EXPECT_EQ(list(kJobs, {"--json", "-s"}), "[]\n");
}

TEST(List, OfNobody) {
  FakeHost host;
  EXPECT_EQ(host.run({"list", "-m", "h:1"}), 2);
  EXPECT_EQ(host.printed(), kWaiting);
  EXPECT_EQ(host.complained(),
            "No master answers at http://h:1 (http://h:1: Connection refused).\n"
            "stellwerk ps lists the masters of this machine; -m HOST:PORT asks one elsewhere, at its REST port.\n");
}

TEST(List, OfAServerThatIsNoMaster) {
  for (const char* body : {"<html>", "{}", R"({"jobs":[1]})", R"({"jobs":[{"jid":"x"}]})"}) {
    FakeHost host;
    host.network = [&](const Question&) -> Answer { return reply(200, body); };
    EXPECT_EQ(host.run({"list", "-m", "h:1"}), 2) << body;
    EXPECT_THAT(host.complained(), HasSubstr("No master answered as one would"));
  }
}

constexpr char kId[] = "2d8a2427a02ff7d7ce4fb2031a90bef1";

TEST(Cancel, PrintsFlinksLines) {
  FakeHost host;
  host.network = [](const Question&) -> Answer { return reply(202, "{}"); };
  EXPECT_EQ(host.run({"cancel", "-m", "h:8081", kId}), 0);
  EXPECT_EQ(host.printed(),
            "Cancelling job 2d8a2427a02ff7d7ce4fb2031a90bef1.\nCancelled job 2d8a2427a02ff7d7ce4fb2031a90bef1.\n");
  EXPECT_THAT(host.asked(), ElementsAre("PATCH http://h:8081/jobs/2d8a2427a02ff7d7ce4fb2031a90bef1?mode=cancel"));
}

TEST(Cancel, OfNoJobId) {
  FakeHost host;
  EXPECT_EQ(host.run({"cancel", "xyz"}), 1);
  EXPECT_EQ(host.complained(),
            "Cannot parse JobID from \"xyz\". The expected format is [0-9a-fA-F]{32}, e.g. "
            "fd72014d4c864993a2e5a9287b4a9c5d.\n\n"
            "Use the help option (-h or --help) to get help on the command.\n");
  EXPECT_TRUE(host.questions.empty());
}

TEST(Cancel, ThatIsRefused) {
  FakeHost host;
  host.network = [](const Question&) -> Answer { return refusal(404, "Job could not be found."); };
  EXPECT_EQ(host.run({"cancel", "-m", "h:8081", kId}), 4);
  EXPECT_EQ(host.complained(),
            "Could not cancel job 2d8a2427a02ff7d7ce4fb2031a90bef1: Job could not be found.\n"
            "stellwerk list -a shows the jobs that there are.\n");
}

TEST(Cancel, OfUnknownOutcome) {
  FakeHost host;
  host.network = [](const Question&) -> Answer { return lost_connection(); };
  EXPECT_EQ(host.run({"cancel", "-m", "h:8081", "-Dclient.timeout=2 s", kId}), 3);
  EXPECT_THAT(host.complained(), HasSubstr("The outcome is unknown"));
}

}  // namespace
}  // namespace stellwerk::cli
