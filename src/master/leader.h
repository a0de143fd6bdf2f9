/// A term of leadership: from the head claimed to the head lost. It owns the only pipeline through
/// which the cluster's state changes; dropped when the term ends.
///
/// Pure: events in through methods, effects out through the Outbox, time as a value.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "jobs/cluster_state.h"
#include "journal/commit.h"
#include "journal/replay.h"
#include "master/aging_clock.h"
#include "master/compaction.h"
#include "master/job_notes.h"
#include "master/options.h"
#include "master/protocol.h"
#include "master/settler.h"
#include "master/stamps.h"
#include "master/takeover.h"
#include "master/uploads.h"

namespace stellwerk::master {

/// What a leader begins with: its claim stands, the state is complete.
struct Term {
  model::Head head;
  HeadVersion version;
  jobs::ClusterState state;
  journal::ReplaySizes sizes;
  std::vector<std::pair<JobId, model::Quarantine>> quarantines;
  TakeoverRecord takeover;
};

class Leader {
 public:
  /// Why the term is over, for the master.
  enum class Over {
    no,
    deposed,    ///< the head is another's
    head_gone,  ///< there is no head: verify against storage, then claim anew
    sick,       ///< storage has failed, or has not answered, for too long: another should lead
  };

  Leader(const Options& options, Stamps& stamps, Term term, Outbox& out);

  /// Once, before anything else: the epoch's first commit, which carries how the takeover went and
  /// what is in quarantine.
  void begin(Clocks clocks, bool connected);

  /// A change of the cluster. The ticket is answered once, by this object or by its settler. With ticket 0 it is the
  /// leader's own: nothing but the end of the term keeps it from being committed, or found to change nothing.
  void request(Clocks clocks, Ticket ticket, jobs::Change change, Time deadline);

  /// Marks the cluster as ended once everything before it is durable.
  void end_cluster(Clocks clocks, Ticket ticket, Time deadline);
  /// Takes nothing new from the queue; idle() tells when the batch in flight is done.
  void drain(bool on) { draining_ = on; }
  bool idle() const { return !commit_ && !claiming_; }

  /// May it act in this turn? Told before every event.
  void set_acting(bool acting) { acting_ = acting || !options_.safeguards.act_until_deadline; }
  /// How long a put may be without an answer; Limits::sick_after unless told otherwise.
  void set_patience(Duration patience) { patience_ = patience; }
  /// `hole`, a file of the journal, is gone: the whole state is written again, so that nobody needs it.
  void write_anew(const std::string& hole);
  void beat(Clocks clocks, bool connected);
  /// What waited for a connection goes on at once.
  void on_coordination_back(Clocks clocks);
  /// The head as a watch saw it: if it is not ours any more, this term is over.
  void on_head_seen(const HeadReading& reading);
  bool on_head_read(Clocks clocks, OpId op, const Result<HeadReading>& result);
  bool on_head_written(Clocks clocks, OpId op, const WriteResult& result);
  bool on_put(Clocks clocks, OpId op, const PutResult& result, std::size_t bytes);
  bool on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result);
  bool on_removed(Clocks clocks, OpId op, const Result<void>& result);

  Over over() const { return over_; }
  const std::string& why_over() const { return why_over_; }

  const model::Head& head() const { return head_; }
  /// The newest head that may have stood: what was asked for last, if its outcome is unknown. A head
  /// made anew must carry on from it, because somebody may have seen it (docs/model).
  const model::Head& newest_possible() const { return proposed_ ? *proposed_ : head_; }
  HeadVersion version() const { return version_; }
  const std::shared_ptr<const jobs::ClusterState>& view() const { return view_; }
  const jobs::ClusterState& state() const { return committed_; }
  /// Of jobs, by the commits since the last call.
  std::vector<std::string> take_changed_keys() { return std::exchange(changed_keys_, {}); }
  /// True once the first commit of this epoch is durable.
  bool wrote() const { return wrote_; }
  bool ended() const { return head_.ended; }

  /// The term is over: gives up the queue (nothing of it happened) and hands what is in flight, with
  /// its callers, to a settler. The state goes back to the follower.
  Settler retire(Clocks clocks, std::string why);
  jobs::ClusterState take_state() { return std::move(committed_); }
  journal::ReplaySizes sizes() const { return sizes_; }

