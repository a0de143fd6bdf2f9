// Several servers: dead ones, unknown ones, slow ones, and an ensemble that loses members.
#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "integration/zookeeper_client_fixture.h"
#include "support/tcp_proxy.h"

namespace stellwerk::test {
namespace {

using testing::HasSubstr;

/// An address that takes no connection and refuses none, like a host that is switched off: a listener
/// whose queue is full.
class BlackHole {
 public:
  BlackHole() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, raw, size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, raw, &size), 0);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 4; ++i) {
      fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(fillers_.back(), raw, size);
    }
  }
  ~BlackHole() {
    for (const int fd : fillers_) ::close(fd);
    ::close(listener_);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_;
  std::vector<int> fillers_;
  std::uint16_t port_ = 0;
};

class ZooKeeperQuorumTest : public SharedZooKeeperTest {
 protected:
  std::string port() const { return std::to_string(server().port()); }
};

TEST_F(ZooKeeperQuorumTest, DeadSilentUnknownAndSlowMembersDoNotHoldUpTheGoodOne) {
  BlackHole switched_off;
  TcpProxy silent(server().port());
  silent.stall(true);
  resolver.answers.emplace("zk-unknown", make_error(Errc::unavailable, "Name or service not known"));
  resolver.answers.emplace("zk-good", coordination::Resolver::Addresses{"127.0.0.1"});
  const std::string quorum =
      "127.0.0.1:1," + switched_off.address() + "," + silent.address() + ",zk-unknown,zk-slow:2182,zk-good:" + port();
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    auto ours = options(quorum);
    ours.seed = seed;
    const Time begin = loop.executor().now();
    auto client = ZooKeeperClientTest::connected(ours);
    EXPECT_LT(loop.executor().now() - begin, std::chrono::seconds(5)) << "seed " << seed;
    EXPECT_EQ(exists(*client, "/").code, ZkCode::ok);
    EXPECT_LT(close(*client), std::chrono::milliseconds(2500));
  }
  EXPECT_EQ(resolver.asked["zk-slow"], 6) << "once per client, because it never answered";
}

TEST_F(ZooKeeperQuorumTest, AServerThatIsSwitchedOffIsNamed) {
  BlackHole switched_off;
  auto client = started(options(switched_off.address()));
  ASSERT_TRUE(wait([&] { return !client->details.empty(); }));
  EXPECT_THAT(client->details[0], HasSubstr(switched_off.address() + ": does not answer"));
  EXPECT_LT(close(*client), std::chrono::milliseconds(2500));
}

TEST_F(ZooKeeperQuorumTest, OnlyNamesThatAreNotKnownYet) {
  auto client = started(options("zk-late:" + port()));
  ASSERT_TRUE(wait([&] { return !client->details.empty(); }));
  EXPECT_THAT(client->details[0], HasSubstr("zk-late:" + port() + ": its name is being looked up"));
  EXPECT_EQ(exists(*client, "/").code, ZkCode::not_sent);
  EXPECT_LT(close(*client), std::chrono::milliseconds(2500));
}

TEST_F(ZooKeeperQuorumTest, ANameThatIsThereLaterIsFound) {
  resolver.answers.emplace("zk-late", make_error(Errc::unavailable, "Name or service not known"));
  auto client = started(options("zk-late:" + port()));
  ASSERT_TRUE(wait([&] { return !client->details.empty(); }));
  EXPECT_THAT(client->details[0], HasSubstr("its name cannot be looked up (Name or service not known)"));
  resolver.answers.at("zk-late") = coordination::Resolver::Addresses{"127.0.0.1"};
  ASSERT_TRUE(wait([&] { return client->count("connected") == 1; }));
}

TEST_F(ZooKeeperQuorumTest, AMemberThatMovedIsFoundAgain) {
  auto old_host = std::make_unique<TcpProxy>(server().port());
  const std::uint16_t one_port = old_host->port();
  TcpProxy new_host(server().port(), "127.0.0.2", one_port);
  resolver.answers.emplace("zk1", coordination::Resolver::Addresses{"127.0.0.1"});
  const auto ours = options("zk1:" + std::to_string(one_port), std::chrono::seconds(30));
  auto client = ZooKeeperClientTest::connected(ours);
  resolver.answers.at("zk1") = coordination::Resolver::Addresses{"127.0.0.2"};
  old_host.reset();
  ASSERT_TRUE(wait([&] { return client->count("connected") == 2; })) << client->details.back();
  EXPECT_EQ(client->sessions[1].id, client->sessions[0].id);
  EXPECT_EQ(new_host.accepted(), 1u);
}

