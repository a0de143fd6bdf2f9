/// One execution of one subtask of a job: its name, and what is remembered of it.
#pragma once

#include <stellwerk/result.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "model/job_spec.h"

namespace stellwerk::model {

/// A subtask of a job: the place of its vertex in the spec, and its own place in the vertex.
struct TaskRef {
  std::int32_t vertex = 0;
  std::int32_t subtask = 0;

  friend auto operator<=>(const TaskRef&, const TaskRef&) = default;
};

/// Names one execution among all that ever were.
struct AttemptId {
  JobId job;
  TaskRef task;
  std::int32_t number = 0;  ///< from 0, as Flink's

  /// "<job>/<vertex>/<subtask>/<number>"
  std::string text() const;
  friend auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

/// Errors: invalid.
Result<AttemptId> parse_attempt_id(std::string_view text);

/// How an attempt ended.
enum class AttemptEnd {
  finished,
  failed,
  canceled,  ///< it was stopped, or it is gone, without a fault of its own
};
/// "FINISHED", "FAILED", "CANCELED".
std::string_view to_string(AttemptEnd end) noexcept;
std::optional<AttemptEnd> parse_attempt_end(std::string_view text) noexcept;

/// The value of `jobs/<id>/attempts/<vertex>/<subtask>`: the task's newest attempt. Written when it is decided and
/// when it has ended, and never between.
struct Attempt {
  std::int32_t number = 0;
  std::string worker;            ///< id
  std::int64_t incarnation = 0;  ///< of the worker
  std::string host;
  WallMs start_ms = 0;
  WallMs end_ms = -1;
  std::optional<AttemptEnd> end;  ///< none: it runs, as far as is known

  bool open() const { return !end.has_value(); }
  friend bool operator==(const Attempt&, const Attempt&) = default;
};
std::string encode_attempt(const Attempt& attempt);
/// Errors: damaged, not_supported (newer schema).
Result<Attempt> decode_attempt(std::string_view text);

}  // namespace stellwerk::model