  std::size_t pending() const { return queue_.size(); }

 private:
  struct Waiting {
    Ticket ticket = 0;  ///< 0: the leader's own
    jobs::Change change;
    Time deadline;
    bool ends_cluster = false;
    jobs::Decision decision;
    std::size_t bytes = 0;
  };

  /// Has the file stored that an upload brings, and then goes on as request() does.
  void store(Upload upload);
  bool has_to_be_stored(const jobs::AddBundle& add) const;
  void stored(Clocks clocks, Uploads::Stored stored);
  void refuse_uploads(std::vector<Upload> uploads, jobs::Reply::Kind kind, const std::string& text);
  /// Nothing of an epoch that was given up may be named in this one.
  void drop_stored_uploads();
  void look_after_uploads(Clocks clocks);
  bool admit(Waiting& waiting);
  void decide(Clocks clocks, Waiting& waiting);
  void decide_all_again(Clocks clocks);
  /// Moves what fits into one commit from the queue to the batch; its records, in order.
  std::vector<model::Record> take_batch();
  void start_batch(Clocks clocks);
  std::shared_ptr<const std::string> segment_of(const std::vector<model::Record>& records) const;
  void start_commit(model::Head next, std::shared_ptr<const std::string> segment);
  void perform(Clocks clocks, journal::CommitStep step);
  void finish_commit(Clocks clocks);
  void committed(Clocks clocks);
  /// A record that stands now.
  void take(Clocks clocks, const model::Record& record);
  void answer(const Waiting& waiting, jobs::Reply reply);
  void refuse_batch(jobs::Reply::Kind kind, const std::string& text);
  void expire_callers(Clocks clocks);
  void stop(Over over, std::string why);
  void burn(Clocks clocks);
  void begin_epoch(Clocks clocks);
  void drop_changes_of_epoch();
  void forget_when_due(Clocks clocks);
  void note_first_write(Clocks clocks);
  /// Puts the takeover's record with its last time into the batch, whose records these are.
  void take_amendment_along(Clocks clocks, std::vector<model::Record>& records);
  void refuse_all_that_waits();
  /// Why storage is not fit to lead with; empty: it is.
  std::string trouble(Clocks clocks) const;
  void verify(const Result<HeadReading>& result);
  void publish();

  const Options& options_;
  Stamps& stamps_;
  Outbox& out_;

  model::Head head_;
  HeadVersion version_;
  jobs::ClusterState committed_;
  std::vector<std::string> changed_keys_;
  jobs::ClusterState pending_;
  std::shared_ptr<const jobs::ClusterState> view_;
  journal::ReplaySizes sizes_;
  std::vector<std::pair<JobId, model::Quarantine>> quarantines_;
  TakeoverRecord takeover_;
  void tell_failure(Clocks clocks, std::string text);

  std::string told_failure_;
  Time tell_failure_at_{};
  std::optional<Waiting> amendment_;  ///< of the takeover's record; waits for a batch that takes it along
  Time amend_alone_at_{};

  std::deque<Waiting> queue_;
  std::size_t queue_bytes_ = 0;
  std::deque<Waiting> batch_;
  std::optional<journal::Commit> commit_;
  OpId op_ = 0;
  std::shared_ptr<const std::string> segment_;
  Time wake_at_{};
  bool draining_ = false;
  bool claiming_ = false;  ///< the commit in flight claims the next epoch (burn)
  bool wrote_ = false;
  Time put_asked_at_{};  ///< of the put under way; zero: none is
  Time put_failing_since_{};
  Duration patience_;
  Time burnt_at_{};
  Time forgot_at_{};
  bool forgot_much_ = false;  ///< the last time: there may be more
  AgingClock aging_;
  bool acting_ = false;
  bool connected_ = false;
  OpId verify_op_ = 0;
  HeadVersion verified_version_;
  std::optional<model::Head> proposed_;

  Compaction compaction_;
  Uploads uploads_;
  JobNotes job_notes_;
  Over over_ = Over::no;
  std::string why_over_;
};

}  // namespace stellwerk::master
