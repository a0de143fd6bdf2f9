/// What a user asks for when submitting a job: a graph of vertices, each run as parallel processes.
///
/// A JobSpec is made by model/job_spec_reader.h, which promises everything said here about its
/// contents; it is a value, complete with defaults, and never changes. docs/job-spec.md is its
/// description for users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/artifact.h"
#include "model/task_limits.h"

namespace stellwerk::model {

/// Largest spec, in bytes: as sent, and again as canonical JSON.
inline constexpr std::size_t kJobSpecBytesMax = 1024 * 1024;
inline constexpr std::size_t kJobNameBytesMax = 256;
/// Vertex names end up in file names beside a subtask's number.
inline constexpr std::size_t kVertexNameBytesMax = 128;
inline constexpr std::size_t kPortNameBytesMax = 64;
inline constexpr std::size_t kVerticesMax = 1'000;
inline constexpr std::int32_t kParallelismMax = 32'768;
/// Subtasks of all vertices of one job together.
inline constexpr std::int64_t kTasksMax = 100'000;
inline constexpr std::size_t kCommandArgumentsMax = 1'024;
/// One argument, or one `NAME=value` of the environment, in bytes: Linux takes 128 KiB with its end.
inline constexpr std::size_t kArgumentBytesMax = 128 * 1024 - 1;
inline constexpr std::size_t kEnvironmentMax = 1'024;
inline constexpr std::size_t kPortsMax = 64;
/// Longest duration in a spec, in ms: ten years.
inline constexpr std::int64_t kSpecDurationMsMax = std::int64_t{3650} * 24 * 60 * 60 * 1000;
inline constexpr std::size_t kRetainedCheckpointsMax = 1'000;

/// How the data of one vertex reaches another, as far as scheduling is concerned.
enum class Exchange {
  pipelined,  ///< both run together
  blocking,   ///< the consumer starts when the producer has finished
};
/// What outlives a finished producer of a blocking exchange.
enum class Output {
  local,    ///< lost with the worker that it ran on: the producer then runs again
  durable,  ///< kept where the job put it
};

struct VertexInput {
  std::size_t from = 0;  ///< index of the producer in JobSpec::vertices; never the vertex itself
  Exchange exchange = Exchange::pipelined;
  Output output = Output::local;  ///< of a blocking exchange; local otherwise

  friend bool operator==(const VertexInput&, const VertexInput&) = default;
};

struct JobVertex {
  std::string name;                  ///< unique in its job; with ports so are its variables
  std::vector<std::string> command;  ///< program and arguments; at least the program
  std::int32_t parallelism = 1;
  std::map<std::string, std::string> environment;  ///< none begins with STELLWERK_
  std::vector<VertexInput> inputs;                 ///< no producer twice
  std::vector<std::string> ports;                  ///< unique in their vertex, also as environment_suffix()
  std::set<std::string> labels;                    ///< that a worker must have to run it (model/worker.h)
  TaskLimits limits{};                             ///< of each of its attempts

  friend bool operator==(const JobVertex&, const JobVertex&) = default;
};

/// Restart strategies, with Flink's parameters and defaults.
struct NoRestart {
  friend bool operator==(const NoRestart&, const NoRestart&) = default;
};
struct FixedDelayRestart {
  std::int32_t attempts = 1;
  std::int64_t delay_ms = 1'000;

  friend bool operator==(const FixedDelayRestart&, const FixedDelayRestart&) = default;
};
struct FailureRateRestart {
  std::int32_t max_failures_per_interval = 1;
  std::int64_t failure_rate_interval_ms = 60'000;
  std::int64_t delay_ms = 1'000;

  friend bool operator==(const FailureRateRestart&, const FailureRateRestart&) = default;
};
struct ExponentialDelayRestart {
  static constexpr std::int32_t kUnlimited = std::numeric_limits<std::int32_t>::max();

  std::int64_t initial_backoff_ms = 1'000;
  std::int64_t max_backoff_ms = 60'000;  ///< not below initial_backoff_ms
  double backoff_multiplier = 1.5;
  std::int64_t reset_backoff_threshold_ms = 3'600'000;
  double jitter_factor = 0.1;
  std::int32_t attempts_before_reset_backoff = kUnlimited;

  friend bool operator==(const ExponentialDelayRestart&, const ExponentialDelayRestart&) = default;
};
using RestartStrategy = std::variant<NoRestart, FixedDelayRestart, FailureRateRestart, ExponentialDelayRestart>;

/// Flink's name: "none", "fixed-delay", "failure-rate", "exponential-delay".
std::string_view to_string(const RestartStrategy& strategy) noexcept;

/// Periodic checkpoints, with Flink's defaults.
struct Checkpointing {
  std::int64_t interval_ms = 0;  ///< from the begin of one to the begin of the next
  std::int64_t timeout_ms = 600'000;
  std::int64_t min_pause_ms = 0;  ///< from the end of one to the begin of the next
  std::int32_t num_retained = 1;

  friend bool operator==(const Checkpointing&, const Checkpointing&) = default;
};

struct JobSpec {
  std::string name;
  std::vector<JobVertex> vertices;                  ///< at least one; their inputs form no cycle
  std::optional<RestartStrategy> restart_strategy;  ///< none given: the cluster's `restart-strategy.*`
  std::optional<Checkpointing> checkpointing;       ///< none given: the cluster's `execution.checkpointing.*`
  bool at_most_one = false;
  std::optional<ArtifactRef> artifact;  ///< what it brings along: set by who uploaded it

  friend bool operator==(const JobSpec&, const JobSpec&) = default;
};

/// Subtasks of all vertices together; at most kTasksMax.
std::int64_t total_tasks(const JobSpec& spec) noexcept;

/// Indices of the vertices, producers before consumers, otherwise in the order of the spec. Shorter
/// than the spec only if there is a cycle.
std::vector<std::size_t> topological_order(const std::vector<JobVertex>& vertices);

/// Some cycle of inputs, each vertex a producer for the next and the last for the first; empty if
/// there is none.
std::vector<std::size_t> find_cycle(const std::vector<JobVertex>& vertices);

/// 32 hexadecimal digits that follow from the name alone, as Flink's REST paths want them.
std::string vertex_id(std::string_view vertex_name);

/// The name of a vertex or port as the end of an environment variable: letters in upper case and
/// digits stay, every other character becomes one '_'.
std::string environment_suffix(std::string_view name);

}  // namespace stellwerk::model
