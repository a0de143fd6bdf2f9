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
#include "model/checkpoint.h"
#include "model/task_limits.h"
#include "model/task_usage.h"

namespace stellwerk::link {

/// Longest reason why a task ended, in bytes.
inline constexpr std::size_t kWhyBytesMax = 8192;
/// Longest text of a task that says how far it is, in bytes.
inline constexpr std::size_t kProgressBytesMax = 256;
/// Longest reason why a task declines a checkpoint, in bytes.
inline constexpr std::size_t kDeclineBytesMax = 256;
/// Longest "host:port" that a task advertises, in bytes.
inline constexpr std::size_t kAdvertisedBytesMax = 300;
/// Most attempts in one message.
inline constexpr std::size_t kAttemptsMax = 100'000;
/// Most attempts of which a heartbeat tells what they use: of a worker with more, the first ones.
inline constexpr std::size_t kUsagesMax = 4'000;

/// What an attempt begins from.
struct Restore {
  std::int64_t checkpoint = 0;
  std::string handle;     ///< its own, of that checkpoint
  bool finished = false;  ///< it had finished then, and has no handle

  friend bool operator==(const Restore&, const Restore&) = default;
};

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
  std::optional<Restore> restore{};  ///< none: it begins from nothing

  friend bool operator==(const StartTask&, const StartTask&) = default;
};

/// From the leader: all that this prepared attempt has to reach are prepared too. To one that runs: some are to be
/// found elsewhere by now.
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

/// From the leader: these attempts of one job are to take this checkpoint. Said again where the answer may have been
/// lost.
struct TakeCheckpoint {
  std::int64_t number = 0;
  std::vector<model::AttemptId> attempts;
  bool wished = false;  ///< their job takes none by itself: who has not said that it answers is not waited for

  friend bool operator==(const TakeCheckpoint&, const TakeCheckpoint&) = default;
};

/// From the leader: it is completed, and none below `oldest` is kept.
struct CheckpointCompleted {
  std::int64_t number = 0;
  std::int64_t oldest = 0;
  std::vector<model::AttemptId> attempts;

  friend bool operator==(const CheckpointCompleted&, const CheckpointCompleted&) = default;
};

/// From a worker: what an attempt says to TakeCheckpoint.
struct CheckpointAnswer {
  model::AttemptId attempt;
  std::int64_t number = 0;
  bool declined = false;
  std::string text;       ///< its handle, or why it declined
  std::int64_t size = 0;  ///< bytes, as it says; 0: it does not say

  friend bool operator==(const CheckpointAnswer&, const CheckpointAnswer&) = default;
};

enum class TaskPhase { prepared, running };

/// From a worker: how far an attempt is.
struct TaskReport {
  model::AttemptId attempt;
  TaskPhase phase = TaskPhase::running;
  std::int64_t pid = 0;
  std::map<std::string, std::int64_t> ports;        ///< number by name
  std::int64_t for_ms = 0;                          ///< so long it has been so when this is told
  bool initializing = false;                        ///< it runs, and will say when it is ready
  std::string progress{};                           ///< what it says of that; for people
  std::map<std::string, std::string> advertised{};  ///< "host:port" by the name of a port, where it has said so

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
