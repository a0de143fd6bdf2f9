/// The checkers: what must hold of a cluster whatever happens, watched from outside the code. It sees
/// every version of the head in the moment it stands, the disk, every answer and every view.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/changes.h"
#include "jobs/cluster_state.h"
#include "master/view.h"
#include "model/head.h"
#include "simulation/cluster/sim_storage.h"
#include "simulation/cluster/sim_tasks.h"

namespace stellwerk::test {

class Ledger : public TaskWatch {
 public:
  explicit Ledger(const SimDisk& disk) : disk_(disk) {}

  /// The register changed; no bytes: it was deleted.
  void on_head(const std::optional<std::string>& bytes);
  void on_view(const std::string& node, const master::MasterView& view);
  /// A caller was told `reply`; `retried` if it will ask again under the same id.
  void on_answer(Time now, const jobs::Change& change, const jobs::Reply& reply, bool retried);
  /// Who may act at this moment.
  void on_acting(Time now, const std::vector<std::string>& nodes);
  /// A worker was welcomed.
  void on_registered(const std::string& worker, const std::string& cluster, std::int64_t epoch);
  void on_task_runs(const std::string& worker, std::int64_t incarnation, const model::AttemptId& attempt) override;
  void on_task_restores(const model::AttemptId& attempt, std::int64_t checkpoint, const std::string& handle) override;
  void on_checkpoint_told(const model::AttemptId& attempt, std::int64_t checkpoint) override;
  void on_asked_too_early(const model::AttemptId& attempt) override;
  void on_checkpoint_acked(const model::AttemptId& attempt, std::int64_t checkpoint,
                           const std::string& handle) override;
  void on_task_ends(const std::string& worker, const model::AttemptId& attempt, bool finished) override;
  /// Somebody else ended a leader's session: until it hears of it, or its deadline passes, it may
  /// believe that it leads (it changes nothing: the compare fails; but it answers "not found").
  void two_may_act_until(Time when) { two_may_act_until_ = when; }
  /// Somebody edits the register by hand from now on: what follows from that is not the code's fault.
  void by_hand() { by_hand_ = true; }
  bool edited_by_hand() const { return by_hand_; }

  const std::vector<std::string>& violations() const { return violations_; }
  const jobs::ClusterState& truth() const { return truth_; }
  const std::optional<model::Head>& head() const { return head_; }
  /// That ran as processes.
  std::int64_t attempts() const { return static_cast<std::int64_t>(begun_attempts_.size()); }
  /// Checkpoints that were ever completed.
  std::int64_t completed_checkpoints() const { return completed_; }
  std::int64_t commits() const { return head_ ? head_->seq : 0; }
  /// Whether `state` is the truth, record by record.
  bool equals_truth(const jobs::ClusterState& state) const;
  void fail(std::string what);

  /// Somebody asks for the end of this upload.
  void on_unwanted(const std::string& uuid) { unwanted_.insert(uuid); }
  /// Uploaded files that no record names and that a leader of this epoch has to remove.
  std::vector<std::string> strays() const;
  /// Who asked for a checkpoint of a job that has ended knows what became of it.
  void check_wishes_answered();
  /// What was accepted, and nobody removed, is there.
  void check_uploads_kept();

 private:
  void check_artifact(const model::Record& record, std::int64_t epoch);
  /// Every file that a record names is there, and every one that is needed has a record.
  void check_files_named();
  void on_upload(const jobs::AddBundle& add, const jobs::Reply& reply);
  void on_asked(const jobs::AskCheckpoint& ask, const jobs::Reply& reply);
  void on_other_cluster();
  void check_names(const model::Head& head);
  void apply_new(const model::Head& head);
  void check_snapshot(const model::Head& head);
  void note_passing(const model::Record& record);
  void check_final(const std::string& id);
  void check_attempt(const jobs::AttemptPlace& place);
  void check_checkpoints(const model::Record& record, std::int64_t seq);
  void check_completed(const JobId& job, const model::Checkpoint& checkpoint);
  /// What attempts that these records begin have to begin from.
  void expect_restores_of(const std::vector<model::Record>& records);
  bool is_at_most_one(const JobId& job) const;
  void rewind_to(std::int64_t seq);

  const SimDisk& disk_;
  std::vector<std::string> violations_;
  std::optional<model::Head> head_;
  jobs::ClusterState truth_;
  std::map<std::int64_t, jobs::ClusterState> at_;  ///< the truth at each seq
  std::map<std::int64_t, std::int64_t> epoch_of_;  ///< the commit's epoch at each seq
  std::map<std::int64_t, std::string> leader_of_;  ///< who claimed each epoch
  std::set<std::string> accepted_;                 ///< submissions that were acknowledged
  std::set<std::string> canceled_;                 ///< cancellations that were acknowledged
  std::set<std::string> refused_;                  ///< "certainly nothing happened", never tried again
  std::map<std::string, model::JobStatus> ended_;  ///< how each id ended that was ever durable as ended
  std::map<std::string, WallMs> begun_;            ///< when each id was taken, by its first record
  std::map<std::pair<std::string, std::string>, std::int64_t> registered_;     ///< by cluster and worker: highest epoch
  std::map<model::AttemptId, std::pair<std::string, std::int64_t>> recorded_;  ///< worker and incarnation
  std::set<model::AttemptId> begun_attempts_, finished_attempts_;              ///< as processes
  std::map<std::pair<JobId, model::TaskRef>, std::set<model::AttemptId>> live_;  ///< of at-most-one jobs, now
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> numbers_;         ///< of checkpoints by job: the commit
  std::map<std::string, std::int64_t> last_number_;                              ///< by job
  std::map<std::pair<model::AttemptId, std::int64_t>, std::string> acked_;
  struct Origin {
    std::int64_t checkpoint = 0;
    std::string handle;
    friend bool operator==(const Origin&, const Origin&) = default;
  };
  std::map<model::AttemptId, Origin> origins_;  ///< of attempts that are recorded
  std::int64_t completed_ = 0;
  std::set<std::string> uploaded_, unwanted_, not_uploaded_;  ///< by uuid, as callers were told or asked
  std::set<std::string> wished_;                              ///< triggers of checkpoints that were accepted
  std::set<std::string> recorded_wishes_;                     ///< of all commits
  std::int64_t acknowledged_seq_ = 0;
  bool by_hand_ = false;
  Time two_may_act_until_{};
};

}  // namespace stellwerk::test
