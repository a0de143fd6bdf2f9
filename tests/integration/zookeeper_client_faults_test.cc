// What networks and servers do to a session that lives.
#include <gmock/gmock.h>

#include "integration/zookeeper_client_fixture.h"
#include "support/tcp_proxy.h"

namespace stellwerk::test {
namespace {

using leadership::ZkChange;
using leadership::ZkCreate;
using leadership::ZkSet;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Duration kLongSession = std::chrono::seconds(30);

class ZooKeeperFaultsTest : public SharedZooKeeperTest {
 protected:
  void SetUp() override {
    SharedZooKeeperTest::SetUp();
    if (HasFatalFailure()) return;
    proxy = std::make_unique<TcpProxy>(server().port());
    direct = connected();
  }
  std::unique_ptr<TestClient> through_proxy(Duration timeout = kLongSession) {
    return ZooKeeperClientTest::connected(options(proxy->address(), timeout));
  }
  bool reconnected(TestClient& client, std::size_t times = 2) {
    return wait([&] { return client.count("connected") == times; });
  }

  std::unique_ptr<TcpProxy> proxy;
  std::unique_ptr<TestClient> direct;  ///< sees what is really there
};

TEST_F(ZooKeeperFaultsTest, ALostConnectionKeepsTheSession) {
  auto client = through_proxy();
  create(*client, root(), "", ZkMode::ephemeral);
  for (const bool reset : {true, false}) {
    reset ? proxy->reset_connections() : proxy->finish_connections();
    ASSERT_TRUE(reconnected(*client, reset ? 2 : 3));
  }
  EXPECT_THAT(client->told, ElementsAre("connected", "suspended", "connected", "suspended", "connected"));
  EXPECT_EQ(client->sessions[2].id, client->sessions[0].id);
  EXPECT_EQ(client->sessions[2].password, client->sessions[0].password);
  EXPECT_EQ(exists(*client, root()).stat.ephemeral_owner, client->sessions[0].id);
}

TEST_F(ZooKeeperFaultsTest, WithoutAConnectionNothingIsSentNorKeptForLater) {
  auto client = through_proxy();
  proxy->refuse(true);
  proxy->reset_connections();
  ASSERT_TRUE(wait([&] { return client->count("suspended") >= 1; }));
  EXPECT_EQ(create(*client, root()).code, ZkCode::not_sent);
  EXPECT_EQ(multi(*client, {ZkCreate{root(), ""}}).code, ZkCode::not_sent);
  EXPECT_EQ(answer([&](auto done) { (*client)->sync("/", std::move(done)); }).code, ZkCode::not_sent);
  proxy->refuse(false);
  ASSERT_TRUE(reconnected(*client));
  EXPECT_EQ(exists(*client, root()).code, ZkCode::no_node);
}

TEST_F(ZooKeeperFaultsTest, ALostReplyIsUnknownAndItHappened) {
  auto client = through_proxy();
  proxy->lose_next_reply();
  EXPECT_EQ(create(*client, root(), "really").code, ZkCode::unknown);
  ASSERT_TRUE(reconnected(*client));
  EXPECT_EQ(get(*client, root()).data, "really");
  EXPECT_EQ(client->sessions[1].id, client->sessions[0].id);

  proxy->lose_next_reply();
  const ZkReply reply = multi(*client, {ZkSet{root(), "twice", 0}, ZkCreate{root() + "/child", ""}});
  EXPECT_EQ(reply.code, ZkCode::unknown);
  ASSERT_TRUE(reconnected(*client, 3));
  EXPECT_EQ(get(*client, root()).data, "twice");
}

TEST_F(ZooKeeperFaultsTest, ACutMidRequestIsUnknownForAllInFlightAndNothingIsRepeated) {
  auto client = through_proxy();
  create(*client, root());
  proxy->hold_replies(true);
  std::vector<ZkCode> codes;
  for (int i = 0; i < 20; ++i) {
    (*client)->create(root() + "/n-", "", ZkMode::ephemeral_sequential,
                      [&](const ZkReply& reply) { codes.push_back(reply.code); });
  }
  ASSERT_TRUE(wait([&] { return list(*direct, root()).children.size() == 20; }));
  EXPECT_TRUE(codes.empty());
  proxy->reset_connections();
  proxy->hold_replies(false);
  ASSERT_TRUE(wait([&] { return codes.size() == 20; }));
  EXPECT_THAT(codes, testing::Each(ZkCode::unknown));
  ASSERT_TRUE(reconnected(*client));
  EXPECT_EQ(list(*client, root()).children.size(), 20u);
}

/// The connection is reset between two turns of the loop, so that the library meets it while it sends:
/// it then closes the socket silently and would send the old requests again on the next connection.
TEST_F(ZooKeeperFaultsTest, RequestsThatMeetADeadSocketAreNotSentLater) {
  auto client = through_proxy();
  create(*client, root());
  for (std::size_t round = 1; round <= 5; ++round) {
    proxy->reset_connections();
    std::size_t answered = 0;
    for (int i = 0; i < 8; ++i) {
      (*client)->create(root() + "/n-", std::string(1000, 'x'), ZkMode::ephemeral_sequential,
                        [&](const ZkReply& reply) {
                          EXPECT_TRUE(reply.code == ZkCode::unknown || reply.code == ZkCode::not_sent);
                          ++answered;
                        });
    }
    ASSERT_TRUE(wait([&] { return answered == 8; }));
    ASSERT_TRUE(reconnected(*client, round + 1)) << client->details.back();
    EXPECT_EQ(exists(*client, root()).code, ZkCode::ok);
  }
  EXPECT_EQ(list(*direct, root()).children.size(), 0u);
  EXPECT_EQ(client->sessions.back().id, client->sessions[0].id);
}

TEST_F(ZooKeeperFaultsTest, WatchesSurviveAReconnectAndTellWhatWasMissed) {
  auto client = through_proxy();
  create(*client, root());
  std::vector<std::string> fired;
  get(*client, root(), [&](ZkChange) { fired.push_back("get"); });
  list(*client, root(), [&](ZkChange) { fired.push_back("list"); });
  exists(*client, root() + "/later", [&](ZkChange) { fired.push_back("later"); });
  exists(*client, root() + "/never", [&](ZkChange) { fired.push_back("never"); });
  proxy->refuse(true);
  proxy->reset_connections();
  ASSERT_TRUE(wait([&] { return client->count("suspended") >= 1; }));
  set(*direct, root(), "missed");
  create(*direct, root() + "/later");
  proxy->refuse(false);
  ASSERT_TRUE(wait([&] { return fired.size() == 3; }));
  EXPECT_THAT(fired, testing::UnorderedElementsAre("get", "list", "later"));
  create(*direct, root() + "/never");
  EXPECT_TRUE(wait([&] { return fired.size() == 4; })) << "what had not fired still stands";
  set(*direct, root(), "again");
  exists(*client, root());
  EXPECT_EQ(fired.size(), 4u);
}

TEST_F(ZooKeeperFaultsTest, AServerThatFallsSilentIsGivenUpBeforeItCostsTheSession) {
  auto client = through_proxy(std::chrono::seconds(6));
  proxy->hold_replies(true);
  proxy->stall(true);
  const Time asked = loop.executor().now();
  EXPECT_EQ(create(*client, root(), "happened").code, ZkCode::unknown);
  EXPECT_LT(loop.executor().now() - asked, std::chrono::seconds(4)) << "a third of the timeout, not two";
  EXPECT_THAT(client->log, testing::Contains(HasSubstr("did not answer a request for 2000 ms")));
  proxy->stall(false);
  proxy->hold_replies(false);
  proxy->reset_connections();
  ASSERT_TRUE(reconnected(*client));
  EXPECT_EQ(client->sessions[1].id, client->sessions[0].id);
  EXPECT_EQ(get(*client, root()).data, "happened");
}

TEST_F(ZooKeeperFaultsTest, AnIdleConnectionThatFallsSilentIsGivenUpToo) {
  auto client = through_proxy(std::chrono::seconds(3));
  proxy->hold_replies(true);
  ASSERT_TRUE(wait([&] { return client->count("suspended") >= 1; }));
  EXPECT_THAT(client->details[0], HasSubstr("was silent for 1500 ms"));
  proxy->hold_replies(false);
  ASSERT_TRUE(reconnected(*client));
  EXPECT_EQ(client->sessions[1].id, client->sessions[0].id);
}

TEST_F(ZooKeeperFaultsTest, AnIdleSessionIsKeptByPings) {
  auto client = through_proxy(std::chrono::milliseconds(900));
  create(*client, root(), "", ZkMode::ephemeral);
  loop.run_for(std::chrono::seconds(4));
  EXPECT_EQ(exists(*client, root()).stat.ephemeral_owner, client->sessions[0].id);
  EXPECT_EQ(client->count("expired"), 0u);
}

TEST_F(ZooKeeperFaultsTest, SlowRepliesAreNoFault) {
  auto client = through_proxy(std::chrono::seconds(6));
  proxy->delay(std::chrono::milliseconds(150), std::chrono::milliseconds(150));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(exists(*client, "/").code, ZkCode::ok);
  EXPECT_THAT(client->told, ElementsAre("connected"));
}

/// The test does not turn the loop for longer than every deadline of the client, while answers wait in
/// its socket: as a process does that was stopped.
TEST_F(ZooKeeperFaultsTest, OwnLatenessIsNotTheServersFault) {
  auto client = through_proxy(std::chrono::seconds(6));
  std::size_t answered = 0;
  for (int i = 0; i < 10; ++i) {
    (*client)->exists("/", nullptr, [&](const ZkReply& reply) {
      EXPECT_EQ(reply.code, ZkCode::ok);
      ++answered;
    });
  }
  const Time until = loop.executor().now() + std::chrono::milliseconds(3200);
  while (loop.executor().now() < until) server().ask("ruok");
  ASSERT_TRUE(wait([&] { return answered == 10; }));
  EXPECT_THAT(client->told, ElementsAre("connected"));
}

class ZooKeeperRestartTest : public ZooKeeperClientTest {
 protected:
  void SetUp() override {
    const auto up = server.start();
    ASSERT_TRUE(up) << up.error().text;
  }
  ZooKeeperServer server;
};

TEST_F(ZooKeeperRestartTest, AFrozenServerSuspendsAndTheSameSessionResumes) {
  auto client = connected(options(server.address(), std::chrono::seconds(8)));
  create(*client, "/mine", "", ZkMode::ephemeral);
  server.freeze();
  EXPECT_EQ(set(*client, "/mine", "1").code, ZkCode::unknown);
  ASSERT_TRUE(wait([&] { return client->count("suspended") >= 1; }));
  EXPECT_EQ(exists(*client, "/").code, ZkCode::not_sent);
  ASSERT_TRUE(wait(
      [&] { return !client->details.empty() && client->details.back().find("does not answer") != std::string::npos; }));
  server.thaw();
  ASSERT_TRUE(wait([&] { return client->count("connected") == 2; }));
  EXPECT_EQ(client->sessions[1].id, client->sessions[0].id);
  EXPECT_EQ(exists(*client, "/mine").stat.ephemeral_owner, client->sessions[0].id);
  EXPECT_EQ(client->count("expired"), 0u);
}

TEST_F(ZooKeeperRestartTest, ARestartKeepsTheSession) {
  auto client = connected(options(server.address(), std::chrono::seconds(40)));
  create(*client, "/mine", "kept", ZkMode::ephemeral);
  bool fired = false;
  get(*client, "/mine", [&](ZkChange) { fired = true; });
  server.kill();
  ASSERT_TRUE(wait([&] { return client->count("suspended") >= 1; }));
  const auto up = server.start();
  ASSERT_TRUE(up) << up.error().text;
  ASSERT_TRUE(wait([&] { return client->count("connected") == 2; }));
  EXPECT_EQ(client->sessions[1].id, client->sessions[0].id);
  EXPECT_EQ(get(*client, "/mine").data, "kept");
  EXPECT_FALSE(fired);
  set(*client, "/mine", "changed");
  EXPECT_TRUE(wait([&] { return fired; }));
}

TEST_F(ZooKeeperRestartTest, AnEmptiedServerHasNotHeardOfTheSession) {
  auto client = connected(options(server.address()));
  server.kill();
  server.wipe_data();
  const auto up = server.start();
  ASSERT_TRUE(up) << up.error().text;
  EXPECT_TRUE(wait([&] { return client->count("expired") == 1; }));
}

/// A server that lost its newest transactions refuses clients that have seen them: nobody reads the past.
TEST_F(ZooKeeperRestartTest, AServerRestoredFromAnOlderCopyIsRefusedByWhoHasSeenMore) {
  auto client = connected(options(server.address()));
  create(*client, "/before");
  server.kill();
  server.save_data("older");
  ASSERT_TRUE(server.start());
  ASSERT_TRUE(wait([&] { return client->count("connected") == 2; }));
  for (int i = 0; i < 5; ++i) set(*client, "/before", std::to_string(i));
  server.kill();
  server.restore_data("older");
  const auto up = server.start();
  ASSERT_TRUE(up) << up.error().text;
  auto fresh = connected(options(server.address()));
  EXPECT_EQ(get(*fresh, "/before").data, "");
  EXPECT_EQ(client->count("connected"), 2u);
  EXPECT_EQ(client->told.back(), "suspended");
  EXPECT_THAT(client->details.back(), HasSubstr("closed the connection"));
}

}  // namespace
}  // namespace stellwerk::test
