/// The checkpoints of one running job: when one begins, who has yet to acknowledge it, when it is completed or given
/// up. Pure; soft state of a leader's, which asks for changes (jobs/checkpoint_changes.h) and goes by what the records
/// say.
///
///     idle --(due, all run)--> proposed --(its number is durable)--> taking --(all acknowledged, declined, late)-->
///     ending --(that is durable)--> idle
///
/// What a leader before has begun is given up: nobody knows who has heard of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/executor.h"
#include "jobs/checkpoint_changes.h"
#include "jobs/job_run.h"
#include "model/checkpoint.h"

namespace stellwerk::jobs {

/// Keys `execution.checkpointing.*`, or what a job's spec says.
struct CheckpointPolicy {
  std::optional<std::chrono::milliseconds> interval;  ///< none: only when somebody asks
  std::chrono::milliseconds timeout{600'000};
  std::chrono::milliseconds min_pause{0};
  std::int32_t retained = 1;
  std::int32_t tolerable = 0;  ///< failures in a row that restart nothing

  friend bool operator==(const CheckpointPolicy&, const CheckpointPolicy&) = default;
};
CheckpointPolicy checkpoint_policy(const model::JobSpec& spec, const CheckpointPolicy& cluster);

/// When the first one of a job is due after it was begun, or its leader was: between half the interval and all of it,
/// by its id, so that those of many jobs are not taken in one moment. Max: only when somebody asks.
Duration first_after(const CheckpointPolicy& policy, const JobId& id);

class Checkpoints {
 public:
  /// Between two looks whether all tasks run, while one is due.
  static constexpr std::chrono::milliseconds kLookEvery{200};
  /// A proposal that came to nothing is made again after this.
  static constexpr std::chrono::milliseconds kProposeEvery{1000};

  /// What follows from a record.
  struct Outcome {
    std::vector<model::TaskRef> ask;  ///< to take number `begun`
    std::int64_t begun = 0;
    std::vector<model::TaskRef> tell;  ///< that `completed` is
    std::int64_t completed = 0;
    std::int64_t oldest = 0;           ///< lowest number that is kept
    std::vector<model::TaskRef> fail;  ///< because of `fault`: too many have failed
    std::string fault;
  };

  Checkpoints(CheckpointPolicy policy, const JobId& id, Time now);

  /// The job's records have changed.
  Outcome take(Time now, const JobRun& run, const model::CheckpointBook& book);
  /// What to ask of the leader now, if anything.
  using Wish = std::variant<std::monostate, BeginCheckpoint, CompleteCheckpoint, GiveUpCheckpoint>;
  Wish step(Time now, WallMs wall, const JobRun& run, const model::CheckpointBook& book);
  /// step() has something to say then at the latest.
  Time wake_at() const { return wake_at_; }

  /// Answers of an attempt; those that nobody waits for change nothing.
  void acknowledge(model::SubtaskCheckpoint subtask, std::int64_t number);
  void decline(const JobRun& run, model::TaskRef task, std::int32_t attempt, std::int64_t number,
               const std::string& why);
  /// So long nobody could be heard: who is under way has that much more time.
  void extend(Duration gap);
  /// The number that this task has yet to answer; 0: none.
  std::int64_t wanted_of(model::TaskRef task) const;

  const CheckpointPolicy& policy() const { return policy_; }

 private:
  enum class At { idle, proposed, taking, ending };

  Wish propose(Time now, const JobRun& run, const model::CheckpointBook& book);
  Outcome begin(Time now, const JobRun& run);
  void rest(Time now);
  std::string late_text(const JobRun& run) const;

  const CheckpointPolicy policy_;
  At at_ = At::idle;
  std::int64_t number_ = 0;
  Time since_{};  ///< of the proposal, or of the begin
  Time next_at_ = Time::max();
  Time pause_until_{};
  Time wake_at_ = Time::max();
  std::map<model::TaskRef, std::int32_t> waiting_;  ///< who has yet to acknowledge, as which attempt
  std::map<model::TaskRef, model::SubtaskCheckpoint> done_;
  std::size_t bytes_ = 0;
  std::string cause_;                   ///< it cannot be completed
  std::vector<model::TaskRef> guilty_;  ///< of that
  bool completing_ = false;
  bool failing_ = false;  ///< if it is recorded as given up, `guilty_` have to begin anew
};

}  // namespace stellwerk::jobs
