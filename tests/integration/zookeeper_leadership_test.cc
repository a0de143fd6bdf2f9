// Who may claim, and what a session, its loss and its end do to it.
#include "integration/zookeeper_leadership_fixture.h"

namespace stellwerk::test {
namespace {

TEST_F(LeadershipTest, TheFirstLeadsAndTheOthersFollowItsHead) {
  auto first = contender(0);
  auto second = contender(1);
  auto third = contender(2);
  ASSERT_TRUE(first->lead());
  ASSERT_TRUE(waits_behind(*second, *first));
  ASSERT_TRUE(waits_behind(*third, *first));
  const WriteResult claimed = first->write("epoch 1", first->version());
  ASSERT_EQ(claimed.outcome, WriteOutcome::ok) << claimed.reason;
  for (Contender* each : {first.get(), second.get(), third.get()}) {
    EXPECT_TRUE(hears(*each, "epoch 1"));
    EXPECT_EQ(each->head->version, claimed.version);
  }
  EXPECT_EQ(third->member_ids(), (std::vector{first->candidate().id, second->candidate().id, third->candidate().id}));
  ASSERT_TRUE(first->leave());
  ASSERT_TRUE(second->may_claim());
  EXPECT_EQ(second->write("epoch 2", claimed.version).outcome, WriteOutcome::ok);
  EXPECT_EQ(first->write("epoch 1 goes on", claimed.version).outcome, WriteOutcome::mismatch);
  EXPECT_EQ(third->count("may claim"), 0U);
}

/// P7: while the session lives, a lost connection changes no leader.
TEST_F(LeadershipTest, ABlipChangesNothing) {
  auto leader = through_proxy(0);
  auto waiting = contender(1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*waiting, *leader));
  const WriteResult before = leader->write("before", leader->version());
  const std::string place = leader->place;
  for (std::size_t blip = 1; blip <= 3; ++blip) {
    proxy->reset_connections();
    ASSERT_TRUE(leader->wait([&] { return leader->count("connected") == blip + 1; }));
  }
  EXPECT_EQ(leader->place, place);
  EXPECT_EQ(leader->count("session lost") + leader->count("lock lost"), 0U);
  EXPECT_EQ(leader->write("after", before.version).outcome, WriteOutcome::ok);
  EXPECT_TRUE(hears(*waiting, "after"));
  EXPECT_EQ(waiting->count("may claim"), 0U);
}

TEST_F(LeadershipTest, WhoIsCutOffForTooLongLosesTheLockAndCannotWrite) {
  auto leader = through_proxy(0, kShortSession);
  auto next = contender(1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*next, *leader));
  const WriteResult claimed = leader->write("epoch 1", leader->version());
  cut();
  ASSERT_TRUE(next->may_claim());
  EXPECT_LT(leader->act_until, loop.executor().now()) << "its own deadline passed before";
  EXPECT_EQ(leader->count("session lost"), 0U) << "it cannot know";
  EXPECT_EQ(leader->write("epoch 1, later", claimed.version).outcome, WriteOutcome::not_sent);
  ASSERT_EQ(next->write("epoch 2", claimed.version).outcome, WriteOutcome::ok);
  heal();
  ASSERT_TRUE(leader->wait([&] { return leader->count("session lost") == 1 && leader->state() == "connected"; }));
  EXPECT_TRUE(hears(*leader, "epoch 2"));
  EXPECT_EQ(leader->write("epoch 1, later", claimed.version).outcome, WriteOutcome::mismatch);
  ASSERT_TRUE(leader->join());
  EXPECT_EQ(leader->write("epoch 1, later", claimed.version).outcome, WriteOutcome::mismatch) << "with a new candidate";
  EXPECT_FALSE(leader->leads);
  EXPECT_EQ(next->read()->bytes, "epoch 2");
}

/// As SIGSTOP does: its loop stands still until its session has expired and the next one leads.
TEST_F(LeadershipTest, WhoStoodStillWritesNothingWhenItWakes) {
  RealLoop its_loop;
  ScriptedResolver its_resolver(its_loop.executor());
  Contender sleeper(its_loop, its_resolver, options(server().address(), kShortSession), ns, 0);
  ASSERT_TRUE(sleeper.lead());
  const WriteResult claimed = sleeper.write("epoch 1", sleeper.version());
  auto next = contender(1);
  ASSERT_TRUE(next->lead()) << "the first stands still meanwhile";
  ASSERT_EQ(next->write("epoch 2", claimed.version).outcome, WriteOutcome::ok);
  EXPECT_TRUE(sleeper.leads) << "as far as it knows";
  EXPECT_LT(sleeper.act_until, its_loop.executor().now());
  EXPECT_NE(sleeper.write("epoch 1, later", claimed.version).outcome, WriteOutcome::ok);
  ASSERT_TRUE(sleeper.wait([&] { return sleeper.count("session lost") == 1; }));
  ASSERT_TRUE(sleeper.wait([&] { return sleeper.head && sleeper.head->bytes == "epoch 2"; }));
  EXPECT_EQ(next->read()->bytes, "epoch 2");
}

TEST_F(LeadershipTest, AKilledLeaderIsFollowedWhenItsSessionExpires) {
  auto leader = contender(0, kShortSession);
  auto next = contender(1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*next, *leader));
  const WriteResult claimed = leader->write("epoch 1", leader->version());
  leader->kill();
  ASSERT_TRUE(next->may_claim());
  EXPECT_EQ(next->write("epoch 2", claimed.version).outcome, WriteOutcome::ok);
  EXPECT_EQ(candidates(*direct, ns).size(), 1U);
}

TEST_F(LeadershipTest, AClosedLeaderIsFollowedAtOnce) {
  auto leader = contender(0, std::chrono::seconds(60));
  auto next = contender(1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*next, *leader));
  leader->write("epoch 1", leader->version());
  leader->write("announced", leader->version());
  (*leader)->announce(R"({"rest":"http://host0:8081"})");
  ASSERT_TRUE(wait([&] { return exists(*direct, ns + "/leader/rest_server_lock").code == ZkCode::ok; }));
  ASSERT_TRUE(leader->close());
  ASSERT_TRUE(next->wait([&] { return next->leads; }));
  EXPECT_EQ(exists(*direct, ns + "/leader/rest_server_lock").code, ZkCode::no_node);
}

TEST_F(LeadershipTest, OneInTheMiddleThatIsCutOffMovesNobody) {
  auto leader = contender(0);
  auto middle = through_proxy(1, kShortSession);
  auto last = contender(2);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*middle, *leader));
  ASSERT_TRUE(waits_behind(*last, *leader));
  cut();
  ASSERT_TRUE(last->wait([&] { return last->member_ids().size() == 2; }));
  heal();
  ASSERT_TRUE(middle->wait([&] { return middle->count("session lost") == 1 && middle->state() == "connected"; }));
  ASSERT_TRUE(middle->join());
  const std::vector<std::string> order{leader->candidate().id, last->candidate().id, middle->candidate().id};
  for (Contender* each : {leader.get(), middle.get(), last.get()}) {
    EXPECT_TRUE(each->wait([&] { return each->member_ids() == order; }));
  }
  EXPECT_EQ(middle->count("may claim") + last->count("may claim"), 0U);
  EXPECT_TRUE(leader->leads);
}

}  // namespace
}  // namespace stellwerk::test
