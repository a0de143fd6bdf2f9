// What becomes of leader and head when the server freezes, restarts, or comes back with less.
#include <algorithm>

#include "integration/zookeeper_leadership_fixture.h"

namespace stellwerk::test {
namespace {

class LeadershipRestartTest : public Contest<ZooKeeperClientTest> {
 protected:
  void SetUp() override { start(); }
  void start() {
    const auto up = server.start();
    ASSERT_TRUE(up) << up.error().text;
  }
  std::unique_ptr<Contender> contender(int number, Duration timeout = kLongSession) {
    return Contest::contender(options(server.address(), timeout), kNamespace, number);
  }
  static bool back(Contender& who, std::size_t times = 2) {
    return who.wait([&] { return who.count("connected") == times; });
  }

  static constexpr const char* kNamespace = "/contest/restart";
  ZooKeeperServer server;
};

TEST_F(LeadershipRestartTest, AFrozenServerSuspendsEverybodyAndChangesNothing) {
  auto leader = contender(0, std::chrono::seconds(8));
  auto other = contender(1, std::chrono::seconds(8));
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*other, *leader));
  const WriteResult before = leader->write("before", leader->version());
  server.freeze();
  EXPECT_EQ(leader->write("into the void", before.version).outcome, WriteOutcome::unknown);
  ASSERT_TRUE(wait([&] { return leader->state() == "suspended" && other->state() == "suspended"; }));
  EXPECT_EQ(leader->write("not even sent", before.version).outcome, WriteOutcome::not_sent);
  EXPECT_FALSE(leader->read());
  server.thaw();
  ASSERT_TRUE(back(*leader));
  ASSERT_TRUE(back(*other));
  const auto now = leader->read();
  ASSERT_TRUE(now) << now.error().text;
  EXPECT_TRUE(now->bytes == "before" || now->bytes == "into the void") << *now->bytes;
  EXPECT_EQ(leader->write("after", now->version).outcome, WriteOutcome::ok);
  EXPECT_TRUE(hears(*other, "after"));
  EXPECT_EQ(leader->count("lock lost") + leader->count("session lost"), 0U);
  EXPECT_EQ(other->count("may claim"), 0U);
}

TEST_F(LeadershipRestartTest, ARestartKeepsLeaderQueueAndHead) {
  auto leader = contender(0);
  auto other = contender(1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*other, *leader));
  const WriteResult before = leader->write("before", leader->version());
  server.kill();
  ASSERT_TRUE(wait([&] { return leader->state() == "suspended" && other->state() == "suspended"; }));
  start();
  ASSERT_TRUE(back(*leader));
  ASSERT_TRUE(back(*other));
  EXPECT_EQ(leader->write("after", before.version).outcome, WriteOutcome::ok);
  EXPECT_TRUE(hears(*other, "after"));
  EXPECT_EQ(leader->count("lock lost") + leader->count("session lost"), 0U);
  ASSERT_TRUE(leader->leave());
  EXPECT_TRUE(other->may_claim()) << "its watch survived";
}

TEST_F(LeadershipRestartTest, AfterAnEmptiedServerNoOldVersionFits) {
  auto leader = contender(0, kShortSession);
  auto other = contender(1, kShortSession);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*other, *leader));
  const WriteResult before = leader->write("before", leader->version());
  server.kill();
  server.wipe_data();
  start();
  for (Contender* each : {leader.get(), other.get()}) {
    ASSERT_TRUE(each->wait([&] { return each->count("session lost") == 1 && each->state() == "connected"; }));
    ASSERT_TRUE(each->wait([&] { return each->head && !each->head->bytes; }));
  }
  ASSERT_TRUE(leader->lead());
  EXPECT_EQ(leader->write("on what was", before.version).outcome, WriteOutcome::mismatch);
  EXPECT_EQ(leader->write("anew", leader->version()).outcome, WriteOutcome::ok);
  EXPECT_EQ(leader->write("on what was", before.version).outcome, WriteOutcome::mismatch);
}

