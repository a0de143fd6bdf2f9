/// A warm copy of the state: watches the head and applies each commit as it is named, so that a
/// takeover finds everything but the last moments already done.
///
/// Pure: loads files through effects, applies them in slices, never leads and never writes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "jobs/cluster_state.h"
#include "journal/replay.h"
#include "master/options.h"
#include "master/protocol.h"

namespace stellwerk::master {

class Follower {
 public:
  explicit Follower(const Options& options) : options_(options) {}

  /// The newest head that was read, and where it stands. An absent one keeps the state.
  void on_head(Clocks clocks, const HeadReading& reading, Outbox& out);

  void beat(Clocks clocks, Outbox& out);
  void slice(Clocks clocks, Outbox& out);
  bool on_loaded(Clocks clocks, OpId op, Result<journal::DecodedFile> result, Outbox& out);
  bool on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, Outbox& out);
  bool on_head_read(Clocks clocks, OpId op, const Result<HeadReading>& result, Outbox& out);

  /// True if `state` holds everything that the newest head names.
  bool complete() const { return head_ && applied_ == head_->position() && fault_.empty() && !replay_; }
  /// Why this master cannot serve the newest head; empty if it can or still works on it.
  const std::string& fault() const { return fault_; }

  const std::optional<model::Head>& head() const { return head_; }
  HeadVersion version() const { return version_; }
  /// False until the first reading: version() says nothing yet.
  bool heard() const { return heard_; }
  model::Position applied() const { return applied_.value_or(model::Position{}); }
  Time behind_since() const { return behind_since_; }
  const std::shared_ptr<const jobs::ClusterState>& view() const { return view_; }
  const journal::ReplaySizes& sizes() const { return sizes_; }

  /// Jobs that no reader could have served, to be quarantined by a leader's first commit.
  std::vector<std::pair<JobId, model::Quarantine>> quarantines(WallMs now) const;

  /// The state goes to a leader, and comes back with what that leader committed.
  jobs::ClusterState take_state() { return std::move(state_); }
  void give_back(jobs::ClusterState state, const model::Head& head, HeadVersion version,
                 const journal::ReplaySizes& sizes, std::shared_ptr<const jobs::ClusterState> view);

 private:
  void start(Clocks clocks, Outbox& out);
  /// The leader has compacted: what its snapshot covers weighs no more. An estimate, by the number of
  /// segments; it decides only when a takeover is followed by a compaction.
  void weigh_again(const model::Head& before, const model::Head& now);
  void begin_replay(Clocks clocks, journal::ReplayPlan plan, Outbox& out);
  void load_wanted(Outbox& out);
  void go_on(Clocks clocks, Outbox& out);
  void react(Clocks clocks, Outbox& out);
  void finish(Clocks clocks, Outbox& out);
  void give_up(std::string why, Outbox& out);
  void apply_slice(Clocks clocks, Outbox& out);

  const Options& options_;
  std::optional<model::Head> head_;
  HeadVersion version_;
  bool heard_ = false;

  jobs::ClusterState state_;
  std::optional<model::Position> applied_;
  std::shared_ptr<const jobs::ClusterState> view_;
  journal::ReplaySizes sizes_;
  journal::MissingRecords missing_;
  std::string fault_;
  std::string told_fault_;  ///< the last that the log was told
  Time behind_since_{};

  // One replay: into `building_`, which becomes the state when it is done.
  std::optional<journal::Replay> replay_;
  jobs::ClusterState building_;
  journal::MissingRecords building_missing_;
  std::map<OpId, std::string> loads_;
  std::optional<journal::DecodedFile> file_;
  std::size_t file_at_ = 0;
  std::optional<model::Head> replayed_head_;  ///< the head that this replay was planned for
  bool newer_head_ = false;                   ///< a head came in while this replay ran
  bool tried_fallback_ = false;
  OpId list_op_ = 0;
  OpId reread_op_ = 0;
  Time retry_at_{};
};

}  // namespace stellwerk::master
