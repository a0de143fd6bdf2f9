#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/fake_host.h"

namespace stellwerk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kTwoWorkers[] =
    R"({"taskmanagers":[{"id":"host1:1-a","host":"host1","pid":71,"slotsNumber":4,"freeSlots":3,"version":"0.1.0",)"
    R"("timeSinceLastHeartbeat":1795243454000,"away":false,"systemLoad":0.5,"hardware":{"cpuCores":8}},)"
    R"({"id":"host2:1-b","host":"host2","pid":72,"slotsNumber":4,"freeSlots":0,"version":"0.1.0",)"
    R"("timeSinceLastHeartbeat":1795243458000,"away":true,"systemLoad":12.0,"hardware":{"cpuCores":2}}]})";

TEST(Workers, AreATable) {
  FakeHost host;
  host.network = [](const Question&) { return reply(200, kTwoWorkers); };
  EXPECT_EQ(host.run({"workers", "-m", "h:8081"}), 0);
  EXPECT_THAT(host.asked(), ElementsAre("GET http://h:8081/taskmanagers"));
  EXPECT_EQ(host.printed(),
            "ID         HOST   PID  SLOTS  FREE  STATE       HEARD     LOAD  CPUS  VERSION\n"
            "host1:1-a  host1  71   4      3     registered  3 s ago   0.5   8     0.1.0\n"
            "host2:1-b  host2  72   4      0     away        0 ms ago  12    2     0.1.0\n");
  EXPECT_EQ(host.complained(), "");
}

TEST(Workers, ShowLabelsWhereThereAreSome) {
  FakeHost host;
  host.network = [](const Question&) {
    return reply(200, R"({"taskmanagers":[{"id":"a","slotsNumber":1,"freeSlots":1,"timeSinceLastHeartbeat":0,)"
                      R"("labels":["gpu","zone=a"]},)"
                      R"({"id":"b","slotsNumber":1,"freeSlots":1,"timeSinceLastHeartbeat":0,"labels":[]}]})");
  };
  EXPECT_EQ(host.run({"workers", "-m", "h:8081"}), 0);
  EXPECT_THAT(host.printed(), HasSubstr("VERSION  LABELS\n"));
  EXPECT_THAT(host.printed(), HasSubstr("  gpu,zone=a\n"));
}

TEST(Workers, WithColoursOnATerminal) {
  FakeHost host;
  host.colours = true;
  host.network = [](const Question&) { return reply(200, kTwoWorkers); };
  EXPECT_EQ(host.run({"workers", "-m", "h:8081"}), 0);
  EXPECT_THAT(host.printed(), HasSubstr("\x1b[33maway\x1b[0m"));
}

TEST(Workers, AsJsonAreWhatTheMasterSaid) {
  FakeHost host;
  host.network = [](const Question&) { return reply(200, kTwoWorkers, {{"Stellwerk-Stale-Ms", "4000"}}); };
  EXPECT_EQ(host.run({"workers", "--json", "-m", "h:8081"}), 0);
  EXPECT_EQ(host.printed(), std::string(kTwoWorkers) + "\n");
  EXPECT_EQ(host.complained(), "The leader does not answer; this is what was known 4 s ago.\n");
}

TEST(Workers, NoneAreNoFault) {
  FakeHost host;
  host.network = [](const Question&) { return reply(200, R"({"taskmanagers":[]})"); };
  EXPECT_EQ(host.run({"workers", "-m", "h:8081"}), 0);
  EXPECT_EQ(host.printed(), "No workers are registered.\n");
}

TEST(Workers, WithoutAMasterNobodyCanTell) {
  FakeHost host;
  EXPECT_EQ(host.run({"workers", "-m", "h:8081"}), 2);
  host.network = [](const Question&) { return reply(200, R"({"taskmanagers":[{"id":"x"}]})"); };
  EXPECT_EQ(host.run({"workers", "-m", "h:8081"}), 2);
  EXPECT_THAT(host.complained(), HasSubstr("No master answered as one would"));
  EXPECT_EQ(host.printed(), "");
}

}  // namespace
}  // namespace stellwerk::cli
