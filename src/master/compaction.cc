#include "master/compaction.h"

#include <algorithm>
#include <map>

namespace stellwerk::master {

using model::FileKind;
using model::Head;
using model::Position;

namespace {

/// Fewer segments than this since the snapshot are never worth one.
constexpr std::int64_t kSegmentsMin = 16;
/// With so many files to remove there is no pause between two: the folder may grow faster than that.
constexpr std::size_t kSweepHurryFrom = 1'000;

std::int64_t segments_in(const Head& head) {
  return head.seq - (head.first_seq() - 1);
}

}  // namespace

bool Compaction::due(Clocks clocks, const Head& head, const journal::ReplaySizes& sizes) const {
  const bool writing = put_op_ != 0 && clocks.now - last_ < options_.limits.compaction.put_max;
  if (writing || durable_ || head.ended) return false;
  if (last_ != Time{} && clocks.now - last_ < options_.limits.compaction.pause) return false;
  // A snapshot's name carries our epoch, so that nobody else can choose it; it must be a commit's too.
  if (head.position().epoch != head.epoch) return false;
  if (demanded_ || head.segments.size() >= model::kHeadRangesMax / 2) return true;
  const auto& limits = options_.limits.compaction;
  const std::int64_t segments = segments_in(head);
  if (segments < kSegmentsMin) return false;
  const bool heavy = sizes.segment_bytes >= limits.bytes_min && sizes.segment_bytes * 2 > sizes.snapshot_bytes;
  const bool many = segments >= limits.segments_max && sizes.segment_bytes * 8 >= sizes.snapshot_bytes;
  return heavy || many;
}

void Compaction::beat(Clocks clocks, const Head& head, jobs::ClusterState& state, const journal::ReplaySizes& sizes,
                      Outbox& out) {
  if (due(clocks, head, sizes)) {
    last_ = clocks.now;
    begun_since_ = true;
    writing_ = head.position();
    bytes_beside_ = 0;
    journal::FileHeader header;
    header.cluster = head.cluster;
    header.at = writing_;
    header.previous = writing_;
    put_op_ = out.next_op();
    auto table = std::make_shared<const journal::RecordTable>(state.share_records());
    out.push(PutBlob{put_op_, model::snapshot_name(writing_),
                     [header, table] { return journal::encode_snapshot(header, *table); }});
  }
  if (sweep_wanted_ && list_op_ == 0 && removals_.empty() && remove_op_ == 0 && head.snapshot) {
    sweep_wanted_ = false;
    list_op_ = out.next_op();
    out.push(ListBlobs{list_op_, "journal/"});
  }
  remove_next(clocks, out);
}

void Compaction::remove_next(Clocks clocks, Outbox& out) {
  if (removals_.empty() || remove_op_ != 0 || clocks.now < next_removal_) return;
  remove_op_ = out.next_op();
  out.push(RemoveBlob{remove_op_, removals_.front()});
  removals_.pop_front();
}

bool Compaction::on_put(Clocks clocks, OpId op, const PutResult& result, std::size_t bytes, Outbox& out) {
  if (op == 0 || op != put_op_) return false;
  put_op_ = 0;
  last_ = clocks.now;
  if (result.outcome == PutOutcome::ok) {
    durable_ = writing_;
    durable_bytes_ = bytes;
  } else {
    out.note(NoteLevel::warn, "Could not write " + model::snapshot_name(writing_) + ": " + result.error.text +
                                  "; the journal stays long and a later snapshot is tried");
  }
  return true;
}

void Compaction::forget_unnamed() {
  put_op_ = 0;
  durable_.reset();
}

void Compaction::name_in(Head& next) const {
  if (!durable_) return;
  next.compact(*durable_);
  if (!options_.safeguards.keep_later_segments) {
    next.segments.clear();
    next.snapshot = Position{durable_->epoch, next.seq};
  }
}

void Compaction::named(Clocks clocks, const Head& head, journal::ReplaySizes& sizes) {
  if (!durable_ || !head.snapshot || *head.snapshot != *durable_) return;
  sizes.snapshot_bytes = durable_bytes_;
  sizes.segment_bytes = bytes_beside_;
  durable_.reset();
  if (begun_since_) demanded_ = false;
  last_ = clocks.now;
  sweep_wanted_ = true;
}

std::deque<std::string> Compaction::sweepable(Clocks clocks, const std::vector<BlobInfo>& listing,
                                              const Head& head) const {
  std::optional<Position> previous;
  std::map<std::int64_t, std::int64_t> newest_epoch;  // of segments that the snapshot covers
  for (const auto& blob : listing) {
    const auto file = model::parse_file_name(blob.name);
    if (!file || file->at.epoch > head.epoch) continue;
    if (file->kind == FileKind::snapshot && file->at.seq < head.snapshot->seq)
      previous = std::max(previous.value_or(file->at), file->at, [](Position a, Position b) { return a.seq < b.seq; });
    if (file->kind == FileKind::segment && file->at.seq <= head.snapshot->seq)
      newest_epoch[file->at.seq] = std::max(newest_epoch[file->at.seq], file->at.epoch);
  }
  const bool keep = options_.safeguards.keep_previous_snapshot;
  const std::int64_t covered = !keep ? head.snapshot->seq : previous ? previous->seq : 0;
  // Snapshots go first: each is as large as thousands of segments, and a term may end before all are gone.
  std::deque<std::string> out;
  const auto remove = [&out](const BlobInfo& blob, FileKind kind) {
    kind == FileKind::snapshot ? out.push_front(blob.name) : out.push_back(blob.name);
  };
  for (const auto& blob : listing) {
    const auto file = model::parse_file_name(blob.name);
    if (!file || file->at.epoch > head.epoch) continue;
    const bool old =
        blob.modified_ms >= 0 && clocks.wall - blob.modified_ms > options_.limits.compaction.stray_age.count();
    if (!options_.safeguards.sweep_only_unnamed) {
      if (old || file->at.seq <= head.seq) remove(blob, file->kind);
      continue;
    }
    const bool stray_epoch = file->at.epoch < head.epoch && old;
    bool superseded = false;
    bool stray = false;
    if (file->kind == FileKind::snapshot) {
      superseded = file->at.seq < covered;
      stray = stray_epoch && file->at != *head.snapshot && file->at != previous.value_or(*head.snapshot);
    } else {
      superseded = file->at.seq <= covered;
      stray = stray_epoch && (file->at.seq > head.snapshot->seq ? head.epoch_at(file->at.seq) != file->at.epoch
                                                                : newest_epoch[file->at.seq] != file->at.epoch);
    }
    if (superseded || stray) remove(blob, file->kind);
  }
  return out;
}

bool Compaction::on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, const Head& head,
                           Outbox& out) {
  if (op == 0 || op != list_op_) return false;
  list_op_ = 0;
  if (result.has_error()) {
    out.note(NoteLevel::warn, "Could not list the journal to remove old files: " + result.error().text);
    return true;
  }
  if (head.snapshot) removals_ = sweepable(clocks, *result, head);
  return true;
}

bool Compaction::on_removed(Clocks clocks, OpId op, const Result<void>& result, Outbox& out) {
  if (op == 0 || op != remove_op_) return false;
  remove_op_ = 0;
  const bool hurry = result.has_value() && removals_.size() >= kSweepHurryFrom;
  next_removal_ = clocks.now + (hurry ? Duration{} : Duration(options_.limits.compaction.sweep_pause));
  if (hurry) remove_next(clocks, out);
  if (result.has_error())
    out.note(NoteLevel::warn, "Could not remove an old journal file: " + result.error().text + "; it is left alone");
  return true;
}

}  // namespace stellwerk::master
