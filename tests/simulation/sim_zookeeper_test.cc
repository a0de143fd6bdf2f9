/// The simulated server must bite like a real one, or what passes against it proves nothing.
#include "simulation/sim_zookeeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::test {
namespace {

using leadership::ZkCheck;
using leadership::ZkClient;
using leadership::ZkCode;
using leadership::ZkCreate;
using leadership::ZkDelete;
using leadership::ZkMode;
using leadership::ZkReply;
using leadership::ZkSession;
using leadership::ZkSet;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

/// One process with one client; it writes down what it is told.
struct Process : leadership::ZkClientListener {
  Process(SimTime& time, SimZookeeper& zookeeper, const std::string& name)
      : executor(time), link(zookeeper.link(name)), make(zookeeper.factory(executor, name, seconds(10))) {
    restart();
  }
  void restart() {
    client = make();
    client->start(*this);
  }
  void on_connected(const ZkSession& session) override {
    told.push_back("connected");
    id = session.id;
    timeout = session.timeout;
  }
  void on_suspended(const std::string&) override { told.push_back("suspended"); }
  void on_expired() override { told.push_back("expired"); }
  void on_refused(const Error&) override { told.push_back("refused"); }

  ZkClient::Handler note(const std::string& what) {
    return [this, what](const ZkReply& reply) {
      replies[what] = reply;
      told.push_back(what + ": " + leadership::to_string(reply.code));
    };
  }
  ZkClient::Watch watch(const std::string& what) {
    return [this, what](leadership::ZkChange) { told.push_back(what + " fired"); };
  }

  SimExecutor executor;
  SimZkLink& link;
  leadership::ZkClientFactory make;
  std::unique_ptr<ZkClient> client;
  std::vector<std::string> told;
  std::map<std::string, ZkReply> replies;
  std::int64_t id = 0;
  Duration timeout{};
};

class SimZookeeperTest : public testing::Test {
 protected:
  SimZookeeperTest() {
    zookeeper.make("/q", "");
    time.run_for(seconds(1));
    a.told.clear();
    b.told.clear();
  }
  void run(Duration d = milliseconds(100)) { time.run_for(d); }

