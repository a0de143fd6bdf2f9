/// Whole clusters in situations that random schedules meet too rarely, or that need an exact order.

#include <gtest/gtest.h>

#include "simulation/cluster/sim_cluster.h"

namespace stellwerk::test {
namespace {

using namespace std::chrono_literals;
using jobs::Reply;

const std::string kHead = "/stellwerk/default/head";

class Scenario : public testing::Test {
 protected:
  /// What the records of jobs say stays as it was when they came: nobody runs them.
  static SimClusterOptions masters_alone() {
    SimClusterOptions options;
    options.workers = 0;
    return options;
  }
  void start(SimClusterOptions options = masters_alone()) {
    cluster_ = std::make_unique<SimCluster>(7, std::move(options));
    cluster_->start_all();
    ASSERT_TRUE(cluster_->run_until([this] { return cluster_->leader() != nullptr; }, 30s));
  }
  void TearDown() override {
    for (const auto& violation : cluster_->ledger.violations()) ADD_FAILURE() << violation;
  }
  std::string submit(int count) {
    std::string last;
    for (int i = 0; i < count; ++i) {
      last = cluster_->new_job_id();
      cluster_->submit(*cluster_->leader(), last, true);
      cluster_->run_for(200ms);
    }
    return last;
  }
  bool nobody_leads_for(Duration span) {
    const auto epoch = cluster_->ledger.head() ? cluster_->ledger.head()->epoch : 0;
    cluster_->run_for(span);
    return cluster_->leader() == nullptr && (!cluster_->ledger.head() || cluster_->ledger.head()->epoch == epoch);
  }
  std::string reason(int index) { return cluster_->masters[static_cast<std::size_t>(index)]->view()->eligible_reason; }

  std::unique_ptr<SimCluster> cluster_;
};

TEST_F(Scenario, AJobOutlivesItsLeader) {
  start();
  const std::string id = submit(1);
  SimMaster* first = cluster_->leader();
  first->kill();
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->leader() != nullptr; }, 30s));
  EXPECT_NE(cluster_->leader(), first);
  EXPECT_TRUE(cluster_->leader()->view()->state->jobs().contains(id));
}

TEST_F(Scenario, SigtermHandsOverAtOnce) {
  start();
  submit(3);
  SimMaster* first = cluster_->leader();
  const Time asked = cluster_->time.now();
  first->stop();
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->leader() != nullptr && cluster_->leader() != first; }, 30s));
  EXPECT_LT(cluster_->time.now() - asked, 500ms);
  EXPECT_EQ(first->exited(), 0);
}

TEST_F(Scenario, ARepeatedSubmissionIsOneJob) {
  start();
  const std::string id = submit(1);
  std::optional<Reply::Kind> again;
  cluster_->submit(*cluster_->leader(), id, true, [&](const Reply& reply) { again = reply.kind; });
  cluster_->run_for(1s);
  EXPECT_EQ(again, Reply::Kind::accepted);
  EXPECT_EQ(cluster_->leader()->view()->state->jobs().size(), 1U);
}

TEST_F(Scenario, AnEmptiedZooKeeperLeadsNobodyAndLosesNothing) {
  start();
  const std::string id = submit(5);
  const auto copy = cluster_->zookeeper.save();
  cluster_->ledger.by_hand();
  cluster_->zookeeper.wipe();
  cluster_->run_for(15s);
  EXPECT_TRUE(nobody_leads_for(60s));
  EXPECT_NE(reason(0).find("emptied"), std::string::npos) << reason(0);
  cluster_->zookeeper.restore(copy);
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->leader() != nullptr; }, 120s)) << reason(0);
  EXPECT_TRUE(cluster_->leader()->view()->state->jobs().contains(id));
}

TEST_F(Scenario, AZooKeeperSetBackLeadsNobody) {
  start();
  submit(5);
  const auto old = cluster_->zookeeper.save();
  submit(5);
  cluster_->ledger.by_hand();
  cluster_->zookeeper.restore(old);
  cluster_->run_for(15s);
  EXPECT_TRUE(nobody_leads_for(60s));
  EXPECT_NE(reason(0).find("set back"), std::string::npos) << reason(0);
}

