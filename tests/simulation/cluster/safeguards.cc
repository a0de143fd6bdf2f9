#include "simulation/cluster/safeguards.h"

namespace stellwerk::test {

const std::vector<SafeguardSwitch>& safeguard_switches() {
  static const std::vector<SafeguardSwitch> kSwitches{
      {"settle_by_stamp", [](ChaosOptions& o) { o.cluster.safeguards.commit.settle_by_stamp = false; }},
      {"segment_before_head", [](ChaosOptions& o) { o.cluster.safeguards.commit.segment_before_head = false; }},
      {"read_after_unknown", [](ChaosOptions& o) { o.cluster.safeguards.commit.read_after_unknown = false; }},
      {"refuse_known_ids", [](ChaosOptions& o) { o.cluster.safeguards.jobs.refuse_known_ids = false; }},
      {"refuse_evicted_ids", [](ChaosOptions& o) { o.cluster.safeguards.jobs.refuse_evicted_ids = false; }},
      {"ended_is_final", [](ChaosOptions& o) { o.cluster.safeguards.jobs.ended_is_final = false; }},
      {"answer_when_durable", [](ChaosOptions& o) { o.cluster.safeguards.answer_when_durable = false; }},
      // Other bytes under a spoilt name are refused by the next line of defence, so both go.
      {"burn_tainted_epoch",
       [](ChaosOptions& o) {
         o.cluster.safeguards.burn_tainted_epoch = false;
         o.cluster.safeguards.commit.refuse_foreign_bytes = false;
       }},
      {"keep_later_segments", [](ChaosOptions& o) { o.cluster.safeguards.keep_later_segments = false; }},
      {"sweep_only_unnamed", [](ChaosOptions& o) { o.cluster.safeguards.sweep_only_unnamed = false; }},
      {"new_names", [](ChaosOptions& o) { o.cluster.safeguards.uploads.new_names = false; }},
      {"record_first", [](ChaosOptions& o) { o.cluster.safeguards.uploads.record_first = false; }},
      {"spare_uploads", [](ChaosOptions& o) { o.cluster.safeguards.uploads.spare_uploads = false; }},
      {"apply_before_lead", [](ChaosOptions& o) { o.cluster.safeguards.apply_before_lead = false; }},
      // With room elsewhere for what is given up.
      {"wait_lease",
       [](ChaosOptions& o) {
         o.cluster.wait_lease = false;
         o.cluster.workers = 5;
       }},
      {"guards_end_leased",
       [](ChaosOptions& o) {
         o.cluster.worker_guards_end_leased = false;
         o.cluster.workers = 5;
       }},
      {"server_compares", [](ChaosOptions& o) { o.cluster.server_compares = false; }},
      {"compare_session", [](ChaosOptions& o) { o.cluster.election.compare_session = false; }},
  };
  return kSwitches;
}

bool switch_off(ChaosOptions& options, const std::string& name) {
  for (const auto& safeguard : safeguard_switches()) {
    if (safeguard.name != name) continue;
    safeguard.off(options);
    return true;
  }
  return false;
}

}  // namespace stellwerk::test
