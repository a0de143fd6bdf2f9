#include "coordination/zookeeper_servers.h"

#include <gmock/gmock.h>

namespace stellwerk::coordination {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

class ZooKeeperServersTest : public testing::Test {
 protected:
  static ZooKeeperServers make(const std::string& quorum, std::uint64_t seed = 0) {
    return {*parse_zookeeper_quorum(quorum), seed};
  }
  std::string next(ZooKeeperServers& servers) {
    const auto server = servers.next(now);
    return server ? server->address : "none";
  }
  /// What is tried and fails until a pause.
  std::vector<std::string> round(ZooKeeperServers& servers) {
    std::vector<std::string> tried;
    for (auto server = servers.next(now); server; server = servers.next(now)) {
      tried.push_back(server->address);
      servers.failed("Connection refused", now);
    }
    return tried;
  }

  Time now{seconds(1000)};
};

TEST_F(ZooKeeperServersTest, ARoundTriesEachServerOnceAndThenPauses) {
  for (const char* quorum : {"10.0.0.1", "10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4"}) {
    auto servers = make(quorum);
    const auto first = round(servers);
    EXPECT_EQ(first.size(), std::set<std::string>(first.begin(), first.end()).size());
    EXPECT_EQ(first.size(), parse_zookeeper_quorum(quorum)->size());
    ASSERT_EQ(servers.next_change(), now + kRoundPauseFirst);
    now += kRoundPauseFirst;
    EXPECT_EQ(round(servers).size(), first.size());
  }
}

TEST_F(ZooKeeperServersTest, PausesDoubleUpToTheLast) {
  auto servers = make("10.0.0.1");
  std::vector<Duration> pauses;
  for (int i = 0; i < 20; ++i) {
    round(servers);
    pauses.push_back(*servers.next_change() - now);
    now = *servers.next_change();
  }
  EXPECT_EQ(pauses[0], kRoundPauseFirst);
  EXPECT_EQ(pauses[1], 2 * kRoundPauseFirst);
  EXPECT_EQ(pauses.back(), kRoundPauseLast);
}

TEST_F(ZooKeeperServersTest, SeedsSpreadTheFirstChoice) {
  std::set<std::string> firsts;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    auto servers = make("10.0.0.1,10.0.0.2,10.0.0.3", seed);
    firsts.insert(next(servers));
  }
  EXPECT_EQ(firsts.size(), 3u);
}

TEST_F(ZooKeeperServersTest, PortsTellServersOfOneHostApart) {
  auto servers = make("127.0.0.1:1,127.0.0.1:2,[::1]:3");
  EXPECT_THAT(round(servers), ElementsAre("127.0.0.1:1", "127.0.0.1:2", "::1:3"));
}

TEST_F(ZooKeeperServersTest, AfterALossTheOthersComeFirstAndAtOnce) {
  auto servers = make("10.0.0.1,10.0.0.2,10.0.0.3");
  EXPECT_EQ(next(servers), "10.0.0.1:2181");
  servers.established(now);
  now += seconds(5);
  servers.lost("closed the connection", now);
  EXPECT_THAT(round(servers), ElementsAre("10.0.0.2:2181", "10.0.0.3:2181", "10.0.0.1:2181"));
}

TEST_F(ZooKeeperServersTest, WhoThrowsUsOutAtOnceIsNotAskedInABusyLoop) {
  auto servers = make("10.0.0.1");
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(next(servers), "10.0.0.1:2181");
    servers.established(now);
    servers.lost("closed the connection", now);
    EXPECT_EQ(next(servers), "none");
    now = *servers.next_change();
  }
  EXPECT_EQ(next(servers), "10.0.0.1:2181");
  servers.established(now);
  servers.lost("closed the connection", now);
  EXPECT_EQ(*servers.next_change() - now, kRoundPauseLast);
}

TEST_F(ZooKeeperServersTest, AttemptsBeginShortAndLeaveTimeForAllServers) {
  auto servers = make("10.0.0.1,10.0.0.2");
  EXPECT_EQ(servers.attempt_limit(seconds(60)), kFirstAttemptMax);
  EXPECT_EQ(servers.attempt_limit(milliseconds(600)), milliseconds(100));
  for (int i = 0; i < 10; ++i) {
    round(servers);
    now = *servers.next_change();
  }
  EXPECT_EQ(servers.attempt_limit(seconds(60)), seconds(10));
}

