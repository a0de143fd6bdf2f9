/// What a repair would write: a commit under the next epoch with what the operator decided about each
/// quarantined job, and a snapshot of all that could be read. Pure; app/ claims the register and writes it.
///
/// The commit is a segment like every other, so that masters find a way around the snapshot too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "fsck/examination.h"

namespace stellwerk::fsck {

/// About one quarantined job (its id), one damaged record (its key), or all of them ("all").
struct Decision {
  enum class Kind {
    keep,     ///< serve it as it is read now
    drop,     ///< end it: CANCELED, never to run again
    restore,  ///< put the copy that was found, or `value`, in the place of what is damaged
  };
  Kind kind = Kind::keep;
  std::string target;
  std::optional<std::string> value{};  ///< of restore with a key: what to put there, JSON
};

struct Repair {
  jobs::ClusterState state;
  std::vector<model::Record> changes;  ///< from what was read to `state`
  std::vector<std::string> actions;    ///< what is done, a sentence each, for people and for the journal
  std::vector<std::string> set_aside;  ///< damaged files that nothing names any more, to be moved out of the journal
};

struct RepairOptions {
  bool accept_loss = false;
  /// The operator's word that this cluster is the one meant, where cluster.json or register name another.
  std::string cluster{};
};

/// Whether there is anything that writing the state anew mends.
bool needs_repair(const Examination& examination);

/// Jobs without a decision stay in quarantine, new ones are put there. Errors: invalid (a decision about
/// what is not quarantined, or that cannot be carried out), refused (it would lose what was acknowledged and
/// that was not accepted; the last segment needs a decision; somebody else's files), not_found (nothing to
/// repair), not_supported (a newer version's files).
Result<Repair> plan_repair(Examination& examination, const std::vector<Decision>& decisions,
                           const RepairOptions& options, WallMs now);

/// The epoch to claim for a repair: later than everything that is there.
std::int64_t next_epoch(const Examination& examination);

/// The head that claims it: what was examined, under that epoch. `examination.head` is there.
model::Head claiming_head(const Examination& examination, std::int64_t epoch, model::Stamp stamp, std::string id,
                          WallMs now);
/// The head that follows: the commit, and the snapshot that holds it. `claimed`: what stands.
model::Head repaired_head(const model::Head& claimed, model::Stamp stamp);
/// The bytes of both files; both are at repaired.position().
std::string repair_segment(const Repair& repair, const model::Head& claimed, const model::Head& repaired);
std::string repaired_snapshot(const Repair& repair, const model::Head& repaired);

}  // namespace stellwerk::fsck
