#include <string>

#include "contract/coordination_contract.h"

namespace stellwerk::test {

TEST_P(CoordinationQueueContract, OneOfThreeMayClaim) {
  const auto a = start_leader();
  const auto b = start_and_join();
  const auto c = start_and_join();
  stay_quiet();
  EXPECT_TRUE(heard(a).may_claim);
  EXPECT_FALSE(heard(b).may_claim);
  EXPECT_FALSE(heard(c).may_claim);
}

TEST_P(CoordinationQueueContract, AllSeeTheQueueInItsOrder) {
  const auto a = start_and_join();
  const auto b = start_and_join();
  const auto c = start_and_join();
  for (const auto i : {a, b, c}) EXPECT_TRUE(wait_for_members(i, {a, b, c})) << i;
  EXPECT_EQ(heard(c).members[0], candidate(a));
}

TEST_P(CoordinationQueueContract, WhoOnlyWatchesSeesTheQueueToo) {
  const auto watcher = start();
  const auto a = start_and_join();
  const auto b = start_and_join();
  EXPECT_TRUE(wait_for_members(watcher, {a, b}));
  EXPECT_EQ(heard(watcher).may_claims, 0u);
}

TEST_P(CoordinationQueueContract, TheNextMayClaimWhenTheFirstLeaves) {
  const auto a = start_leader();
  const auto b = start_and_join();
  const auto c = start_and_join();
  leave(a);
  EXPECT_TRUE(wait([&] { return heard(b).may_claim; }));
  stay_quiet();
  EXPECT_FALSE(heard(c).may_claim);
  EXPECT_TRUE(wait_for_members(c, {b, c}));
}

TEST_P(CoordinationQueueContract, TheNextMayClaimWhenTheFirstIsKilled) {
  const auto a = start_leader();
  const auto b = start_and_join();
  const auto c = start_and_join();
  kill(a);
  EXPECT_TRUE(wait([&] { return heard(b).may_claim; }));
  stay_quiet();
  EXPECT_FALSE(heard(c).may_claim);
  EXPECT_TRUE(wait_for_members(c, {b, c}));
}

TEST_P(CoordinationQueueContract, TheNextMayClaimWhenTheFirstCloses) {
  const auto a = start_leader();
  const auto b = start_and_join();
  close(a);
  EXPECT_TRUE(wait([&] { return heard(b).may_claim; }));
}

TEST_P(CoordinationQueueContract, AKillInTheMiddleMovesNobodyToTheFront) {
  const auto a = start_leader();
  const auto b = start_and_join();
  const auto c = start_and_join();
  kill(b);
  EXPECT_TRUE(wait_for_members(c, {a, c}));
  stay_quiet();
  EXPECT_FALSE(heard(c).may_claim);
  EXPECT_EQ(heard(a).losses.size(), 0u);
  kill(a);
  EXPECT_TRUE(wait([&] { return heard(c).may_claim; }));
}

TEST_P(CoordinationQueueContract, AllButTheLastAreKilledAtOnce) {
  const auto a = start_leader();
  const auto b = start_and_join();
  const auto c = start_and_join();
  kill(b);
  kill(a);
  EXPECT_TRUE(wait([&] { return heard(c).may_claim; }));
  EXPECT_TRUE(wait_for_members(c, {c}));
}

TEST_P(CoordinationQueueContract, WhoLeavesAndJoinsAgainStandsAtTheEnd) {
  const auto a = start_leader();
  const auto b = start_and_join();
  const auto c = start_and_join();
  leave(a);
  join(a);
  for (const auto i : {a, b, c}) EXPECT_TRUE(wait_for_members(i, {b, c, a})) << i;
  stay_quiet();
  EXPECT_TRUE(heard(b).may_claim);
  EXPECT_FALSE(heard(a).may_claim);
}

TEST_P(CoordinationQueueContract, LeadershipGoesRoundAndEveryTermIsClaimedOnce) {
  const std::vector<std::size_t> masters = {start_and_join(), start_and_join(), start_and_join()};
  HeadVersion version = absent(masters[0]);
  for (std::size_t term = 0; term < 9; ++term) {
    const auto leader = masters[term % masters.size()];
    ASSERT_TRUE(wait([&] { return heard(leader).may_claim; })) << "term " << term;
    version = write_ok(leader, "term " + std::to_string(term), version);
    leave(leader);
    join(leader);
    // Else whoever leads next may be back in the queue before it.
    const auto next = masters[(term + 1) % masters.size()];
    ASSERT_TRUE(wait_for_members(next, {next, masters[(term + 2) % masters.size()], leader})) << "term " << term;
  }
  EXPECT_EQ(read(masters[0])->bytes, "term 8");
}

TEST_P(CoordinationQueueContract, EveryoneHearsTheNewestHead) {
  const auto a = start_leader();
  const auto b = start_and_join();
  const auto watcher = start();
  HeadVersion version = absent(a);
  for (int i = 0; i < 20; ++i) version = write_ok(a, "head " + std::to_string(i), version);
  const HeadReading newest{"head 19", version};
  for (const auto i : {a, b, watcher}) EXPECT_TRUE(wait([&] { return heard(i).head == newest; })) << i;
  EXPECT_EQ(read(b).value(), newest);
}

TEST_P(CoordinationQueueContract, WhoComesLateHearsTheHeadThatStands) {
  const auto a = start_leader();
  const HeadVersion first = write_ok(a, "one", absent(a));
  const auto late = start();
  EXPECT_EQ(heard(late).head, (HeadReading{"one", first}));
}

TEST_P(CoordinationQueueContract, OfTwoWritesAgainstOneVersionExactlyOneStands) {
  const auto a = start_leader();
  const auto b = start_and_join();
  HeadVersion version = absent(a);
  for (int round = 0; round < 20; ++round) {
    std::optional<WriteResult> of_a;
    std::optional<WriteResult> of_b;
    const std::string number = std::to_string(round);
    begin_write(a, "a" + number, version, of_a);
    begin_write(b, "b" + number, version, of_b);
    ASSERT_TRUE(wait([&] { return of_a && of_b; }));
    const bool a_won = of_a->outcome == WriteOutcome::ok;
    const WriteResult& won = a_won ? *of_a : *of_b;
    const WriteResult& lost = a_won ? *of_b : *of_a;
    ASSERT_EQ(won.outcome, WriteOutcome::ok) << won.reason;
    ASSERT_EQ(lost.outcome, WriteOutcome::mismatch) << lost.reason;
    const auto reading = read(round % 2 == 0 ? a : b);
    ASSERT_TRUE(reading.has_value()) << reading.error().text;
    EXPECT_EQ(reading->bytes, (a_won ? "a" : "b") + number);
    EXPECT_EQ(reading->version, won.version);
    version = won.version;
  }
}

TEST_P(CoordinationQueueContract, TheFormerLeaderIsRefusedOnceTheNextHasClaimed) {
  const auto a = start_leader();
  const auto b = start_and_join();
  const HeadVersion first = write_ok(a, "a leads", absent(a));
  leave(a);
  ASSERT_TRUE(wait([&] { return heard(b).may_claim; }));
  const HeadVersion second = write_ok(b, "b leads", first);
  EXPECT_EQ(write(a, "a still leads", first).outcome, WriteOutcome::mismatch);
  EXPECT_EQ(read(a).value(), (HeadReading{"b leads", second}));
}

TEST_P(CoordinationQueueContract, EachAnnouncementReplacesTheLast) {
  const auto a = start_leader();
  const auto b = start_and_join();
  call(a, [](Coordination& c) { c.announce(R"({"rest":"http://host0:8081"})"); });
  const HeadVersion first = write_ok(a, "one", absent(a));
  kill(a);
  ASSERT_TRUE(wait([&] { return heard(b).may_claim; }));
  call(b, [](Coordination& c) { c.announce(R"({"rest":"http://host1:8081"})"); });
  write_ok(b, "two", first);
  EXPECT_TRUE(wait_for_members(b, {b}));
}

}  // namespace stellwerk::test
