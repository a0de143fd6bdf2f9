/// A head made from the files alone: the newest snapshot and the chain of segments after it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fsck/survey.h"
#include "model/head.h"

namespace stellwerk::fsck {

/// What to do about the last segment when nothing proves that the register ever named it: its changes
/// were acknowledged, or their callers were told that nothing happened.
enum class LastSegment { ask, keep, drop };

struct Rebuilt {
  /// Its epoch is the highest that any file or the older head has; who writes it claims the next one.
  model::Head head;
  /// The segment that nothing proves; with LastSegment::drop the head is without it.
  std::optional<model::Position> unproven;
  bool last_decided = false;  ///< the caller said what to do about it
};

/// `older`: a head that stood once (a register that was set back), which proves what it names. `cluster`:
/// the uuid that the operator named; empty: the one that register, cluster.json and files agree on.
/// Errors: not_found (no file of a journal can be used), conflict (they do not agree), damaged (the files
/// make no register), too_large.
Result<Rebuilt> rebuild_head(const Survey& survey, const std::optional<model::Head>& older, LastSegment last,
                             const std::string& cluster = {});

}  // namespace stellwerk::fsck
