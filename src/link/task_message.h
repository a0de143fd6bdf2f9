/// What a leader and a worker tell each other about tasks.
///
/// The leader says StartTask after the record of the attempt is durable, again if a worker of the same incarnation
/// does not know the attempt; a worker to which it comes twice starts one. A task of a job with ports is prepared
/// first: its ports are chosen and reported, and it runs when the leader has sent Peers. What ended is reported, to
/// each new leader again, until the leader has acknowledged it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/artifact.h"
#include "model/attempt.h"
#include "model/task_limits.h"
#include "model/task_usage.h"

namespace stellwerk::link {

/// Longest reason why a task ended, in bytes.
inline constexpr std::size_t kWhyBytesMax = 8192;
/// Most attempts in one message.
inline constexpr std::size_t kAttemptsMax = 100'000;
/// Most attempts of which a heartbeat tells what they use: of a worker with more, the first ones.
inline constexpr std::size_t kUsagesMax = 4'000;

/// From the leader: start this attempt.
struct StartTask {
  model::AttemptId attempt;
  std::int64_t token = 0;  ///< fencing token: grows with every attempt of the task
  std::string job;         ///< its name
  std::string vertex;      ///< its name
  std::int32_t parallelism = 1;
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  std::vector<std::string> ports;                ///< names; one port is chosen for each
  bool await_peers = false;                      ///< prepare it, and start it when Peers come
  bool leased = false;                           ///< of an at-most-one job: it runs only while the worker's lease lasts
  std::optional<model::ArtifactRef> artifact{};  ///< it runs where this is unpacked
  model::TaskLimits limits{};

  friend bool operator==(const StartTask&, const StartTask&) = default;
};

/// From the leader: all that this prepared attempt has to reach are prepared too.
struct Peers {
  model::AttemptId attempt;
  std::map<std::string, std::string> environment;

  friend bool operator==(const Peers&, const Peers&) = default;
};

/// From the leader: end this attempt. One that the worker does not know is none of its.
struct StopTask {
  model::AttemptId attempt;

  friend bool operator==(const StopTask&, const StopTask&) = default;
};

/// From the leader: what became of these is recorded; the worker may forget them.
struct Acknowledge {
  std::vector<model::AttemptId> attempts;

  friend bool operator==(const Acknowledge&, const Acknowledge&) = default;
};

enum class TaskPhase { prepared, running };

/// From a worker: how far an attempt is.
struct TaskReport {
  model::AttemptId attempt;
  TaskPhase phase = TaskPhase::running;
  std::int64_t pid = 0;
  std::map<std::string, std::int64_t> ports;  ///< number by name
  WallMs since_ms = 0;                        ///< of the worker's clock

  friend bool operator==(const TaskReport&, const TaskReport&) = default;
};

/// In a heartbeat: what an attempt uses.
struct AttemptUsage {
  model::AttemptId attempt;
  model::TaskUsage usage;

  friend bool operator==(const AttemptUsage&, const AttemptUsage&) = default;
};

/// From a worker: an attempt is over, and nothing of it runs.
struct TaskEnded {
  model::AttemptId attempt;
  model::AttemptEnd end = model::AttemptEnd::finished;
  bool given_back = false;  ///< it was ended because the worker leaves: no fault of the job
  std::string why;          ///< for people; empty if it finished
  WallMs at_ms = 0;         ///< of the worker's clock

  friend bool operator==(const TaskEnded&, const TaskEnded&) = default;
};

}  // namespace stellwerk::link
