/// One commit: a segment under a name that only this epoch can choose, then a compare-and-set of the
/// head that names it; or the head alone (a claim, a new snapshot's name, the end of the cluster).
/// A pure machine: the owner performs each step and reports back what became of it.
///
/// Settling an unknown outcome "by stamp", never by position, is what the model in docs/model proves.
#pragma once

#include <stellwerk/blob_store.h>
#include <stellwerk/coordination.h>

#include <optional>
#include <string>

#include "model/head.h"

namespace stellwerk::journal {

/// What protects a commit. Only the simulator ever switches one off, to see a checker notice.
struct CommitSafeguards {
  bool settle_by_stamp = true;       ///< off: by position, so another's commit may be taken for ours
  bool segment_before_head = true;   ///< off: the head names a file that may not be there
  bool read_after_unknown = true;    ///< off: an unknown write counts as done
  bool refuse_foreign_bytes = true;  ///< off: "exists with other bytes" counts as ours
};

struct CommitPlan {
  model::Head next;                        ///< as it should stand afterwards, stamp included
  HeadVersion expected;                    ///< the compare
  std::optional<model::Position> segment;  ///< to be put first
};

enum class CommitStep {
  put_segment,
  write_head,
  read_head,
  wait,      ///< call on_wake() after backoff()
  finished,  ///< end() tells
};

enum class CommitResult {
  committed,  ///< it stands; `version` is the next compare
  not_done,   ///< certainly nothing happened and the segment's name is free: may go on in this epoch
  tainted,    ///< nothing stands, but the segment's name is spoilt: claim the next epoch before going on
  deposed,    ///< another head stands there; `fate` tells what became of the change
  head_gone,  ///< there is no head any more
};

/// Of the change, for those who wait for an answer.
enum class Fate { durable, nothing, unknown };

struct CommitEnd {
  CommitResult result = CommitResult::deposed;
  Fate fate = Fate::unknown;
  HeadVersion version{};  ///< committed, head_gone: the version to expect next
  Error why{};
};

class Commit {
 public:
  explicit Commit(CommitPlan plan, CommitSafeguards safeguards = {});

  CommitStep start();
  CommitStep on_put(const PutResult& result);
  CommitStep on_write(const WriteResult& result);
  CommitStep on_read(const Result<HeadReading>& reading);
  CommitStep on_wake();
  /// The coordination is there again: a pause that only waited for it is over, and the next one is short.
  /// True: call on_wake() now.
  bool on_coordination_back();

  const CommitPlan& plan() const { return plan_; }
  /// How long to wait: doubles from 50 ms to 2 s while the same step keeps failing.
  Duration backoff() const { return backoff_; }
  /// Only after CommitStep::finished.
  const CommitEnd& end() const { return end_; }
  /// True once a write of the head may be under way: before that nothing can have happened.
  bool head_in_play() const { return head_in_play_; }
  /// True while the segment's put has neither failed for certain nor succeeded.
  bool put_in_play() const { return phase_ == CommitStep::put_segment || put_unknown_; }
  /// The owner left leadership: only reading may follow, no step changes anything any more.
  /// Finishes at once if nothing can have happened.
  CommitStep only_settle();

 private:
  CommitStep enter(CommitStep step);
  CommitStep pause(CommitStep then);
  CommitStep finish(CommitResult result, Fate fate, Error why = {});
  CommitStep settle(const HeadReading& reading);
  Fate fate_in(const model::Head& head) const;

  CommitPlan plan_;
  CommitSafeguards safeguards_;
  CommitStep phase_ = CommitStep::wait;
  CommitStep after_pause_ = CommitStep::wait;
  Duration backoff_{};
  CommitEnd end_;
  bool put_unknown_ = false;  ///< an earlier put of these bytes may still land
  bool head_in_play_ = false;
  bool guard_failed_ = false;  ///< the last write was refused: compare or candidate
  bool session_lost_ = false;
  bool settling_only_ = false;
  int put_tries_ = 0;
};

/// After so many puts of unknown outcome the epoch is given up instead.
inline constexpr int kPutTriesMax = 5;

}  // namespace stellwerk::journal