TEST_F(ZooKeeperServersTest, NamesAreLookedUpOnceAndUsedWhenKnown) {
  auto servers = make("zk1,zk2:1,zk2:2");
  EXPECT_EQ(next(servers), "none");
  EXPECT_THAT(servers.names_to_look_up(now), ElementsAre("zk1", "zk2"));
  EXPECT_THAT(servers.names_to_look_up(now), ElementsAre()) << "both are under way";
  EXPECT_EQ(servers.next_change(), std::nullopt) << "only an answer brings something new";
  servers.looked_up("zk2", std::vector<std::string>{"10.0.0.2", "fe80::2"}, now);
  EXPECT_THAT(round(servers), ElementsAre("10.0.0.2:1", "fe80::2:1", "10.0.0.2:2", "fe80::2:2"));
}

TEST_F(ZooKeeperServersTest, ANameThatHangsHoldsUpNobody) {
  auto servers = make("slow,10.0.0.1");
  EXPECT_THAT(servers.names_to_look_up(now), ElementsAre("slow"));
  EXPECT_EQ(next(servers), "10.0.0.1:2181");
  servers.looked_up("slow", std::vector<std::string>{"10.0.0.9"}, now);
  servers.failed("does not answer", now);
  EXPECT_EQ(next(servers), "10.0.0.9:2181") << "in the same round";
}

TEST_F(ZooKeeperServersTest, FailedLookUpsAreRepeatedWithAGrowingWaitAndOldAddressesStay) {
  auto servers = make("zk1");
  servers.names_to_look_up(now);
  servers.looked_up("zk1", std::vector<std::string>{"10.0.0.1"}, now);
  now += kLookupAgain;
  EXPECT_THAT(servers.names_to_look_up(now), ElementsAre("zk1"));
  std::vector<Duration> waits;
  for (int i = 0; i < 6; ++i) {
    servers.looked_up("zk1", make_error(Errc::unavailable, "Name or service not known"), now);
    EXPECT_EQ(round(servers).size(), 1u);
    Time due = now;
    while (servers.names_to_look_up(due).empty()) due += milliseconds(100);
    waits.push_back(due - now);
    now = due;
  }
  EXPECT_EQ(waits.front(), kLookupRetryFirst);
  EXPECT_EQ(waits.back(), kLookupAgain);
}

TEST_F(ZooKeeperServersTest, AfterALossNamesAreLookedUpAgainAtOnce) {
  auto servers = make("zk1");
  servers.names_to_look_up(now);
  servers.looked_up("zk1", std::vector<std::string>{"10.0.0.1"}, now);
  next(servers);
  servers.established(now);
  now += seconds(2);
  EXPECT_THAT(servers.names_to_look_up(now), ElementsAre());
  servers.lost("closed the connection", now);
  EXPECT_THAT(servers.names_to_look_up(now), ElementsAre("zk1"));
}

TEST_F(ZooKeeperServersTest, ARoundEndsAlsoWhenAddressesVanish) {
  auto servers = make("zk1");
  servers.names_to_look_up(now);
  servers.looked_up("zk1", std::vector<std::string>{"10.0.0.1", "10.0.0.2"}, now);
  EXPECT_EQ(next(servers), "10.0.0.1:2181");
  now += kLookupAgain;
  servers.names_to_look_up(now);
  servers.looked_up("zk1", std::vector<std::string>{"10.0.0.7"}, now);
  servers.failed("does not answer", now);
  EXPECT_EQ(next(servers), "10.0.0.7:2181");
  servers.failed("does not answer", now);
  EXPECT_EQ(next(servers), "none");
}

TEST_F(ZooKeeperServersTest, DescribesEveryMember) {
  auto servers = make("10.0.0.1:1,zk2,zk3,10.0.0.4");
  servers.names_to_look_up(now);
  servers.looked_up("zk2", make_error(Errc::unavailable, "Name or service not known"), now);
  next(servers);
  servers.failed("Connection refused", now);
  EXPECT_EQ(servers.describe(),
            "10.0.0.1:1: Connection refused, zk2:2181: its name cannot be looked up (Name or service not known), "
            "zk3:2181: its name is being looked up, 10.0.0.4:2181: being tried");
}

TEST_F(ZooKeeperServersTest, DescriptionsStayShort) {
  std::string quorum = "10.0.0.1";
  for (int i = 2; i <= 64; ++i) quorum += ",10.0.0." + std::to_string(i);
  EXPECT_THAT(make(quorum).describe(), testing::EndsWith(", 56 more"));
}

}  // namespace
}  // namespace stellwerk::coordination