  SimTime time;
  std::mt19937_64 random{7};
  SimZookeeper zookeeper{time, random};
  Process a{time, zookeeper, "a"};
  Process b{time, zookeeper, "b"};
};

TEST_F(SimZookeeperTest, GrantsSessionsWithinItsLimits) {
  EXPECT_EQ(a.timeout, seconds(10));
  const auto greedy = zookeeper.factory(a.executor, "a", seconds(60))();
  greedy->start(a);
  run();
  EXPECT_EQ(a.timeout, seconds(40));
}

TEST_F(SimZookeeperTest, MultiDoesAllOrNothingAndNamesTheCulprit) {
  a.client->create("/q/head", "1", ZkMode::persistent, a.note("create"));
  a.client->multi({ZkCheck{"/q"}, ZkSet{"/q/head", "2", 0}, ZkCreate{"/q/x", ""}}, a.note("good"));
  a.client->multi({ZkCheck{"/q"}, ZkSet{"/q/head", "3", 0}, ZkCreate{"/q/y", ""}}, a.note("bad"));
  run();
  EXPECT_EQ(a.replies["good"].results.at(1).stat.version, 1);
  EXPECT_EQ(a.replies["bad"].code, ZkCode::bad_version);
  EXPECT_EQ(a.replies["bad"].results.at(0).code, ZkCode::ok);
  EXPECT_EQ(a.replies["bad"].results.at(1).code, ZkCode::bad_version);
  EXPECT_EQ(zookeeper.find("/q/head")->data, "2");
  EXPECT_THAT(zookeeper.children("/q"), ElementsAre("head", "x"));
}

TEST_F(SimZookeeperTest, SequencesWrapAsSignedNumbers) {
  zookeeper.set_sequence("/q", 2147483647);
  a.client->create("/q/n-", "", ZkMode::ephemeral_sequential, a.note("last"));
  a.client->create("/q/n-", "", ZkMode::ephemeral_sequential, a.note("first"));
  run();
  EXPECT_EQ(a.replies["last"].path, "/q/n-2147483647");
  EXPECT_EQ(a.replies["first"].path, "/q/n--2147483648");
}

TEST_F(SimZookeeperTest, DeletingAndMakingAgainInOneMulti) {
  zookeeper.make("/q/head", "old");
  a.client->multi({ZkDelete{"/q/head", 0}, ZkCreate{"/q/head", "new"}}, a.note("multi"));
  run();
  EXPECT_EQ(a.replies["multi"].code, ZkCode::ok);
  EXPECT_EQ(zookeeper.find("/q/head")->data, "new");
}

TEST_F(SimZookeeperTest, AKilledProcessIsSilentUntilATickAfterItsTimeout) {
  a.client->create("/q/e", "", ZkMode::ephemeral, a.note("create"));
  run();
  a.executor.kill();
  run(seconds(9));
  EXPECT_TRUE(zookeeper.session_alive(a.id));
  run(seconds(4));
  EXPECT_FALSE(zookeeper.session_alive(a.id));
  EXPECT_EQ(zookeeper.find("/q/e"), nullptr);
  EXPECT_TRUE(zookeeper.session_alive(b.id)) << "one that lives keeps its session";
}

TEST_F(SimZookeeperTest, ClosingEndsTheSessionAtOnce) {
  a.client->create("/q/e", "", ZkMode::ephemeral, a.note("create"));
  run();
  bool closed = false;
  a.client->close([&] { closed = true; });
  run();
  EXPECT_TRUE(closed);
  EXPECT_EQ(zookeeper.find("/q/e"), nullptr);
  EXPECT_THAT(a.told, ElementsAre("create: ok"));
}

TEST_F(SimZookeeperTest, ALostReplyIsUnknownAndTheEffectStands) {
  a.link.lose_next_reply(SimZkVerb::create);
  a.client->create("/q/e", "", ZkMode::ephemeral, a.note("create"));
  run(seconds(1));
  EXPECT_EQ(a.replies["create"].code, ZkCode::unknown);
  EXPECT_NE(zookeeper.find("/q/e"), nullptr);
  EXPECT_EQ(a.told.back(), "connected");
  EXPECT_EQ(zookeeper.find("/q/e")->owner, a.id) << "the same session";
}

TEST_F(SimZookeeperTest, ALostRequestIsUnknownAndHasNoEffect) {
  a.link.lose_next_request(SimZkVerb::create);
  a.client->create("/q/e", "", ZkMode::ephemeral, a.note("create"));
  run(seconds(1));
  EXPECT_EQ(a.replies["create"].code, ZkCode::unknown);
  EXPECT_EQ(zookeeper.find("/q/e"), nullptr);
}

TEST_F(SimZookeeperTest, RequestsWithoutAConnectionAreNotSent) {
  a.link.cut();
  run(milliseconds(5));
  a.client->sync("/q", a.note("sync"));
  run(milliseconds(1));
  EXPECT_THAT(a.told, ElementsAre("suspended", "sync: not sent, no connection"));
}

TEST_F(SimZookeeperTest, WatchesFireOnceAfterTheReplyThatSetThem) {
  a.client->exists("/q/e", a.watch("exists"), a.note("exists"));
  a.client->list("/q", a.watch("list"), a.note("list"));
  run();
  b.client->create("/q/e", "", ZkMode::ephemeral, b.note("create"));
  run();
  b.client->remove("/q/e", -1, b.note("remove"));
  run();
  EXPECT_THAT(a.told, ElementsAre("exists: no node", "list: ok", "exists fired", "list fired"));
}

TEST_F(SimZookeeperTest, WatchesFireForWhatHappenedWhileTheConnectionWasLost) {
  zookeeper.make("/q/e", "");
  run();
  a.client->get("/q/e", a.watch("get"), a.note("get"));
  run();
  a.link.cut();
  zookeeper.delete_all("/q/e");
  run(seconds(1));
  EXPECT_THAT(a.told, ElementsAre("get: ok", "suspended", "connected", "get fired"));
}

TEST_F(SimZookeeperTest, APartitionedClientHearsOfItsExpiryOnlyWhenItIsOver) {
  a.link.partition(true);
  run(seconds(30));
  EXPECT_FALSE(zookeeper.session_alive(a.id));
  EXPECT_THAT(a.told, ElementsAre("suspended"));
  a.link.partition(false);
  run(seconds(5));
  EXPECT_THAT(a.told, ElementsAre("suspended", "expired"));
}

TEST_F(SimZookeeperTest, APausedProcessNeitherHeartbeatsNorReads) {
  a.client->sync("/q", a.note("sync"));
  a.executor.pause();
  run(seconds(30));
  EXPECT_THAT(a.told, ElementsAre());
  EXPECT_FALSE(zookeeper.session_alive(a.id));
  a.executor.resume();
  run(seconds(5));
  EXPECT_EQ(a.told.front(), "sync: ok") << "the reply waited in its buffer";
  EXPECT_EQ(a.told.back(), "expired");
}

TEST_F(SimZookeeperTest, AServerMaySilentlyGiveANewSession) {
  const std::int64_t old = a.id;
  a.link.new_session_on_reconnect();
  a.link.cut();
  run(seconds(1));
  EXPECT_THAT(a.told, ElementsAre("suspended", "connected"));
  EXPECT_NE(a.id, old);
  EXPECT_TRUE(zookeeper.session_alive(old)) << "nobody closed it";
}

TEST_F(SimZookeeperTest, FrozenServersAnswerAfterwardsAndClientsGiveThemUp) {
  zookeeper.freeze();
  a.client->create("/q/e", "", ZkMode::persistent, a.note("create"));
  run(seconds(4));
  EXPECT_EQ(a.replies["create"].code, ZkCode::unknown);
  zookeeper.thaw();
  run(seconds(4));
  EXPECT_NE(zookeeper.find("/q/e"), nullptr) << "unknown: it happened later";
  EXPECT_EQ(a.told.back(), "connected");
}

TEST_F(SimZookeeperTest, WithoutAQuorumNoSessionExpires) {
  zookeeper.stop();
  run(seconds(60));
  zookeeper.start();
  run(seconds(5));
  EXPECT_THAT(a.told, ElementsAre("suspended", "connected"));
}

TEST_F(SimZookeeperTest, AReplicaLagsUntilSynced) {
  SimZkOptions options;
  options.lag_max = seconds(5);
  SimZookeeper lagging(time, random, options);
  lagging.make("/q", "");
  run(seconds(6));
  Process reader(time, lagging, "reader");
  run(seconds(1));
  lagging.make("/q/new", "");
  reader.client->list("/q", nullptr, reader.note("stale"));
  reader.client->sync("/q", reader.note("sync"));
  reader.client->list("/q", nullptr, reader.note("fresh"));
  run();
  EXPECT_THAT(reader.replies["stale"].children, ElementsAre());
  EXPECT_THAT(reader.replies["fresh"].children, ElementsAre("new"));
}

TEST_F(SimZookeeperTest, DataSetBackToACopyEndsTheSessionsItDoesNotKnow) {
  zookeeper.make("/q/head", "1");
  const auto copy = zookeeper.save();
  zookeeper.put("/q/head", "2");
  Process late(time, zookeeper, "late");
  run(seconds(1));
  zookeeper.restore(copy);
  run(seconds(5));
  EXPECT_EQ(zookeeper.find("/q/head")->data, "1");
  EXPECT_EQ(zookeeper.find("/q/head")->version, 0);
  EXPECT_EQ(a.told.back(), "connected");
  EXPECT_EQ(late.told.back(), "expired");
}

TEST_F(SimZookeeperTest, ServersWhoseNumbersWentBackRefuseClientsThatSawMore) {
  const auto copy = zookeeper.save();
  a.client->create("/q/e", "", ZkMode::persistent, a.note("create"));
  run();
  zookeeper.restore(copy, true);
  run(seconds(60));
  EXPECT_EQ(a.told.back(), "suspended");
}

TEST_F(SimZookeeperTest, ARunIsAFunctionOfItsSeed) {
  const auto trace = [](std::uint64_t seed) {
    SimTime t;
    std::mt19937_64 r{seed};
    SimZookeeper z(t, r);
    Process p(t, z, "p");
    p.link.faults.reply_lost = 0.2;
    z.make("/q", "");
    for (int i = 0; i < 50; ++i) {
      t.run_for(milliseconds(300));
      p.client->create("/q/n", "", ZkMode::ephemeral_sequential, p.note("create"));
    }
    t.run_for(seconds(5));
    return p.told;
  };
  EXPECT_EQ(trace(1), trace(1));
  EXPECT_NE(trace(1), trace(2));
}

}  // namespace
}  // namespace stellwerk::test
