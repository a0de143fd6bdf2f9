// Sessions: how they end, what closes them, who may read what.
#include <gmock/gmock.h>

#include "integration/zookeeper_client_fixture.h"
#include "support/tcp_proxy.h"

namespace stellwerk::test {
namespace {

using coordination::ZooKeeperAcl;
using coordination::ZooKeeperOptions;
using leadership::ZkChange;
using leadership::ZkCheck;
using leadership::ZkSet;
using testing::ElementsAre;
using testing::HasSubstr;

/// close() promises 2 s; a loaded machine turns the loop a little late.
constexpr Duration kClosedWithin = std::chrono::milliseconds(2500);

class ZooKeeperSessionTest : public SharedZooKeeperTest {
 protected:
  /// Cuts the client off until the server has forgotten its session, then lets it return.
  void expire(TestClient& client, TcpProxy& proxy) {
    proxy.refuse(true);
    proxy.reset_connections();
    auto other = connected();
    const std::string canary = root() + "-canary";
    ASSERT_TRUE(wait([&] { return exists(*other, canary).code == ZkCode::no_node; })) << "its session never ended";
    proxy.refuse(false);
    ASSERT_TRUE(wait([&] { return client.count("expired") == 1; }));
  }
  std::unique_ptr<TestClient> with_canary(TcpProxy& proxy) {
    auto client = ZooKeeperClientTest::connected(options(proxy.address(), std::chrono::milliseconds(600)));
    EXPECT_EQ(create(*client, root() + "-canary", "", ZkMode::ephemeral).code, ZkCode::ok);
    return client;
  }
};

TEST_F(ZooKeeperSessionTest, ClosingEndsTheSessionAtOnce) {
  auto client = connected();
  create(*client, root(), "", ZkMode::ephemeral);
  EXPECT_LT(close(*client), kClosedWithin);
  EXPECT_THAT(client->log, testing::Contains(HasSubstr("is closed")));
  auto other = connected();
  EXPECT_EQ(exists(*other, root()).code, ZkCode::no_node);
  EXPECT_THAT(client->told, ElementsAre("connected"));
}

TEST_F(ZooKeeperSessionTest, RequestsInFlightAreAnsweredBeforeCloseIsDone) {
  auto client = connected();
  std::vector<ZkCode> codes;
  for (int i = 0; i < 50; ++i) {
    (*client)->create(root() + "-", "", ZkMode::ephemeral_sequential,
                      [&](const ZkReply& reply) { codes.push_back(reply.code); });
  }
  EXPECT_LT(close(*client), kClosedWithin);
  EXPECT_EQ(codes.size(), 50u);
  EXPECT_THAT(codes, testing::Each(ZkCode::unknown));
  EXPECT_EQ(exists(*client, "/").code, ZkCode::not_sent) << "after close nothing is sent";
}

TEST_F(ZooKeeperSessionTest, ClosingWithoutEverConnecting) {
  auto client = started(options("127.0.0.1:1"));
  EXPECT_LT(close(*client), kClosedWithin);
  auto fresh = started(options(server().address()));
  EXPECT_LT(close(*fresh), kClosedWithin);
}

TEST_F(ZooKeeperSessionTest, ClosingWhileTheServerIsFrozen) {
  ZooKeeperServer own;
  const auto up = own.start();
  ASSERT_TRUE(up) << up.error().text;
  auto client = ZooKeeperClientTest::connected(options(own.address()));
  create(*client, "/brief", "", ZkMode::ephemeral);
  own.freeze();
  EXPECT_LT(close(*client), kClosedWithin);
  own.thaw();
  auto other = ZooKeeperClientTest::connected(options(own.address()));
  EXPECT_TRUE(wait([&] { return exists(*other, "/brief").code == ZkCode::no_node; })) << "it was asked to end it";
}

TEST_F(ZooKeeperSessionTest, ClosingWhileTheConnectionIsLostReturnsToEndTheSession) {
  TcpProxy proxy(server().port());
  auto client = ZooKeeperClientTest::connected(options(proxy.address(), std::chrono::seconds(30)));
  create(*client, root(), "", ZkMode::ephemeral);
  proxy.reset_connections();
  ASSERT_TRUE(wait([&] { return client->count("suspended") == 1; }));
  EXPECT_LT(close(*client), kClosedWithin);
  auto other = connected();
  EXPECT_EQ(exists(*other, root()).code, ZkCode::no_node);
}

TEST_F(ZooKeeperSessionTest, ClosingWhileNobodyAnswers) {
  TcpProxy proxy(server().port());
  auto client = ZooKeeperClientTest::connected(options(proxy.address()));
  proxy.refuse(true);
  proxy.reset_connections();
  ASSERT_TRUE(wait([&] { return client->count("suspended") == 1; }));
  EXPECT_LT(close(*client), kClosedWithin);
  EXPECT_THAT(client->told, ElementsAre("connected", "suspended")) << "nothing is told any more";
}

TEST_F(ZooKeeperSessionTest, AClosedSessionMayBeDestroyedInItsCallback) {
  auto client = connected();
  bool closed = false;
  (*client)->close([&] {
    client.reset();
    closed = true;
  });
  EXPECT_TRUE(wait([&] { return closed; }));
}

TEST_F(ZooKeeperSessionTest, DestroyingItDropsWhatIsPendingAndLeavesTheSession) {
  auto client = connected();
  create(*client, root(), "", ZkMode::ephemeral);
  for (int i = 0; i < 20; ++i) {
    (*client)->exists(
        "/", [](ZkChange) { ADD_FAILURE(); }, [](const ZkReply&) { ADD_FAILURE() << "its owner is gone"; });
    (*client)->multi({ZkCheck{"/"}}, [](const ZkReply&) { ADD_FAILURE() << "its owner is gone"; });
  }
  client.reset();
  auto other = connected();
  EXPECT_EQ(exists(*other, root()).code, ZkCode::ok) << "nobody ended the session";
}

TEST_F(ZooKeeperSessionTest, AnExpiredSessionIsToldOnceAndTakesNothingAnyMore) {
  TcpProxy proxy(server().port());
  auto client = with_canary(proxy);
  bool fired = false;
  exists(*client, root(), [&](ZkChange) { fired = true; });
  expire(*client, proxy);
  EXPECT_EQ(client->told.back(), "expired");
  EXPECT_EQ(client->count("connected"), 1u);

  EXPECT_EQ(exists(*client, "/").code, ZkCode::not_sent);
  EXPECT_EQ(multi(*client, {ZkCheck{"/"}, ZkSet{"/", ""}}).code, ZkCode::not_sent) << "the library would crash";
  auto other = connected();
  create(*other, root());
  EXPECT_FALSE(fired) << "watches end with the session";
  EXPECT_LT(close(*client), kClosedWithin);
}

TEST_F(ZooKeeperSessionTest, AnOwnerMayMakeANewSessionInsideExpired) {
  TcpProxy proxy(server().port());
  auto client = with_canary(proxy);
  const auto first = client->sessions[0].id;
  expire(*client, proxy);
  client = ZooKeeperClientTest::connected(options(proxy.address()));
  EXPECT_NE(client->sessions[0].id, first);
}

TEST_F(ZooKeeperSessionTest, CreatorNodesBelongToTheirCredentials) {
  ZooKeeperOptions ours = options(server().address());
  ours.acl = ZooKeeperAcl::creator;
  ours.digest = "stellwerk:secret";
  auto owner = ZooKeeperClientTest::connected(ours);
  EXPECT_EQ(create(*owner, root(), "mine").code, ZkCode::ok);
  EXPECT_EQ(multi(*owner, {leadership::ZkCreate{root() + "/in-multi", "mine"}}).code, ZkCode::ok);
  EXPECT_EQ(get(*owner, root()).data, "mine");

  ZooKeeperOptions wrong = ours;
  wrong.digest = "stellwerk:guess";
  for (const ZooKeeperOptions& theirs : {options(server().address()), wrong}) {
    auto stranger = ZooKeeperClientTest::connected(theirs);
    EXPECT_EQ(get(*stranger, root()).code, ZkCode::no_auth);
    EXPECT_EQ(set(*stranger, root(), "theirs").code, ZkCode::no_auth);
    EXPECT_EQ(create(*stranger, root() + "/child").code, ZkCode::no_auth);
    EXPECT_EQ(multi(*stranger, {ZkSet{root() + "/in-multi", "theirs"}}).code, ZkCode::no_auth);
    EXPECT_EQ(stranger->told, std::vector<std::string>{"connected"});
  }
  auto again = ZooKeeperClientTest::connected(ours);
  EXPECT_EQ(get(*again, root()).data, "mine");
  for (const std::string& line : again->log) EXPECT_THAT(line, testing::Not(HasSubstr("secret")));
}

TEST_F(ZooKeeperSessionTest, CredentialsAreGivenAgainAfterAReconnect) {
  TcpProxy proxy(server().port());
  ZooKeeperOptions ours = options(proxy.address(), std::chrono::seconds(30));
  ours.acl = ZooKeeperAcl::creator;
  ours.digest = "stellwerk:secret";
  auto client = ZooKeeperClientTest::connected(ours);
  create(*client, root(), "mine");
  proxy.reset_connections();
  ASSERT_TRUE(wait([&] { return client->count("connected") == 2; }));
  EXPECT_EQ(get(*client, root()).data, "mine");
}

TEST_F(ZooKeeperSessionTest, CreatorWithoutCredentialsIsRefused) {
  ZooKeeperOptions options_without = options(server().address());
  options_without.acl = ZooKeeperAcl::creator;
  auto client = started(options_without);
  ASSERT_TRUE(wait([&] { return !client->refusals.empty(); }));
  EXPECT_THAT(client->refusals[0].text, HasSubstr("needs digest credentials"));
  EXPECT_EQ(exists(*client, "/").code, ZkCode::not_sent);
  EXPECT_LT(close(*client), kClosedWithin);
}

TEST_F(ZooKeeperSessionTest, ABadQuorumTextIsRefused) {
  auto client = started(options("zk1:2181,zk2:port"));
  ASSERT_TRUE(wait([&] { return !client->refusals.empty(); }));
  EXPECT_EQ(client->refusals[0].code, Errc::invalid);
  EXPECT_THAT(client->refusals[0].text, HasSubstr("\"zk2:port\""));
  EXPECT_THAT(client->told, ElementsAre("refused"));
}

}  // namespace
}  // namespace stellwerk::test