TEST_F(Scenario, AFrozenLeaderWakesAndActsOnNothingThatWaited) {
  start();
  submit(2);
  SimMaster* frozen = cluster_->leader();
  frozen->pause();
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->leader() != nullptr && cluster_->leader() != frozen; }, 60s));
  const std::string id = submit(1);
  std::optional<Reply::Kind> answer;
  cluster_->cancel(*frozen, id, [&](const Reply& reply) { answer = reply.kind; });
  frozen->resume();
  cluster_->run_for(8s);
  EXPECT_EQ(answer, Reply::Kind::unavailable);
}

TEST_F(Scenario, ADeletedHeadIsMadeAnewInTheNextEpoch) {
  start();
  const std::string id = submit(5);
  const auto epoch = cluster_->ledger.head()->epoch;
  cluster_->ledger.by_hand();
  cluster_->zookeeper.delete_all(kHead);
  ASSERT_TRUE(cluster_->run_until(
      [&] { return cluster_->leader() != nullptr && cluster_->zookeeper.find(kHead) != nullptr; }, 60s));
  EXPECT_GT(cluster_->ledger.head()->epoch, epoch);
  EXPECT_TRUE(cluster_->leader()->view()->state->jobs().contains(id));
}

TEST_F(Scenario, AMasterWithoutStorageDoesNotStandInTheWay) {
  SimClusterOptions options;
  cluster_ = std::make_unique<SimCluster>(7, options);
  cluster_->masters[0]->storage().broken = true;
  cluster_->start_all();
  ASSERT_TRUE(cluster_->run_until([this] { return cluster_->leader() != nullptr; }, 30s));
  EXPECT_NE(cluster_->leader(), cluster_->masters[0].get());
  EXPECT_FALSE(cluster_->masters[0]->view()->eligible);
  EXPECT_NE(reason(0).find("mount"), std::string::npos) << reason(0);
}

TEST_F(Scenario, ALeaderWhoseStorageIsSilentMakesWay) {
  start();
  SimMaster* const silent = cluster_->leader();
  silent->storage().hangs = true;
  std::optional<Reply::Kind> answer;
  cluster_->submit(*silent, cluster_->new_job_id(), false, [&](const Reply& reply) { answer = reply.kind; });
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->leader() != nullptr && cluster_->leader() != silent; }, 60s));
  EXPECT_TRUE(answer);
  EXPECT_NE(answer, Reply::Kind::accepted);
  EXPECT_FALSE(silent->view()->eligible);
  cluster_->run_for(11s);
  EXPECT_NE(silent->view()->eligible_reason.find("not answered"), std::string::npos) << silent->view()->eligible_reason;
  silent->storage() = {};
  EXPECT_TRUE(cluster_->run_until([&] { return silent->view()->eligible; }, 30s));
}

/// Each put takes longer than a leader waits for storage that was quick.
TEST_F(Scenario, StorageThatIsSlowForAllIsWaitedFor) {
  start();
  submit(1);
  for (auto& master : cluster_->masters) master->storage().delay_min = master->storage().delay_max = 6s;
  const auto accepted = [&] {
    const std::string id = cluster_->new_job_id();
    cluster_->submit(*cluster_->leader(), id, true);
    return cluster_->run_until(
        [&] { return cluster_->leader() != nullptr && cluster_->leader()->view()->state->jobs().contains(id); }, 120s);
  };
  // The first one may cost leaders their places, before they know how slow it is for everybody.
  const auto before = cluster_->ledger.head()->seq;
  cluster_->submit(*cluster_->leader(), cluster_->new_job_id(), true);
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->ledger.head()->seq > before; }, 90s));
  cluster_->run_for(30s);
  const auto epoch = cluster_->ledger.head()->epoch;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(accepted()) << i;
  EXPECT_EQ(cluster_->ledger.head()->epoch, epoch);
  EXPECT_GE(cluster_->leader()->view()->storage.longest(cluster_->time.now()), 12s);
}

