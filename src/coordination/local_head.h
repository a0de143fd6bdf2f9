/// The head as write-once files: `HEAD-<version, 20 digits>`, of which the highest holds.
///
/// A write links the next number, which refuses to replace: that is the compare. Older heads stay a
/// while, so that a writer which was paused between its compare and its link can tell whether it
/// succeeded, and for people who want to see what happened.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <string>

#include "coordination/local_folder.h"

namespace stellwerk::coordination {

/// Older heads that are kept.
inline constexpr std::int64_t kHeadsKept = 64;

/// Blocks; one thread at a time. Any number of processes may do the same on one folder.
class LocalHead {
 public:
  explicit LocalHead(LocalFolder& folder) : folder_(folder) {}

  /// Errors: unavailable; damaged: the highest file is not whole. An older one is never taken
  /// instead, because what was acknowledged since would be lost in silence.
  Result<HeadReading> read() const;

  /// `generation` marks a register that this write founds; it differs between a register and its
  /// successor. Outcomes: ok, mismatch, not_sent (full, no permission), unknown.
  WriteResult write(std::string_view bytes, HeadVersion expected, std::int64_t generation);

  /// Removes all heads, the newest last. Errors: unknown.
  Result<void> erase();

  /// For `stellwerk fsck`, when the newest file is not whole: the newest before it that is. No bytes:
  /// there is none. Errors: unavailable.
  Result<HeadReading> read_before_damaged() const;
  /// Writes the next number over a newest file that is not whole, which stays. The caller holds the lock.
  /// Outcomes: ok, mismatch (it is whole, or somebody was faster), not_sent, unknown.
  WriteResult write_over_damaged(std::string_view bytes, std::int64_t generation);

  static std::string file_name(std::int64_t version);

 private:
  Result<std::int64_t> newest() const;
  WriteResult settle(HeadVersion expected, HeadVersion written);
  void sweep(std::int64_t newest);

  LocalFolder& folder_;
};

}  // namespace stellwerk::coordination
