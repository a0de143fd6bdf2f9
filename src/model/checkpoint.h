/// What is remembered of a job's checkpoints. What one holds is the processes' own: here are handles, texts that mean
/// something to them alone.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/attempt.h"

namespace stellwerk::model {

/// Longest handle, in bytes; printable text.
inline constexpr std::size_t kHandleBytesMax = 4096;
/// Largest record of a completed checkpoint, in bytes: below kRecordBytesMax, and far below what a commit takes.
inline constexpr std::size_t kCheckpointBytesMax = std::size_t{3} << 20;
/// Largest size that a task tells of its part, in bytes: those of all tasks together are a number, too.
inline constexpr std::int64_t kCheckpointSizeMax = std::int64_t{1} << 45;
/// Ended checkpoints of a job that are remembered, as Flink's web.checkpoints.history.
inline constexpr std::size_t kCheckpointHistoryMax = 10;
/// Longest reason why one was given up, in bytes.
inline constexpr std::size_t kCheckpointCauseBytesMax = 512;
/// Callers that wait for one checkpoint of a job.
inline constexpr std::size_t kCheckpointAsksMax = 16;

/// Cut to kCheckpointCauseBytesMax, between two characters.
std::string checkpoint_cause(std::string text);

/// What one attempt has acknowledged.
struct SubtaskCheckpoint {
  TaskRef task;
  std::int32_t attempt = 0;
  WallMs at_ms = 0;
  std::int64_t size = 0;  ///< bytes, as the process says; 0: it does not say
  std::string handle;

  friend bool operator==(const SubtaskCheckpoint&, const SubtaskCheckpoint&) = default;
};

/// The value of `jobs/<id>/checkpoints/<n>`: a completed checkpoint. Written once.
struct Checkpoint {
  std::int64_t number = 0;
  WallMs begun_ms = 0;
  WallMs ended_ms = 0;
  std::vector<SubtaskCheckpoint> subtasks;  ///< by vertex and subtask; who had finished is not among them

  /// Null: it had finished.
  const SubtaskCheckpoint* find(TaskRef task) const;
  std::int64_t size() const;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};
std::string encode_checkpoint(const Checkpoint& checkpoint);
/// Errors: damaged, not_supported (newer schema).
Result<Checkpoint> decode_checkpoint(std::string_view text);
/// Of its part of the record, in bytes.
std::size_t encoded_bytes(const SubtaskCheckpoint& subtask);

/// One that has ended, in short.
struct CheckpointSummary {
  std::int64_t number = 0;
  WallMs begun_ms = 0;
  WallMs ended_ms = 0;
  std::int64_t subtasks = 0;
  std::int64_t acknowledged = 0;  ///< as many if it was completed
  std::int64_t size = 0;
  std::string cause;  ///< why it was given up; empty: it was completed

  bool completed() const { return cause.empty(); }
  friend bool operator==(const CheckpointSummary&, const CheckpointSummary&) = default;
};

/// The value of `jobs/<id>/checkpointing`: numbers that were given, and what became of them. Written when a checkpoint
/// begins, before any process hears of it, and when it has ended.
struct CheckpointBook {
  struct Pending {
    std::int64_t number = 0;
    WallMs begun_ms = 0;
    std::int64_t subtasks = 0;
    std::vector<std::string> triggers;  ///< whose answer it is

    friend bool operator==(const Pending&, const Pending&) = default;
  };

  std::int64_t last = 0;  ///< the highest number that was ever given; none is given twice
  std::optional<Pending> pending;
  std::vector<std::string> asked;  ///< triggers that wait for the next one
  std::int64_t completed = 0;
  std::int64_t failed = 0;  ///< without those that a leader left behind
  std::int32_t failed_in_row = 0;
  std::vector<CheckpointSummary> history;  ///< newest last
  std::vector<std::int64_t> retained;      ///< whose records stand; newest last
  std::int64_t restores = 0;
  std::int64_t restored = 0;  ///< number of the one that tasks began from last; 0: never
  WallMs restored_ms = 0;

  /// 0: there is none.
  std::int64_t newest() const { return retained.empty() ? 0 : retained.back(); }
  /// Bounded: the oldest goes.
  void remember(CheckpointSummary summary);
  friend bool operator==(const CheckpointBook&, const CheckpointBook&) = default;
};
std::string encode_checkpoint_book(const CheckpointBook& book);
/// Errors: damaged, not_supported.
Result<CheckpointBook> decode_checkpoint_book(std::string_view text);

/// The value of `triggers/<id>`: a caller's wish for a checkpoint, and what became of it.
struct CheckpointTrigger {
  JobId job;
  WallMs at_ms = 0;
  std::int64_t checkpoint = 0;  ///< that was completed; 0: none yet, or never
  std::string cause;            ///< why there is none; empty: there is, or may be

  bool waits() const { return checkpoint == 0 && cause.empty(); }
  friend bool operator==(const CheckpointTrigger&, const CheckpointTrigger&) = default;
};
std::string encode_trigger(const CheckpointTrigger& trigger);
/// Errors: damaged, not_supported.
Result<CheckpointTrigger> decode_trigger(std::string_view text);

/// 32 lower hexadecimal digits, as Flink's.
bool is_trigger_id(std::string_view text) noexcept;

}  // namespace stellwerk::model
