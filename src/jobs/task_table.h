/// What a leader hears of the tasks that run, and of the jobs that wait for slots: soft state, gone with the leader.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/cow_map.h"
#include "base/executor.h"
#include "base/ids.h"
#include "model/attempt.h"

namespace stellwerk::jobs {

/// An attempt that is open.
struct TaskEntry {
  enum class Phase {
    deploying,     ///< its worker was told to start it, and has not said anything of it
    initializing,  ///< it is prepared, and waits for its peers; or it runs, and has yet to say that it is ready
    running,
    canceling,  ///< it was told to stop
  };
  std::int32_t number = 0;  ///< of the attempt
  Phase phase = Phase::deploying;
  std::int64_t pid = 0;  ///< 0: none yet
  WallMs since_ms = 0;   ///< since when it is prepared or runs, as its worker says; 0: not yet
  std::map<std::string, std::int64_t> ports;
  std::map<std::string, std::string> advertised{};  ///< "host:port" by port, where its process has said so
  std::string progress{};                           ///< what its process says of that

  friend bool operator==(const TaskEntry&, const TaskEntry&) = default;
};

/// Slots that a job needs to go on, when they were last looked for.
struct SlotLack {
  std::int64_t needed = 0;
  std::int64_t free = 0;
  std::int64_t total = 0;
  std::set<std::string> labels{};  ///< that some of them must have; workers without are not counted

  /// "4 slots with gpu, 1 of 8 is free"
  std::string text() const;
  friend bool operator==(const SlotLack&, const SlotLack&) = default;
};

/// Changed by one thread; any number may read a shared one.
class TaskTable {
 public:
  void put(const JobId& job, model::TaskRef task, TaskEntry entry);
  void erase(const JobId& job, model::TaskRef task);
  std::shared_ptr<const TaskEntry> find(const JobId& job, model::TaskRef task) const;

  /// None: it lacks nothing, as far as is known.
  void set_lack(const std::string& job, std::optional<SlotLack> lack);
  std::shared_ptr<const SlotLack> lack(const std::string& job) const { return lacks_.find(job); }

  /// Once after each change.
  bool take_changed() { return std::exchange(changed_, false); }
  /// A second table with the same content, sharing all of it.
  TaskTable share();

 private:
  CowMap<TaskEntry> tasks_;  ///< by attempt_path()
  CowMap<SlotLack> lacks_;   ///< by job id
  bool changed_ = false;
};

}  // namespace stellwerk::jobs
