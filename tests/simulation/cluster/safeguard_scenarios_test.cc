/// Safeguards that random schedules meet too rarely: each has a scenario that passes with it and in
/// which a checker notices without it.

#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/cluster/sim_cluster.h"

namespace stellwerk::test {
namespace {

using namespace std::chrono_literals;

const std::string kHead = "/stellwerk/default/head";

struct Play {
  std::string name;
  void (*off)(SimClusterOptions&);
  void (*play)(SimCluster&);
};

bool one_leads(SimCluster& cluster, Duration limit) {
  return cluster.run_until([&] { return cluster.leader() != nullptr; }, limit);
}

std::string submit(SimCluster& cluster, int count) {
  std::string last;
  for (int i = 0; i < count; ++i) {
    SimMaster* leader = cluster.leader();
    if (leader == nullptr) break;
    last = cluster.new_job_id();
    cluster.submit(*leader, last, true);
    cluster.run_for(200ms);
  }
  return last;
}

void kill_all(SimCluster& cluster) {
  for (auto& master : cluster.masters) master->kill();
}

void zookeeper_set_back(SimCluster& cluster) {
  submit(cluster, 5);
  const auto old = cluster.zookeeper.save();
  submit(cluster, 5);
  cluster.ledger.by_hand();
  cluster.zookeeper.restore(old);
  cluster.run_for(60s);
}

void storage_of_another_cluster(SimCluster& cluster) {
  submit(cluster, 3);
  kill_all(cluster);
  model::Head other;
  other.cluster = "11111111-2222-4333-8444-555555555555";
  other.epoch = cluster.ledger.head()->epoch + 10;
  other.leader = cluster.ledger.head()->leader;
  other.stamp = cluster.ledger.head()->stamp;
  cluster.zookeeper.put(kHead, model::encode_head(other));
  cluster.start_all();
  cluster.run_for(60s);
}

void newest_snapshot_damaged(SimCluster& cluster) {
  std::optional<model::Position> first;
  for (int i = 0; i < 400; ++i) {
    submit(cluster, 1);
    const auto& snapshot = cluster.ledger.head()->snapshot;
    if (!snapshot) continue;
    if (!first) first = *snapshot;
    if (*first != *snapshot) break;
  }
  cluster.run_for(5s);  // the sweep behind it
  const auto snapshot = cluster.ledger.head()->snapshot;
  kill_all(cluster);
  if (!snapshot || snapshot == first) return cluster.ledger.fail("the scenario saw no second snapshot");
  cluster.disk.damage(model::snapshot_name(*snapshot), 400);
  cluster.start_all();
  if (!one_leads(cluster, 60s)) return cluster.ledger.fail("nobody leads");
  cluster.run_for(2s);
}

void cut_off_leader_is_asked(SimCluster& cluster) {
  submit(cluster, 2);  // the second takes the rest of the takeover's record along: nothing waits to be written
  SimMaster* old = cluster.leader();
  old->link().partition(true);
  const auto another = [&] { return cluster.leader() != nullptr && cluster.leader() != old; };
  if (!cluster.run_until(another, 60s)) return cluster.ledger.fail("nobody else leads");
  const std::string id = submit(cluster, 1);
  if (!old->leads()) return cluster.ledger.fail("the scenario needs a leader that has heard nothing");
  cluster.cancel(*old, id);
  cluster.run_for(6s);
}

void record_damaged(SimCluster& cluster) {
  const std::string harmed = submit(cluster, 1);
  const auto head = *cluster.ledger.head();
  const std::string name = model::segment_name(*head.epoch_at(head.seq), head.seq);
  kill_all(cluster);
  cluster.ledger.by_hand();
  cluster.disk.damage(name, cluster.disk.files().at(name).bytes.find("/state {") + 20);
  cluster.start_all();
  if (!one_leads(cluster, 60s)) return cluster.ledger.fail("nobody leads");
  cluster.run_for(2s);
  if (!cluster.leader()->view()->state->quarantined().contains(harmed))
    cluster.ledger.fail("P4: job " + harmed + " lost a record and nobody says so");
}

/// Somebody else's bytes stand where the next segment belongs.
void next_name_is_taken(SimCluster& cluster) {
  submit(cluster, 1);
  cluster.run_for(3s);
  const auto head = *cluster.ledger.head();
  cluster.disk.put(model::segment_name(head.epoch, head.seq + 1), "not ours\n", 0);
  submit(cluster, 1);  // whoever wrote that file may lead: ours stands back
  if (!one_leads(cluster, 60s)) return cluster.ledger.fail("nobody leads");
  const std::string id = submit(cluster, 1);
  if (!cluster.ledger.truth().jobs().contains(id)) cluster.ledger.fail("progress: a foreign file stops the cluster");
}

/// The next in line has no mount any more when the leader dies.
void next_in_line_without_storage(SimCluster& cluster) {
  submit(cluster, 1);
  cluster.run_for(2s);
  SimMaster* leader = cluster.leader();
  const auto& members = leader->view()->members;
  if (members.size() < 2) return cluster.ledger.fail("the scenario needs a queue");
  for (auto& master : cluster.masters)
    if (members[1].host == master->name()) master->storage().broken = true;
  cluster.run_for(30s);
  leader->kill();
  const Time killed = cluster.time.now();
  if (!one_leads(cluster, 60s)) return cluster.ledger.fail("nobody leads");
  const std::string id = submit(cluster, 1);
  // The session's timeout, its tick, and a moment.
  if (cluster.time.now() - killed > 12s || !cluster.ledger.truth().jobs().contains(id))
    cluster.ledger.fail("progress: a master without storage stands in the way");
}

/// The epoch is given up between the file and the record that names it.
void epoch_given_up_under_an_upload(SimCluster& cluster) {
  submit(cluster, 1);
  cluster.run_for(3s);
  SimMaster* leader = cluster.leader();
  const std::int64_t epoch = cluster.ledger.head()->epoch;
  const std::string uuid = "12345678-1234-4123-8123-123456789abc";
  cluster.upload(*leader, uuid, 0, false);
  const auto stored = [&] {
    return std::any_of(cluster.disk.files().begin(), cluster.disk.files().end(),
                       [](const auto& file) { return file.first.starts_with("blobs/"); });
  };
  if (!cluster.run_until(stored, 5s)) return cluster.ledger.fail("the file is not stored");
  leader->storage().unknown_never = 1;
  if (!cluster.run_until([&] { return cluster.ledger.head()->epoch > epoch; }, 60s) || cluster.leader() != leader)
    return cluster.ledger.fail("the scenario needs a leader that gives its epoch up");
  leader->storage() = {};
  cluster.run_for(10s);
  const std::string later = "12345678-1234-4123-8123-123456789abd";
  cluster.upload(*cluster.leader(), later, 0, false);
  cluster.run_for(2s);
  if (!cluster.ledger.truth().bundles().contains(later)) cluster.ledger.fail("progress: it cannot be uploaded again");
  cluster.demand_sound_files();
}

const Play kPlays[] = {
    {"check_before_join", [](SimClusterOptions& o) { o.safeguards.check_before_join = false; }, zookeeper_set_back},
    {"match_cluster", [](SimClusterOptions& o) { o.safeguards.match_cluster = false; }, storage_of_another_cluster},
    {"keep_previous_snapshot", [](SimClusterOptions& o) { o.safeguards.keep_previous_snapshot = false; },
     newest_snapshot_damaged},
    {"act_until_deadline", [](SimClusterOptions& o) { o.safeguards.act_until_deadline = false; },
     cut_off_leader_is_asked},
    {"quarantine", [](SimClusterOptions& o) { o.safeguards.quarantine = false; }, record_damaged},
    {"stand_only_if_healthy", [](SimClusterOptions& o) { o.safeguards.stand_only_if_healthy = false; },
     next_in_line_without_storage},
    {"refuse_foreign_bytes", [](SimClusterOptions& o) { o.safeguards.commit.refuse_foreign_bytes = false; },
     next_name_is_taken},
    {"own_epoch", [](SimClusterOptions& o) { o.safeguards.uploads.own_epoch = false; }, epoch_given_up_under_an_upload},
};

class SafeguardScenario : public testing::TestWithParam<Play> {
 protected:
  /// Of masters alone: what jobs do meanwhile is another matter.
  static std::vector<std::string> violations(SimClusterOptions options) {
    options.workers = 0;
    SimCluster cluster(7, options);
    cluster.start_all();
    if (!one_leads(cluster, 30s)) return {"nobody leads"};
    GetParam().play(cluster);
    return cluster.ledger.violations();
  }
};

TEST_P(SafeguardScenario, PassesWithIt) {
  for (const auto& violation : violations({})) ADD_FAILURE() << violation;
}

TEST_P(SafeguardScenario, IsNoticedWithoutIt) {
  SimClusterOptions options;
  GetParam().off(options);
  EXPECT_FALSE(violations(options).empty()) << "nobody misses " << GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(Each, SafeguardScenario, testing::ValuesIn(kPlays),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace stellwerk::test
