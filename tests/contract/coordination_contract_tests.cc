#include <string>

#include "contract/coordination_contract.h"

namespace stellwerk::test {

TEST_P(CoordinationContract, SaysThatItIsConnectedAndToWhat) {
  const auto a = start();
  EXPECT_FALSE(heard(a).status->type.empty());
  EXPECT_EQ(heard(a).may_claims, 0u) << "who did not join may not claim";
}

TEST_P(CoordinationContract, WithoutAHeadThereIsAVersionToExpect) {
  const auto a = start();
  EXPECT_FALSE(heard(a).head->bytes.has_value());
  EXPECT_TRUE(heard(a).head->version.absent());
  absent(a);
}

TEST_P(CoordinationContract, TheFirstWriteCreatesTheHead) {
  const auto a = start_leader();
  const HeadVersion first = write_ok(a, "one", absent(a));
  const auto reading = read(a);
  ASSERT_TRUE(reading.has_value()) << reading.error().text;
  EXPECT_EQ(reading->bytes, "one");
  EXPECT_EQ(reading->version, first);
}

TEST_P(CoordinationContract, EachWriteExpectsTheVersionOfTheLast) {
  const auto a = start_leader();
  HeadVersion version = absent(a);
  for (int i = 0; i < 40; ++i) {
    const HeadVersion next = write_ok(a, "head " + std::to_string(i), version);
    EXPECT_NE(next, version);
    version = next;
  }
  EXPECT_EQ(read(a)->bytes, "head 39");
  EXPECT_EQ(read(a)->version, version);
}

TEST_P(CoordinationContract, AStaleVersionIsAMismatchAndChangesNothing) {
  const auto a = start_leader();
  const HeadVersion none = absent(a);
  const HeadVersion first = write_ok(a, "one", none);
  EXPECT_EQ(write(a, "again", none).outcome, WriteOutcome::mismatch) << "create over a head that stands";
  const HeadVersion second = write_ok(a, "two", first);
  const WriteResult stale = write(a, "stale", first);
  EXPECT_EQ(stale.outcome, WriteOutcome::mismatch);
  EXPECT_FALSE(stale.reason.empty());
  EXPECT_EQ(read(a)->bytes, "two");
  EXPECT_EQ(read(a)->version, second);
}

TEST_P(CoordinationContract, AnyBytesUpToTheLimitComeBackAsTheyWere) {
  const auto a = start_leader();
  std::string bytes;
  for (std::size_t i = 0; i < kHeadBytesMax; ++i) bytes += static_cast<char>(i * 7 % 256);
  const HeadVersion big = write_ok(a, bytes, absent(a));
  EXPECT_TRUE(read(a)->bytes == bytes);
  write_ok(a, "", big);
  EXPECT_EQ(read(a)->bytes, "");
}

TEST_P(CoordinationContract, ATooLargeHeadIsCertainlyNotWritten) {
  const auto a = start_leader();
  const HeadVersion first = write_ok(a, "one", absent(a));
  const WriteResult result = write(a, std::string(kHeadBytesMax + 1, 'x'), first);
  EXPECT_TRUE(result.outcome == WriteOutcome::mismatch || result.outcome == WriteOutcome::not_sent);
  EXPECT_FALSE(result.reason.empty());
  EXPECT_EQ(read(a)->bytes, "one");
  write_ok(a, "two", first);
}

TEST_P(CoordinationContract, WhoIsNotInTheQueueDoesNotWriteWhereTheServiceCanTell) {
  const auto a = start();
  const WriteResult result = write(a, "one", absent(a));
  EXPECT_EQ(result.outcome, GetParam().guarded ? WriteOutcome::mismatch : WriteOutcome::ok) << result.reason;
}

TEST_P(CoordinationContract, WhoLeftTheQueueDoesNotWriteWhereTheServiceCanTell) {
  const auto a = start_leader();
  const HeadVersion first = write_ok(a, "one", absent(a));
  leave(a);
  const WriteResult result = write(a, "two", first);
  EXPECT_EQ(result.outcome, GetParam().guarded ? WriteOutcome::mismatch : WriteOutcome::ok) << result.reason;
}

TEST_P(CoordinationContract, JoiningTwiceIsJoiningOnce) {
  const auto a = start();
  call(a, [&](Coordination& c) {
    c.join(candidate(a));
    c.join(candidate(a));
  });
  ASSERT_TRUE(wait([&] { return heard(a).may_claim; }));
  join(a);
  stay_quiet();
  EXPECT_EQ(heard(a).may_claims, 1u);
  EXPECT_EQ(heard(a).member_ids(), ids({a}));
}

TEST_P(CoordinationContract, JoiningBeforeTheConnectionStandsIsEnough) {
  const auto a = world_->add();
  heard_.push_back(std::make_unique<Heard>(inside_));
  living_.push_back(true);
  call(a, [&](Coordination& c) {
    c.start(heard(a));
    c.join(candidate(a));
  });
  EXPECT_TRUE(wait([&] { return heard(a).may_claim; }));
}

TEST_P(CoordinationContract, MembersAreToldWithAllThatTheyPublish) {
  const auto a = start_and_join();
  ASSERT_EQ(heard(a).members.size(), 1u);
  EXPECT_EQ(heard(a).members[0], candidate(a));
}

TEST_P(CoordinationContract, ContactsComeAgainAndAgain) {
  const auto a = start_leader();
  const Time begin = world_->now();
  ASSERT_TRUE(wait([&] { return heard(a).contacts.size() >= 3; }));
  const auto& contacts = heard(a).contacts;
  for (std::size_t i = 0; i < contacts.size(); ++i) {
    EXPECT_GT(contacts[i].valid_for, Duration::zero());
    EXPECT_LE(contacts[i].sent, world_->now());
    if (i > 0) {
      EXPECT_LE(contacts[i - 1].sent, contacts[i].sent);
    }
  }
  EXPECT_TRUE(wait([&] { return heard(a).contacts.back().sent > begin; })) << "later ones were sent later";
}

TEST_P(CoordinationContract, WhoLeavesAndJoinsAgainMayClaimAgain) {
  const auto a = start_leader();
  leave(a);
  stay_quiet();
  EXPECT_TRUE(heard(a).losses.empty()) << "leaving is no loss: " << heard(a).losses.front();
  EXPECT_FALSE(heard(a).may_claim);
  join(a);
  EXPECT_TRUE(wait([&] { return heard(a).may_claim; }));
  EXPECT_EQ(heard(a).may_claims, 2u);
}

TEST_P(CoordinationContract, LeavingAQueueThatOneIsNotInIsDoneAtOnce) {
  const auto a = start();
  leave(a);
  EXPECT_TRUE(heard(a).losses.empty());
}

TEST_P(CoordinationContract, TheWriterHearsOfItsOwnWrite) {
  const auto a = start_leader();
  const HeadVersion first = write_ok(a, "one", absent(a));
  EXPECT_TRUE(wait([&] { return heard(a).head == HeadReading{"one", first}; }));
}

TEST_P(CoordinationContract, NothingIsCalledAfterClose) {
  const auto a = start_leader();
  write_ok(a, "one", absent(a));
  std::optional<WriteResult> in_flight;
  const HeadVersion version = read(a)->version;
  begin_write(a, "two", version, in_flight);
  close(a);
  EXPECT_TRUE(in_flight.has_value()) << "a completion runs once, and close() is the last";
  const std::size_t calls = heard(a).calls;
  stay_quiet();
  EXPECT_EQ(heard(a).calls, calls);
}

TEST_P(CoordinationContract, AMasterThatClosedIsFollowedByANewOne) {
  const auto a = start_leader();
  const HeadVersion first = write_ok(a, "one", absent(a));
  close(a);
  const auto b = start_leader();
  EXPECT_EQ(heard(b).head, (HeadReading{"one", first}));
  write_ok(b, "two", first);
}

TEST_P(CoordinationContract, AMasterThatWasKilledIsFollowedByANewOne) {
  const auto a = start_leader();
  const HeadVersion first = write_ok(a, "one", absent(a));
  kill(a);
  const auto b = start_leader();
  EXPECT_EQ(heard(b).head, (HeadReading{"one", first}));
  EXPECT_TRUE(wait_for_members(b, {b}));
  write_ok(b, "two", first);
}

TEST_P(CoordinationContract, AnnouncingIsBestEffortAndHarmsNothing) {
  const auto a = start_leader();
  call(a, [](Coordination& c) { c.announce(R"({"rest":"http://host0:8081"})"); });
  const HeadVersion first = write_ok(a, "one", absent(a));
  call(a, [](Coordination& c) { c.announce(R"({"rest":"http://host0:8082"})"); });
  write_ok(a, "two", first);
  EXPECT_EQ(heard(a).member_ids(), ids({a}));
}

TEST_P(CoordinationContract, AnErasedClusterLeavesNothing) {
  const auto a = start_leader();
  const HeadVersion first = write_ok(a, "one", absent(a));
  call(a, [](Coordination& c) { c.announce("{}"); });
  write_ok(a, "two", first);
  leave(a);
  const auto erased = erase(a);
  ASSERT_TRUE(erased.has_value()) << erased.error().text;
  absent(a);
  EXPECT_TRUE(wait([&] { return !heard(a).head->bytes; })) << "who watches the head hears that it is gone";
  const auto again = erase(a);
  EXPECT_TRUE(again.has_value()) << "what is gone may be erased again: " << again.error().text;
  close(a);
  EXPECT_EQ(world_->traces(), std::vector<std::string>{});
}

TEST_P(CoordinationContract, AnErasedClusterCanBeFoundedAnew) {
  const auto a = start_leader();
  const HeadVersion old = write_ok(a, "old", absent(a));
  leave(a);
  ASSERT_TRUE(erase(a).has_value());
  close(a);
  const auto b = start_leader();
  EXPECT_EQ(write(b, "stale", old).outcome, WriteOutcome::mismatch);
  const HeadVersion fresh = write_ok(b, "new", absent(b));
  EXPECT_NE(fresh, old) << "a version of the erased register matches its successor";
  EXPECT_EQ(write(b, "stale", old).outcome, WriteOutcome::mismatch);
}

}  // namespace stellwerk::test
