/// What a leader keeps in mind of a job while it runs: its tasks as their newest attempts tell, which regions wait to
/// be started, and which slots it holds. Soft state: made from the records at any time, and gone with the leader.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/cluster_state.h"
#include "jobs/regions.h"
#include "jobs/task_changes.h"
#include "model/job_spec.h"

namespace stellwerk::jobs {

/// A task, on the way from one attempt to the next.
struct TaskRun {
  enum class At {
    waiting,   ///< to be started, for the first time or again
    proposed,  ///< the record of the next attempt is on its way
    open,      ///< the record stands: it runs, or will
    finished,
    broken,  ///< it has ended without finishing, and nobody has decided yet what runs again
  };
  At at = At::waiting;
  std::int32_t number = -1;  ///< of the newest attempt, proposed or recorded
  std::string worker;        ///< of the newest attempt
  std::int64_t incarnation = 0;
  std::int64_t token = 0;  ///< fencing token of an open attempt
  bool sent = false;       ///< its worker was told to start it, or knows it
  bool stopping = false;   ///< its worker was told to stop it
  bool ending = false;     ///< the record of its end is on its way
  bool over = false;       ///< its worker says that it has ended
  bool prepared = false;   ///< it waits for its peers
  bool running = false;
  std::int64_t pid = 0;
  WallMs since_ms = 0;        ///< of `pid`
  std::string fault;          ///< it was told to stop because of this: that is how it fails; empty: for no fault
  bool initializing = false;  ///< it runs, and has yet to say that it is ready
  std::string progress;
  std::map<std::string, std::int64_t> ports;
  std::map<std::string, std::string> advertised;  ///< "host:port" by port, where it has said so itself
};

/// Of one job that has not ended. Nothing here commits or sends: the scheduler does.
class JobRun {
 public:
  /// The job's records as they stand.
  JobRun(JobId id, model::JobSpec spec, const ClusterState& state);

  const JobId& id() const { return id_; }
  const model::JobSpec& spec() const { return spec_; }
  const Regions& regions() const { return regions_; }
  TaskRun& task(model::TaskRef ref);
  const TaskRun& task(model::TaskRef ref) const;
  bool has(model::TaskRef ref) const;
  /// "count (3/4)", as Flink names them.
  std::string name_of(model::TaskRef ref) const;
  model::AttemptId attempt_of(model::TaskRef ref) const;

  /// The task's record is this now.
  void take(model::TaskRef ref, const model::Attempt& attempt, std::int64_t token);
  /// The next attempt of a task that waits is proposed.
  TaskStart propose(model::TaskRef ref, const std::string& worker, std::int64_t incarnation, const std::string& host);

  /// Makes the regions of broken tasks wait to run again, and those whose output is lost and still needed. The tasks
  /// of theirs that are open or proposed have to end first; these are they, each once.
  std::vector<model::TaskRef> run_again();
  /// What this worker has made and kept as a process before `incarnation` is gone.
  void lose_output(const std::string& worker, std::int64_t incarnation);

  /// Regions that can be started now: all of their tasks wait, and what they consume is there. At most `limit`, the
  /// first ones; costs a look at each.
  std::vector<Region> ready(std::size_t limit) const;
  /// The most tasks that wait to be started of one vertex whose turn it is: so many slots they need at least.
  std::int64_t widest_wait() const;
  /// Nothing of it runs or will.
  void leave_all();
  /// Tasks wait, ready or not.
  bool waits() const { return !waiting_.empty(); }

  /// Where slot `index` of this job is; empty: nowhere yet.
  const std::string& slot(std::int32_t index) const;
  /// Slots taken (1) or freed (-1) at workers since the last call.
  std::vector<std::pair<std::string, int>> take_slot_changes() { return std::exchange(slot_changes_, {}); }

  /// Where it was when it ran last.
  std::optional<std::string> last_worker(std::int32_t index) const;

  /// That a slot's worker must have: those of all vertices that share it, now or later.
  std::set<std::string> labels_of(std::int32_t index) const;
  bool asks_for_labels() const;

  std::vector<model::TaskRef> tasks_at(TaskRun::At at) const;

  /// It has to know where others are: tasks of its region have ports.
  bool has_peers(model::TaskRef ref) const;
  /// All tasks of a region are open, and prepared or run. To be asked after each of their reports: it goes on where it
  /// found one that is not.
  bool gathered(Region region);
  /// As gathered() has said last.
  bool was_gathered(Region region) const;
  /// STELLWERK_PEERS_<VERTEX> and STELLWERK_PEERS_<VERTEX>_<PORT>: "host:port,..." in the order of the subtasks, for
  /// each vertex of the region that has ports. `host_of`: by worker id.
  std::map<std::string, std::string> peers_of(Region region,
                                              const std::function<std::string(const std::string&)>& host_of) const;

 private:
  void move(model::TaskRef ref, TaskRun::At to);
  void enter(model::TaskRef ref, TaskRun::At to);
  void leave(model::TaskRef ref);
  void hold(model::TaskRef ref);
  void release(model::TaskRef ref);

  const JobId id_;
  const model::JobSpec spec_;
  const Regions regions_;
  std::vector<std::vector<TaskRun>> tasks_;  ///< by vertex
  std::vector<VertexProgress> progress_;
  std::set<model::TaskRef> broken_;
  std::map<Region, std::int64_t> waiting_;                   ///< tasks that wait
  std::map<Region, std::optional<model::TaskRef>> missing_;  ///< a task that keeps it from being gathered
  std::set<Region> again_;  ///< run again as a whole, as soon as the last of their tasks has ended
  struct Slot {
    std::string worker;
    std::int32_t tasks = 0;
  };
  std::map<std::int32_t, Slot> slots_;
  std::vector<std::pair<std::string, int>> slot_changes_;
};

}  // namespace stellwerk::jobs
