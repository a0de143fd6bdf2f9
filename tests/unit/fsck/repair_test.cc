// What an operator may decide, and that the cluster is whole afterwards.

#include <gmock/gmock.h>

#include "unit/fsck/fsck_cluster.h"

namespace stellwerk::fsck::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = Decision::Kind;

class RepairTest : public testing::Test {
 protected:
  FsckCluster cluster;

  void expect_whole() {
    const auto found = cluster.examine();
    EXPECT_TRUE(found.clean()) << listed(found);
    EXPECT_FALSE(needs_repair(found));
  }
  model::JobStatus status(const JobId& id) {
    const auto found = cluster.examine();
    return found.recovery.state.jobs().find(id.text())->state->status;
  }
};

TEST_F(RepairTest, ADamagedLineIsRestoredFromItselfIfItsHashProvesIt) {
  const JobId id = cluster.submit(1);
  cluster.flip_checksum(cluster.newest_segment(), "/spec ");
  auto found = cluster.examine();
  ASSERT_THAT(found.quarantined, SizeIs(1));
  ASSERT_TRUE(found.quarantined.front().troubles.front().copy.has_value());
  EXPECT_TRUE(found.quarantined.front().troubles.front().copy->proven);
  ASSERT_TRUE(cluster.repair(found, {{Kind::restore, id.text()}}).has_value());
  expect_whole();
  EXPECT_EQ(status(id), model::JobStatus::created);
}

TEST_F(RepairTest, AValueIsRestoredFromWhatTheOperatorGives) {
  const JobId id = cluster.submit(1);
  cluster.flip_in_line(cluster.newest_segment(), "\"job-1\"");
  auto found = cluster.examine();
  ASSERT_THAT(found.quarantined, SizeIs(1)) << listed(found);
  const std::string key = found.quarantined.front().troubles.front().key;
  EXPECT_EQ(cluster.repair(found, {{Kind::restore, key, "no json"}}).error().code, Errc::invalid);
  EXPECT_EQ(cluster.repair(found, {{Kind::restore, key, "{\"v\":1}"}}).error().code, Errc::invalid);
  ASSERT_TRUE(cluster.repair(found, {{Kind::restore, key, "{\"spec\":{\"name\":\"job-1\"},\"v\":1}"}}).has_value());
  expect_whole();
}

TEST_F(RepairTest, AnOlderStateCanBeKept) {
  const JobId id = cluster.submit(1);
  const auto before = cluster.examine();
  const std::string older = *before.recovery.state.records().find("jobs/" + id.text() + "/state");
  cluster.commit({model::Record::put("jobs/" + id.text() + "/state", older)});
  cluster.flip_in_line(cluster.newest_segment(), "/state ");
  auto found = cluster.examine();
  ASSERT_THAT(found.quarantined, SizeIs(1)) << listed(found);
  EXPECT_THAT(found.quarantined.front().keep, IsEmpty());
  ASSERT_TRUE(cluster.repair(found, {{Kind::keep, id.text()}}).has_value());
  expect_whole();
}

TEST_F(RepairTest, AJobWithoutItsSpecCannotBeKeptButDropped) {
  const JobId id = cluster.submit(1);
  cluster.flip_in_line(cluster.newest_segment(), "/spec ");
  auto found = cluster.examine();
  EXPECT_THAT(cluster.repair(found, {{Kind::keep, id.text()}}).error().text, HasSubstr("its spec is missing"));
  ASSERT_TRUE(cluster.repair(found, {{Kind::drop, id.text()}}).has_value());
  expect_whole();
  const auto after = cluster.examine();
  EXPECT_TRUE(after.recovery.state.ended().contains(id.text())) << "it never runs again";
}

TEST_F(RepairTest, WithoutADecisionTheJobStaysInQuarantine) {
  const JobId id = cluster.submit(1);
  cluster.flip_in_line(cluster.newest_segment(), "/spec ");
  auto found = cluster.examine();
  ASSERT_TRUE(cluster.repair(found, {}).has_value());
  auto after = cluster.examine();
  ASSERT_THAT(after.quarantined, SizeIs(1)) << listed(after);
  EXPECT_TRUE(after.quarantined.front().recorded);
  ASSERT_TRUE(cluster.repair(after, {{Kind::drop, id.text()}}).has_value());
  expect_whole();
}

TEST_F(RepairTest, ALossMustBeAccepted) {
  const JobId before = cluster.submit(1);
  const std::string lost = (cluster.submit(2), cluster.newest_segment());
  cluster.submit(3);
  ASSERT_TRUE(cluster.store.remove(lost).has_value());
  auto found = cluster.examine();
  EXPECT_EQ(cluster.repair(found, {}).error().code, Errc::refused);
  ASSERT_TRUE(cluster.repair(found, {{Kind::keep, "all"}}, true).has_value());
  expect_whole();
  EXPECT_EQ(status(before), model::JobStatus::created);
}

