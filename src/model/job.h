/// What is remembered of a job: its status and times. Names and meanings are Flink's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/ids.h"
#include "model/restart_state.h"

namespace stellwerk::model {

enum class JobStatus {
  initializing,
  created,
  running,
  failing,
  failed,
  cancelling,
  canceled,
  finished,
  restarting,
  suspended,
  reconciling,
};
inline constexpr std::size_t kJobStatuses = 11;

/// "CREATED", "CANCELLING", "CANCELED", ...
std::string_view to_string(JobStatus status) noexcept;
std::optional<JobStatus> parse_job_status(std::string_view text) noexcept;
/// FINISHED, FAILED, CANCELED: nothing can follow.
bool is_terminal(JobStatus status) noexcept;

/// Failures of a job that are remembered, as Flink's web.exception-history-size.
inline constexpr std::size_t kJobFailuresMax = 16;
/// Longest text of one, in bytes.
inline constexpr std::size_t kFailureTextBytesMax = 4096;

/// Why a job, or a part of it, had to begin anew or to end.
struct JobFailure {
  WallMs at_ms = 0;
  std::string task;    ///< "count (3/4)"; empty: not one task's fault
  std::string worker;  ///< id, where it ran; empty: nowhere
  std::string host;
  std::string text;

  friend bool operator==(const JobFailure&, const JobFailure&) = default;
};

/// The value of `jobs/<id>/state`, and a part of that of `history/<id>`.
struct JobState {
  JobStatus status = JobStatus::created;
  std::string name;
  std::string hash;        ///< SHA-256 of the canonical spec, for idempotent submission
  std::int64_t tasks = 0;  ///< sum of the parallelism of all vertices
  WallMs start_ms = 0;
  WallMs end_ms = -1;
  WallMs modified_ms = 0;
  std::array<WallMs, kJobStatuses> timestamps{};  ///< when each status was entered; 0 = never
  RestartState restart;                           ///< what its strategy remembers
  std::int64_t restarts = 0;                      ///< how often it, or a part of it, began anew
  WallMs restarted_ms = 0;                        ///< when it last did; 0: never
  std::int64_t delay_ms = 0;                      ///< while RESTARTING: from the failure to the next start
  std::vector<JobFailure> failures;               ///< newest last
  std::int64_t failures_dropped = 0;              ///< older ones that are not remembered
  std::string artifact;                           ///< SHA-256 of the file that it brings along; empty: none
  std::string bundle;                             ///< uuid of the upload that it was run from; empty: none

  void enter(JobStatus next, WallMs now);
  /// Bounded: the oldest goes.
  void add_failure(JobFailure failure);
  friend bool operator==(const JobState&, const JobState&) = default;
};

/// The schema version of the values of job records. A reader refuses newer ones.
inline constexpr std::int64_t kJobSchema = 1;

std::string encode_job_state(const JobState& state);
/// Errors: damaged, not_supported (newer schema).
Result<JobState> decode_job_state(std::string_view text);

/// `jobs/<id>/spec`: {"spec":<canonical>,"v":1}. The spec is carried as the text it was sent in.
std::string encode_job_spec(std::string_view canonical);
/// The canonical text inside; a view into `text`. Errors: damaged, not_supported.
Result<std::string_view> decode_job_spec(std::string_view text);

/// `history/<id>`: {"spec":<canonical>,"state":{...},"v":1}: an ended job as it is still shown.
struct JobHistory {
  JobState state;
  std::string spec;  ///< canonical text; empty if it was not readable
};
std::string encode_job_history(const JobHistory& history);
Result<JobHistory> decode_job_history(std::string_view text);

/// `ended/<id>`: what outlives the history, so that the job can never run again.
struct EndedJob {
  JobStatus status = JobStatus::finished;
  std::string hash;
  WallMs end_ms = 0;
};
std::string encode_ended_job(const EndedJob& ended);
Result<EndedJob> decode_ended_job(std::string_view text);

/// `quarantine/<id>`: why a job cannot be served, until an operator ends it.
struct Quarantine {
  std::string key;     ///< the record that is missing or unreadable
  std::string source;  ///< the file that it should be in
  std::string why;
  WallMs since_ms = 0;

  friend bool operator==(const Quarantine&, const Quarantine&) = default;
};
std::string encode_quarantine(const Quarantine& quarantine);
Result<Quarantine> decode_quarantine(std::string_view text);

}  // namespace stellwerk::model