/// storageDir comes back as a copy that lacks what was committed since: a state that is in memory is put there again.
TEST_F(Scenario, WhatStorageHasLostIsWrittenAnew) {
  start();
  const std::string id = submit(5);
  cluster_->ledger.by_hand();
  const auto lost = cluster_->ledger.head()->position();
  cluster_->disk.drop(model::segment_name(lost.epoch, lost.seq));
  cluster_->disk.drop(model::segment_name(lost.epoch, lost.seq - 1));
  // What a store says of a folder that was put in the place of another.
  for (auto& master : cluster_->masters) master->storage().broken = true;
  cluster_->run_for(11s);
  for (auto& master : cluster_->masters) master->storage().broken = false;
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->ledger.head()->snapshot.has_value(); }, 30s));
  EXPECT_GE(cluster_->ledger.head()->snapshot->seq, lost.seq);
  for (auto& master : cluster_->masters) master->kill();
  cluster_->start_all();
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->leader() != nullptr; }, 60s)) << reason(0);
  EXPECT_TRUE(cluster_->leader()->view()->state->jobs().contains(id));
}

/// Nothing fails where files are taken from the folder as it stands, or an older copy is put over it.
TEST_F(Scenario, WhatIsTakenFromStorageUnnoticedIsMissedByTheNextLook) {
  start();
  const std::string id = submit(5);
  cluster_->ledger.by_hand();
  const auto lost = cluster_->ledger.head()->position();
  cluster_->disk.drop(model::segment_name(lost.epoch, lost.seq - 1));
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->ledger.head()->snapshot.has_value(); }, 90s));
  const auto snapshot = cluster_->ledger.head()->snapshot;
  EXPECT_GE(snapshot->seq, lost.seq);
  cluster_->run_for(180s);
  EXPECT_EQ(cluster_->ledger.head()->snapshot, snapshot) << "once is enough";
  for (auto& master : cluster_->masters) master->kill();
  cluster_->start_all();
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->leader() != nullptr; }, 60s)) << reason(0);
  EXPECT_TRUE(cluster_->leader()->view()->state->jobs().contains(id));
}

/// The same where the leader died before it noticed.
TEST_F(Scenario, AnHeirMakesGoodWhatStorageHasLost) {
  start();
  const std::string id = submit(5);
  cluster_->ledger.by_hand();
  const auto lost = cluster_->ledger.head()->position();
  SimMaster* const first = cluster_->leader();
  cluster_->disk.drop(model::segment_name(lost.epoch, lost.seq - 1));
  for (auto& master : cluster_->masters)
    if (master.get() != first) master->storage().broken = true;
  cluster_->run_for(11s);
  for (auto& master : cluster_->masters) master->storage().broken = false;
  cluster_->run_for(5s);
  first->kill();
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->leader() != nullptr; }, 60s));
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->ledger.head()->snapshot.has_value(); }, 30s));
  for (auto& master : cluster_->masters) master->kill();
  cluster_->start_all();
  ASSERT_TRUE(cluster_->run_until([&] { return cluster_->leader() != nullptr; }, 60s)) << reason(0);
  EXPECT_TRUE(cluster_->leader()->view()->state->jobs().contains(id));
}

TEST_F(Scenario, AFullDiskIsSaidAndPasses) {
  start();
  for (auto& master : cluster_->masters) master->storage().full = true;
  std::optional<Reply::Kind> full;
  cluster_->submit(*cluster_->leader(), cluster_->new_job_id(), false, [&](const Reply& reply) { full = reply.kind; });
  cluster_->run_for(1s);
  EXPECT_EQ(full, Reply::Kind::no_space);
  for (auto& master : cluster_->masters) master->storage().full = false;
  std::optional<Reply::Kind> after;
  cluster_->submit(*cluster_->leader(), cluster_->new_job_id(), false, [&](const Reply& reply) { after = reply.kind; });
  cluster_->run_for(2s);
  EXPECT_EQ(after, Reply::Kind::accepted);
}

