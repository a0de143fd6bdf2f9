#include "worker/worker_ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(WorkerPorts, AreThoseOfTheLeaderOfTheMasterItselfAndOfAllThatItKnows) {
  const auto ports =
      read_worker_ports(R"({"role":"follower","rpc":"b:1","leader":{"rest":"http://a:8081","rpc":"a:1"},)"
                        R"("masters":[{"rpc":"a:1"},{"rpc":"b:1"},{"rpc":null},{"rpc":"c:1"},7]})");
  ASSERT_TRUE(ports) << ports.error().text;
  EXPECT_TRUE(ports->leader);
  EXPECT_THAT(ports->masters, ElementsAre("a:1", "b:1", "a:1", "b:1", "c:1"));
}

TEST(WorkerPorts, OfAMasterThatKnowsNobodyYet) {
  const auto ports = read_worker_ports(R"({"role":"starting","rpc":null,"leader":null,"masters":[]})");
  ASSERT_TRUE(ports);
  EXPECT_FALSE(ports->leader);
  EXPECT_THAT(ports->masters, IsEmpty());
}

TEST(WorkerPorts, OfSomethingElse) {
  EXPECT_FALSE(read_worker_ports("<html>"));
  EXPECT_FALSE(read_worker_ports("[]"));
  EXPECT_THAT(read_worker_ports("{}").error().text, HasSubstr("role"));
  const auto strange = read_worker_ports("{\"role\":\"leader\",\"rpc\":\"a\\n:1\",\"leader\":3,\"masters\":{}}");
  ASSERT_TRUE(strange);
  EXPECT_THAT(strange->masters, IsEmpty());
}

}  // namespace
}  // namespace stellwerk::worker
