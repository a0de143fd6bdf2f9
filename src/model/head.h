/// The head: the one mutable register of a cluster. Whoever changes it by compare-and-set leads, and
/// what it names is the cluster's memory. Its JSON form is a contract with every other version.
#pragma once

#include <stellwerk/coordination.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/position.h"

namespace stellwerk::model {

/// The form of heads and journal files that this version writes; it reads no newer one.
inline constexpr std::int64_t kLayout = 1;
/// Commits of one epoch that follow each other: segment-<epoch>-<from> ... segment-<epoch>-<to>.
struct SegmentRange {
  std::int64_t epoch = 0;
  std::int64_t from = 0;
  std::int64_t to = 0;

  friend bool operator==(const SegmentRange&, const SegmentRange&) = default;
};

/// Tells one write of the head from every other one ever made, also from a repetition with the same
/// content by another process.
struct Stamp {
  std::string process;
  std::int64_t counter = 0;

  friend bool operator==(const Stamp&, const Stamp&) = default;
};

struct LeaderAddress {
  std::string id;
  std::string rest;
  std::string rpc;

  friend bool operator==(const LeaderAddress&, const LeaderAddress&) = default;
};

struct Head {
  std::string cluster;  ///< uuid, made when the cluster was founded
  Stamp stamp;
  std::int64_t epoch = 0;
  LeaderAddress leader;
  std::int64_t seq = 0;                ///< newest durable commit; 0 = none yet
  std::optional<Position> snapshot;    ///< the file it is in; covers all up to its seq
  std::vector<SegmentRange> segments;  ///< all commits after the snapshot, without a gap
  std::int64_t since_ms = 0;           ///< wall time of the claim of this epoch
  bool ended = false;                  ///< DELETE /cluster was durable: nobody leads any more

  /// The newest durable commit. Its epoch is that of the commit, not of the claim.
  Position position() const;
  /// The first seq that the segments cover (one past the snapshot).
  std::int64_t first_seq() const { return snapshot ? snapshot->seq + 1 : 1; }
  /// Epoch of the commit at `seq`, if the ranges cover it.
  std::optional<std::int64_t> epoch_at(std::int64_t seq) const;
  /// Adds the commit that follows the newest one.
  void append(std::int64_t commit_epoch);
  /// Names `file` as the snapshot and forgets the ranges that it covers.
  void compact(Position file);

  friend bool operator==(const Head&, const Head&) = default;
};

/// Compact JSON, at most kHeadBytesMax as long as ranges are kept under kHeadRangesMax.
std::string encode_head(const Head& head);
inline constexpr std::size_t kHeadRangesMax = 512;

/// Checks all that can be checked without storage. Errors: damaged (names the field), not_supported
/// (a newer layout).
Result<Head> decode_head(std::string_view bytes);

std::string segment_name(std::int64_t epoch, std::int64_t seq);
std::string snapshot_name(Position file);

enum class FileKind { segment, snapshot };
struct FileName {
  FileKind kind = FileKind::segment;
  Position at;
};
/// Null for anything in `journal/` that is not ours.
std::optional<FileName> parse_file_name(std::string_view name);

}  // namespace stellwerk::model