/// Clients that have seen more refuse such a server for ever; after a while they give up their session.
TEST_F(LeadershipRestartTest, AServerSetBackIsTakenWithANewSessionAndItsOlderHeadIsTold) {
  auto leader = contender(0, kShortSession);
  ASSERT_TRUE(leader->lead());
  const WriteResult older = leader->write("older", leader->version());
  server.kill();
  ASSERT_TRUE(leader->wait([&] { return leader->state() != "connected"; }));
  server.save_data("older");
  start();
  ASSERT_TRUE(leader->wait([&] { return leader->state() == "connected"; }));
  ASSERT_TRUE(leader->leads || leader->lead());  // a slow start may have cost the session
  const WriteResult newer = leader->write("newer", older.version);
  ASSERT_EQ(newer.outcome, WriteOutcome::ok) << newer.reason;
  const std::size_t lost = leader->count("session lost");
  server.kill();
  server.restore_data("older");
  start();
  ASSERT_TRUE(leader->wait([&] { return leader->count("session lost") == lost + 1 && leader->state() == "connected"; }))
      << leader->state() << ": " << leader->detail();
  EXPECT_TRUE(hears(*leader, "older"));
  ASSERT_TRUE(leader->lead());
  EXPECT_EQ(leader->write("on what was", newer.version).outcome, WriteOutcome::mismatch);
}

/// A server of this version does not wrap the number: it stays at its end, and names tell candidates
/// apart. The queue then is in the order of names, and the head still has one writer.
TEST_F(LeadershipRestartTest, TheQueueSurvivesTheEndOfItsSequence) {
  const std::string latch = std::string(kNamespace) + "/leader/latch";
  auto maker = contender(0);
  ASSERT_TRUE(maker->connected());
  ASSERT_TRUE(maker->close());
  server.kill();
  start();
  server.kill();
  const auto changed = server.set_versions(latch, {0, std::numeric_limits<std::int32_t>::max() - 1});
  ASSERT_TRUE(changed) << changed.error().text;
  start();
  std::vector<std::unique_ptr<Contender>> queue;
  for (const int number : {1, 3, 2}) {
    queue.push_back(contender(number));
    ASSERT_TRUE(queue.back()->join());
  }
  EXPECT_THAT(queue[0]->place, testing::EndsWith("-latch-2147483646"));
  EXPECT_THAT(queue[1]->place, testing::EndsWith("-latch-2147483647"));
  EXPECT_THAT(queue[2]->place, testing::EndsWith("-latch-2147483647"));
  ASSERT_TRUE(queue[0]->may_claim());
  HeadVersion expected = queue[0]->version();
  for (std::size_t left = queue.size(); left > 0; --left) {
    const auto claimant = [&] { return std::find_if(queue.begin(), queue.end(), [](auto& c) { return c->leads; }); };
    ASSERT_TRUE(wait([&] { return claimant() != queue.end(); }));
    Contender& who = **claimant();
    const WriteResult claimed = who.write(who.place, expected);
    ASSERT_EQ(claimed.outcome, WriteOutcome::ok) << claimed.reason;
    for (auto& each : queue) {
      EXPECT_EQ(each->write("on an older head", expected).outcome, WriteOutcome::mismatch);
    }
    expected = claimed.version;
    ASSERT_TRUE(who.leave());
  }
  auto client = connected(options(server.address()));
  EXPECT_TRUE(candidates(*client, kNamespace).empty());
  ASSERT_TRUE(queue[1]->lead()) << "its name was used before";
}

/// At -1 a set would be unconditional: a compare that always holds.
TEST_F(LeadershipRestartTest, TheHeadSurvivesTheWrapOfItsVersion) {
  const std::string head = std::string(kNamespace) + "/head";
  auto maker = contender(0);
  ASSERT_TRUE(maker->lead());
  ASSERT_EQ(maker->write("first", maker->version()).outcome, WriteOutcome::ok);
  ASSERT_TRUE(maker->close());
  for (const std::int32_t from : {std::numeric_limits<std::int32_t>::max() - 1, -1002, -1}) {
    SCOPED_TRACE(testing::Message() << "from version " << from);
    server.kill();
    start();
    server.kill();
    const auto changed = server.set_versions(head, {from, 0});
    ASSERT_TRUE(changed) << changed.error().text;
    start();
    auto leader = contender(1);
    ASSERT_TRUE(leader->lead());
    auto client = connected(options(server.address()));
    ASSERT_EQ(get(*client, head).stat.version, from);
    HeadVersion expected = leader->version();
    for (int i = 0; i < 6; ++i) {
      const WriteResult written = leader->write(std::to_string(i), expected);
      ASSERT_EQ(written.outcome, WriteOutcome::ok) << written.reason;
      EXPECT_NE(get(*client, head).stat.version, -1);
      EXPECT_EQ(leader->write("again", expected).outcome, WriteOutcome::mismatch);
      expected = written.version;
    }
    EXPECT_EQ(leader->read()->bytes, "5");
    ASSERT_TRUE(leader->close());
  }
}

}  // namespace
}  // namespace stellwerk::test