TEST_F(RepairTest, WhatALostCommitMayHaveEndedIsQuarantinedUnlessKept) {
  const JobId doubtful = cluster.submit(1);
  cluster.cancel(cluster.submit(2));
  ASSERT_TRUE(cluster.store.remove(cluster.newest_segment()).has_value());
  auto found = cluster.examine();
  ASSERT_TRUE(cluster.repair(found, {}, true).has_value());
  const auto after = cluster.examine();
  EXPECT_TRUE(after.recovery.state.quarantined().contains(doubtful.text())) << listed(after);
}

TEST_F(RepairTest, ARepairMakesTheWayStraightAgain) {
  cluster.submit(1);
  cluster.compact();
  cluster.submit(2);
  cluster.compact();
  ASSERT_TRUE(cluster.store.remove(cluster.snapshot()).has_value());
  auto found = cluster.examine();
  ASSERT_TRUE(needs_repair(found));
  ASSERT_TRUE(cluster.repair(found, {}).has_value()) << "nothing is lost, so nothing must be accepted";
  expect_whole();
}

TEST_F(RepairTest, AnEmptiedRegisterIsMadeAnew) {
  cluster.submit(1);
  cluster.take_over();
  cluster.submit(2);
  const Register gone{"the test", std::nullopt, {}};
  EXPECT_TRUE(has(cluster.examine(gone, {}), Severity::error, "register", "--rebuild-head"));
  auto asked = cluster.examine(gone, {true, LastSegment::ask});
  EXPECT_THAT(cluster.repair(asked, {}).error().text, HasSubstr("--last-segment"));
  auto kept = cluster.examine(gone, {true, LastSegment::keep});
  ASSERT_TRUE(cluster.repair(kept, {}).has_value());
  expect_whole();
  EXPECT_EQ(cluster.head.epoch, 3);
  EXPECT_EQ(cluster.examine().recovery.state.counts().running, 2);
}

TEST_F(RepairTest, ARegisterSetBackIsOnlyRebuilt) {
  cluster.submit(1);
  const model::Head older = cluster.head;
  cluster.take_over();
  cluster.submit(2);
  cluster.submit(3);
  auto found = cluster.examine(Register{"the test", older, {}}, {});
  EXPECT_THAT(cluster.repair(found, {}, true).error().text, HasSubstr("--rebuild-head"));
  auto rebuilt = cluster.examine(Register{"the test", older, {}}, {true, LastSegment::keep});
  ASSERT_TRUE(cluster.repair(rebuilt, {}).has_value());
  expect_whole();
  EXPECT_EQ(cluster.examine().recovery.state.counts().running, 3);
}

TEST_F(RepairTest, AFolderFromAnOlderCopyGivesUpWhatItDoesNotHold) {
  cluster.submit(1);
  cluster.submit(2);
  ASSERT_TRUE(cluster.store.remove(cluster.newest_segment()).has_value());
  auto found = cluster.examine({true, LastSegment::keep});
  EXPECT_TRUE(has(found, Severity::error, "register", "older copy")) << listed(found);
  EXPECT_EQ(cluster.repair(found, {}).error().code, Errc::refused);
  ASSERT_TRUE(cluster.repair(found, {{Kind::keep, "all"}}, true).has_value());
  expect_whole();
}

TEST_F(RepairTest, AWholeClusterIsLeftAlone) {
  cluster.submit(1);
  auto found = cluster.examine({true, LastSegment::keep});
  EXPECT_FALSE(needs_repair(found)) << "the register says what the files say";
}

TEST_F(RepairTest, DecisionsMustBeAboutWhatIsQuarantined) {
  const JobId id = cluster.submit(1);
  auto whole = cluster.examine();
  EXPECT_THAT(cluster.repair(whole, {{Kind::drop, id.text()}}).error().text, HasSubstr(id.text()));
  EXPECT_EQ(cluster.repair(whole, {{Kind::keep, "all"}}).error().code, Errc::invalid);
  cluster.flip_in_line(cluster.newest_segment(), "/spec ");
  auto hurt = cluster.examine();
  EXPECT_EQ(cluster.repair(hurt, {{Kind::drop, id.text()}, {Kind::keep, id.text()}}).error().code, Errc::invalid);
}