TEST_F(Scenario, ADamagedRecordHarmsOnlyItsJob) {
  start();
  const std::string harmed = submit(1);
  const auto seq = cluster_->ledger.head()->seq;
  const std::string healthy = submit(1);
  const std::string name = model::segment_name(*cluster_->ledger.head()->epoch_at(seq), seq);
  for (auto& master : cluster_->masters) master->kill();
  const std::string bytes = cluster_->disk.files().at(name).bytes;
  cluster_->ledger.by_hand();
  cluster_->disk.damage(name, bytes.find("/state {") + 20);
  cluster_->start_all();
  ASSERT_TRUE(cluster_->run_until([this] { return cluster_->leader() != nullptr; }, 60s)) << reason(0);
  cluster_->run_for(2s);
  const auto state = cluster_->leader()->view()->state;
  EXPECT_TRUE(state->quarantined().contains(harmed));
  EXPECT_FALSE(state->quarantined().contains(healthy));
  EXPECT_TRUE(state->jobs().find(healthy)->healthy());
}

TEST_F(Scenario, ADamagedSnapshotIsReadAroundThroughTheOneBefore) {
  start();
  // Until there have been two compactions, so that there is a snapshot before the newest one.
  std::optional<model::Position> first;
  for (int i = 0; i < 400; ++i) {
    submit(1);
    const auto& snapshot = cluster_->ledger.head()->snapshot;
    if (!snapshot) continue;
    if (!first) first = *snapshot;
    if (*first != *snapshot) break;
  }
  const auto head = *cluster_->ledger.head();
  ASSERT_TRUE(head.snapshot && first && *head.snapshot != *first);
  const auto jobs = cluster_->leader()->view()->state->jobs().size();
  for (auto& master : cluster_->masters) master->kill();
  cluster_->disk.damage(model::snapshot_name(*head.snapshot), 400);
  cluster_->start_all();
  ASSERT_TRUE(cluster_->run_until([this] { return cluster_->leader() != nullptr; }, 60s)) << reason(0);
  cluster_->run_for(2s);
  EXPECT_EQ(cluster_->leader()->view()->state->jobs().size(), jobs);
  EXPECT_TRUE(cluster_->leader()->view()->state->quarantined().empty());
}

TEST_F(Scenario, JobsThatEndFasterThanTheyAgeDoNotPileUp) {
  SimClusterOptions options = masters_alone();
  options.forget_every = 1h;
  options.forget_slack = 4;
  const auto limits = options.jobs;
  start(options);
  for (int i = 0; i < 100; ++i) {
    const std::string id = submit(1);
    cluster_->cancel(*cluster_->leader(), id);
    cluster_->run_for(200ms);
  }
  cluster_->run_for(2s);
  const jobs::ClusterState& state = *cluster_->leader()->view()->state;
  EXPECT_LE(static_cast<std::int64_t>(state.jobs().size()), limits.history_max + options.forget_slack);
  EXPECT_LE(static_cast<std::int64_t>(state.ended().size()), limits.ended_max + options.forget_slack);
  EXPECT_GE(state.evicted_count(), 80);
}

TEST_F(Scenario, LeadershipIsHandedOverOnRequest) {
  start();
  submit(2);
  cluster_->run_for(5s);
  SimMaster* first = cluster_->leader();
  std::optional<Reply::Kind> answer;
  first->executor().post(
      [&] { first->driver()->transfer(cluster_->time.now() + 5s, [&](const Reply& reply) { answer = reply.kind; }); });
  ASSERT_TRUE(cluster_->run_until([&] { return answer.has_value() && cluster_->leader() != nullptr; }, 10s));
  EXPECT_EQ(answer, Reply::Kind::accepted);
  EXPECT_NE(cluster_->leader(), first);
}

TEST_F(Scenario, AnEndedClusterLeavesNothingBehind) {
  start();
  submit(3);
  SimMaster* first = cluster_->leader();
  std::optional<Reply::Kind> answer;
  first->executor().post([&] {
    first->driver()->end_cluster(cluster_->time.now() + 5s, [&](const Reply& reply) { answer = reply.kind; });
  });
  const auto all_gone = [this] {
    for (const auto& master : cluster_->masters)
      if (!master->exited()) return false;
    return true;
  };
  ASSERT_TRUE(cluster_->run_until(all_gone, 60s));
  EXPECT_EQ(answer, Reply::Kind::accepted);
  EXPECT_TRUE(cluster_->disk.files().empty());
  EXPECT_EQ(cluster_->zookeeper.find(kHead), nullptr);
}

}  // namespace
}  // namespace stellwerk::test