TEST_F(ZooKeeperQuorumTest, AnUnreachableQuorumThatAppears) {
  ZooKeeperServer late;
  auto client = started(options(late.address()));
  ASSERT_TRUE(wait([&] { return !client->details.empty(); }));
  EXPECT_THAT(client->details[0], testing::StartsWith("no connection to ZooKeeper since 20"));
  EXPECT_THAT(client->details[0], HasSubstr(late.address() + ": Connection refused"));
  EXPECT_EQ(exists(*client, "/").code, ZkCode::not_sent);
  loop.run_for(std::chrono::seconds(3));
  EXPECT_EQ(client->details.size(), 1u) << "nothing has changed, so nothing is told";
  EXPECT_LT(client->log.size(), 60u) << "the pause between rounds grows";
  const auto up = late.start();
  ASSERT_TRUE(up) << up.error().text;
  ASSERT_TRUE(wait([&] { return client->count("connected") == 1; }));
  EXPECT_EQ(exists(*client, "/").code, ZkCode::ok);
}

TEST_F(ZooKeeperQuorumTest, AnotherProtocolIsNotTakenForASession) {
  TcpProxy elsewhere(server().port());
  elsewhere.greet("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  auto client = started(options(elsewhere.address()));
  ASSERT_TRUE(wait([&] { return !client->details.empty(); }));
  EXPECT_THAT(client->details.back(), HasSubstr(elsewhere.address() + ": does not speak ZooKeeper's protocol"));
  EXPECT_EQ(client->count("connected"), 0u);
  elsewhere.greet("");
  ASSERT_TRUE(wait([&] { return client->count("connected") == 1; }));
  EXPECT_EQ(exists(*client, "/").code, ZkCode::ok);
}

class ZooKeeperEnsembleTest : public ZooKeeperClientTest {
 protected:
  void SetUp() override {
    const auto up = ensemble.start();
    ASSERT_TRUE(up) << up.error().text;
  }
  ZooKeeperEnsemble ensemble;
};

TEST_F(ZooKeeperEnsembleTest, TheSessionMovesWhenItsServerDiesOrFreezes) {
  auto client = connected(options(ensemble.quorum(), std::chrono::seconds(12)));
  ASSERT_EQ(create(*client, "/mine", "", ZkMode::ephemeral).code, ZkCode::ok);
  const std::size_t first = ensemble.server_of(client->sessions[0].id);
  ASSERT_LT(first, ensemble.size());
  ensemble.server(first).kill();
  ASSERT_TRUE(wait([&] { return client->count("connected") >= 2; })) << client->details.back();
  EXPECT_EQ(client->sessions.back().id, client->sessions[0].id);
  EXPECT_NE(ensemble.server_of(client->sessions[0].id), first);
  ASSERT_TRUE(wait([&] { return exists(*client, "/mine").code == ZkCode::ok; }));
  EXPECT_EQ(exists(*client, "/mine").stat.ephemeral_owner, client->sessions[0].id);

  const auto up = ensemble.server(first).start();
  ASSERT_TRUE(up) << up.error().text;
  const std::size_t second = ensemble.server_of(client->sessions[0].id);
  ASSERT_LT(second, ensemble.size());
  const std::size_t before = client->count("connected");
  ensemble.server(second).freeze();
  ASSERT_TRUE(wait([&] { return client->count("connected") > before; })) << client->details.back();
  EXPECT_EQ(client->sessions.back().id, client->sessions[0].id);
  EXPECT_EQ(client->count("expired"), 0u);
  ensemble.server(second).thaw();
}

TEST_F(ZooKeeperEnsembleTest, WithoutAMajorityItIsSuspendedAndReturnsWithIt) {
  auto client = connected(options(ensemble.quorum(), std::chrono::seconds(40)));
  create(*client, "/mine", "", ZkMode::ephemeral);
  ensemble.server(0).kill();
  ensemble.server(1).kill();
  ASSERT_TRUE(wait([&] { return client->told.back() == "suspended"; }));
  const auto up = ensemble.server(0).start();
  ASSERT_TRUE(up) << up.error().text;
  ASSERT_TRUE(wait([&] { return client->told.back() == "connected"; })) << client->details.back();
  EXPECT_EQ(client->sessions.back().id, client->sessions[0].id);
  ASSERT_TRUE(wait([&] { return exists(*client, "/mine").code == ZkCode::ok; }));
}

}  // namespace
}  // namespace stellwerk::test