TEST_F(RepairTest, ItsOwnDecisionComesBeforeTheOneForAll) {
  const JobId first = cluster.submit(1);
  cluster.flip_checksum(cluster.newest_segment(), "/spec ");
  const JobId second = cluster.submit(2);
  cluster.flip_checksum(cluster.newest_segment(), "/spec ");
  auto found = cluster.examine();
  ASSERT_TRUE(cluster.repair(found, {{Kind::drop, first.text()}, {Kind::restore, "all"}}).has_value());
  expect_whole();
  EXPECT_TRUE(cluster.examine().recovery.state.ended().contains(first.text()));
  EXPECT_EQ(status(second), model::JobStatus::created);
}

TEST_F(RepairTest, DamagedFilesAreSetAsideAndTheRepairIsRemembered) {
  cluster.submit(1);
  const std::string name = cluster.newest_segment();
  cluster.flip_in_line(name, "/spec ");
  auto found = cluster.examine();
  const std::int64_t epoch = next_epoch(found);
  const auto planned = plan_repair(found, {}, {}, 5);
  ASSERT_TRUE(planned.has_value());
  EXPECT_THAT(planned->set_aside, testing::ElementsAre(name));
  const auto memory = planned->state.records().find("repairs/" + std::to_string(epoch));
  ASSERT_NE(memory, nullptr);
  EXPECT_THAT(*memory, HasSubstr("quarantined"));
}

TEST_F(RepairTest, AnUnreadableFileWithAnAbsurdNumberBurnsNoEpochs) {
  cluster.submit(1);
  cluster.replace(model::segment_name(model::kEpochMax, 1), "garbage");
  auto found = cluster.examine();
  EXPECT_FALSE(found.clean());
  EXPECT_EQ(next_epoch(found), 2);
  ASSERT_TRUE(cluster.repair(found, {}).has_value());
  expect_whole();
}

/// The repair is a commit like every other, so the way around its snapshot leads through it.
TEST_F(RepairTest, AWayAroundTheRepairsSnapshotKeepsWhatWasDecided) {
  cluster.submit(1);
  const JobId dropped = cluster.submit(2);
  const std::string name = cluster.newest_segment();
  const std::string whole = cluster.bytes(name);
  cluster.flip_in_line(name, "/state {");
  auto found = cluster.examine();
  ASSERT_TRUE(cluster.repair(found, {}).has_value());
  cluster.replace(name, whole);  // from a backup
  auto again = cluster.examine();
  ASSERT_TRUE(cluster.repair(again, {{Kind::drop, dropped.text()}}).has_value());
  cluster.take_over();
  cluster.flip_in_line(cluster.snapshot(), "takeovers/1 {");
  const auto after = cluster.examine();
  EXPECT_TRUE(after.way.whole()) << listed(after);
  EXPECT_THAT(after.quarantined, IsEmpty()) << listed(after);
  EXPECT_TRUE(after.recovery.state.ended().contains(dropped.text()));
}

TEST_F(RepairTest, ADroppedJobWithItsHistoryIsRememberedAsEnded) {
  const JobId id = cluster.submit(1);
  cluster.cancel(id);
  cluster.compact();
  for (std::int64_t seq = 1; seq <= 3; ++seq)
    ASSERT_TRUE(cluster.store.remove(model::segment_name(1, seq)).has_value());
  cluster.flip_checksum(cluster.snapshot(), "ended/" + id.text());
  for (const Kind kind : {Kind::drop, Kind::keep}) {
    auto found = cluster.examine();
    ASSERT_THAT(found.quarantined, SizeIs(1)) << listed(found);
    const auto planned = plan_repair(found, {{kind, id.text()}}, {}, 7);
    ASSERT_TRUE(planned.has_value()) << planned.error().text;
    EXPECT_TRUE(planned->state.ended().contains(id.text())) << "it may not run again";
  }
}

TEST_F(RepairTest, WhatSaysThatAJobEndedIsNoReasonToServeIt) {
  const JobId id = cluster.submit(1);
  cluster.cancel(id);
  const std::string all = cluster.bytes(cluster.newest_segment());
  cluster.replace(cluster.newest_segment(), all.substr(0, all.find('\n') + 1));
  auto found = cluster.examine();
  ASSERT_THAT(found.quarantined, SizeIs(1)) << listed(found);
  EXPECT_THAT(found.quarantined.front().keep, HasSubstr("it has ended"));
  EXPECT_EQ(cluster.repair(found, {{Kind::keep, id.text()}}).error().code, Errc::invalid);
  ASSERT_TRUE(cluster.repair(found, {{Kind::keep, "all"}}).has_value()) << "what cannot be kept is left";
  auto after = cluster.examine();
  EXPECT_TRUE(after.recovery.state.quarantined().contains(id.text()));
  ASSERT_TRUE(cluster.repair(after, {{Kind::drop, id.text()}}).has_value());
  expect_whole();
}

