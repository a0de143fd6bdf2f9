/// Keeps the journal short while commits go on: writes a snapshot beside them, has the next head name
/// it, and removes in small steps what no head can name any more.
///
/// Safe by three rules that docs/model checks: a snapshot is named only after it is durable; a head
/// that names it keeps every later segment; what is swept was superseded by a head of our own, and
/// the previous snapshot with its segments stays to fall back to.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "jobs/cluster_state.h"
#include "journal/replay.h"
#include "master/options.h"
#include "master/protocol.h"

namespace stellwerk::master {

class Compaction {
 public:
  explicit Compaction(const Options& options) : options_(options) {}

  /// Starts a snapshot of `state` (which is at `head`), or the next step of a sweep, if it is time.
  void beat(Clocks clocks, const model::Head& head, jobs::ClusterState& state, const journal::ReplaySizes& sizes,
            Outbox& out);
  bool on_put(Clocks clocks, OpId op, const PutResult& result, std::size_t bytes, Outbox& out);
  bool on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, const model::Head& head,
                 Outbox& out);
  bool on_removed(Clocks clocks, OpId op, const Result<void>& result, Outbox& out);

  /// A snapshot as soon as possible, however short the journal is.
  void demand() {
    demanded_ = true;
    begun_since_ = false;
  }
  /// A durable snapshot that no head names yet.
  bool waiting_to_be_named() const { return durable_.has_value(); }
  /// Has `next` name the durable snapshot, if there is one.
  void name_in(model::Head& next) const;
  /// A head that came from name_in() is durable: the sizes that now hold.
  void named(Clocks clocks, const model::Head& head, journal::ReplaySizes& sizes);
  /// A new epoch begins: a snapshot named after the old one that no head names yet is given up, since
  /// only the epoch in a name tells a sweep whose it is (docs/model).
  void forget_unnamed();
  /// A commit was added: its bytes count towards the next compaction.
  void committed(std::size_t bytes) { bytes_beside_ += bytes; }

 private:
  void remove_next(Clocks clocks, Outbox& out);
  bool due(Clocks clocks, const model::Head& head, const journal::ReplaySizes& sizes) const;
  std::deque<std::string> sweepable(Clocks clocks, const std::vector<BlobInfo>& listing, const model::Head& head) const;

  const Options& options_;
  Time last_{};
  bool demanded_ = false;     ///< until a snapshot is named that was begun after the demand
  bool begun_since_ = false;  ///< one was
  OpId put_op_ = 0;
  model::Position writing_;
  std::optional<model::Position> durable_;
  std::size_t durable_bytes_ = 0;
  std::size_t bytes_beside_ = 0;  ///< segment bytes committed since the snapshot's position

  bool sweep_wanted_ = true;  ///< once at the beginning of a term, then after each compaction
  OpId list_op_ = 0;
  OpId remove_op_ = 0;
  std::deque<std::string> removals_;
  Time next_removal_{};
};

}  // namespace stellwerk::master