TEST_F(RepairTest, ACopyThatItsHashProvesComesBeforeTheDamagedLine) {
  const JobId id = cluster.submit(1);
  cluster.compact();
  cluster.flip_in_line(cluster.snapshot(), "\"job-1\"");
  ASSERT_TRUE(cluster.store.remove(model::segment_name(1, 1)).has_value());  // no way around
  auto found = cluster.examine();
  ASSERT_THAT(found.quarantined, SizeIs(1)) << listed(found);
  const auto& copy = found.quarantined.front().troubles.front().copy;
  ASSERT_TRUE(copy.has_value());
  EXPECT_TRUE(copy->proven);
  EXPECT_EQ(copy->source, model::segment_name(1, 2));
  (void)id;
}

TEST_F(RepairTest, AGivenSpecMustBeTheOneOfTheHashAndMayStandAlone) {
  const JobId id = cluster.submit(1);
  cluster.flip_in_line(cluster.newest_segment(), "\"job-1\"");
  auto found = cluster.examine();
  const std::string key = "jobs/" + id.text() + "/spec";
  EXPECT_THAT(cluster.repair(found, {{Kind::restore, key, "{\"name\":\"other\"}"}}).error().text, HasSubstr("hash"));
  EXPECT_THAT(cluster.repair(found, {{Kind::restore, id.text(), "{}"}}).error().text, HasSubstr("KEY=FILE"));
  ASSERT_TRUE(cluster.repair(found, {{Kind::restore, key, "{\"name\":\"job-1\"}"}}).has_value());
  expect_whole();
}

TEST_F(RepairTest, AnIncompleteJobIsMadeWholeByTheRecordItLacks) {
  const JobId id = cluster.submit(1);
  cluster.commit({model::Record::erase("jobs/" + id.text() + "/spec")});
  auto found = cluster.examine();
  ASSERT_THAT(found.quarantined, SizeIs(1));
  EXPECT_EQ(found.quarantined.front().troubles.front().key, "jobs/" + id.text() + "/spec");
  ASSERT_TRUE(
      cluster.repair(found, {{Kind::restore, "jobs/" + id.text() + "/spec", "{\"name\":\"job-1\"}"}}).has_value());
  expect_whole();
}

TEST_F(RepairTest, GivingUpTheEndOfTheJournalPutsEveryLiveJobInDoubt) {
  const JobId id = cluster.submit(1);
  cluster.cancel(id);
  ASSERT_TRUE(cluster.store.remove(cluster.newest_segment()).has_value());
  auto found = cluster.examine({true, LastSegment::keep});
  auto planned = plan_repair(found, {}, {true, {}}, 7);
  ASSERT_TRUE(planned.has_value()) << planned.error().text;
  EXPECT_TRUE(planned->state.quarantined().contains(id.text())) << "it was cancelled";
  EXPECT_THAT(planned->actions, testing::Contains(HasSubstr("are given up")));
}

TEST_F(RepairTest, ADeletedClusterIsNotBroughtBack) {
  cluster.submit(1);
  model::Head ended = cluster.head;
  ended.ended = true;
  auto found = cluster.examine(Register{"the test", ended, {}}, {true, LastSegment::keep});
  EXPECT_FALSE(needs_repair(found));
  EXPECT_EQ(plan_repair(found, {}, {true, {}}, 7).error().code, Errc::not_found);
}

TEST_F(RepairTest, WhoseTheFolderIsIsSaidByTheOperatorWhereItIsNotClear) {
  cluster.submit(1);
  cluster.replace("cluster.json", std::string("{\"cluster\":\"") + kOtherCluster + "\"}");
  auto rebuilt = cluster.examine({true, LastSegment::keep});
  EXPECT_TRUE(has(rebuilt, Severity::error, "journal/", "--cluster")) << listed(rebuilt);
  auto found = cluster.examine();
  EXPECT_THAT(cluster.repair(found, {}).error().text, HasSubstr("--cluster"));
  ASSERT_TRUE(cluster.repair(found, {}, false, kCluster).has_value());
  expect_whole();
}

TEST_F(RepairTest, AWholeFileOfAnotherClusterIsSetAside) {
  cluster.submit(1);
  journal::FileHeader header;
  header.cluster = kOtherCluster;
  header.at = {9, 9};
  const std::string stranger = model::segment_name(9, 9);
  cluster.replace(stranger, journal::encode_segment(header, {}));
  auto found = cluster.examine();
  EXPECT_FALSE(found.clean());
  ASSERT_TRUE(cluster.repair(found, {}).has_value());
  expect_whole();
}

}  // namespace
}  // namespace stellwerk::fsck::test
