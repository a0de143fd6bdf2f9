#include "simulation/cluster/ledger.h"

#include "journal/journal_file.h"

namespace stellwerk::test {

using jobs::Reply;
using model::Head;

void Ledger::fail(std::string what) {
  constexpr std::size_t kKept = 20;
  if (violations_.size() < kKept) violations_.push_back(std::move(what));
}

void Ledger::on_head(const std::optional<std::string>& bytes) {
  if (!bytes) {
    if (head_ && !head_->ended && !by_hand_) fail("P1: the head was deleted");
    return;
  }
  const auto head = model::decode_head(*bytes);
  if (head.has_error()) {
    fail("P1: an unreadable head was written: " + head.error().text);
    return;
  }
  if (head_) {
    if (head->cluster != head_->cluster) on_other_cluster();
  }
  if (head_) {
    if (head->epoch < head_->epoch) fail("P2: the epoch went back to " + std::to_string(head->epoch));
    if (head->seq < head_->seq) {
      if (by_hand_ && head->seq >= acknowledged_seq_)
        rewind_to(head->seq);
      else
        fail("P3: the head went back from seq " + std::to_string(head_->seq) + " to " + std::to_string(head->seq));
    }
  }
  const auto [claim, fresh] = leader_of_.emplace(head->epoch, head->leader.id);
  if (!fresh && claim->second != head->leader.id) fail("P2: two masters led in epoch " + std::to_string(head->epoch));
  check_names(*head);
  apply_new(*head);
  check_files_named();
  check_snapshot(*head);
  head_ = *head;
}

/// By hand a cluster may lose its head before it has kept anything; who stood still then may begin another one.
void Ledger::on_other_cluster() {
  if (!by_hand_ || head_->seq > 0) return fail("P1: another cluster was begun on the same storage");
  leader_of_.clear();
  head_.reset();
}

void Ledger::rewind_to(std::int64_t seq) {
  if (!at_.contains(seq)) return;
  truth_ = at_.at(seq).share();
  at_.erase(at_.upper_bound(seq), at_.end());
  epoch_of_.erase(epoch_of_.upper_bound(seq), epoch_of_.end());
  head_->seq = seq;
}

void Ledger::check_names(const Head& head) {
  if (head.snapshot && !disk_.has(model::snapshot_name(*head.snapshot)))
    fail("P4: the head names " + model::snapshot_name(*head.snapshot) + ", which is not there");
  for (const auto& range : head.segments)
    for (std::int64_t seq = range.from; seq <= range.to; ++seq) {
      const std::string name = model::segment_name(range.epoch, seq);
      if (!disk_.has(name) && !disk_.was_dropped(name)) fail("P4: the head names " + name + ", which is not there");
      const auto known = epoch_of_.find(seq);
      if (known != epoch_of_.end() && known->second != range.epoch)
        fail("P3: commit " + std::to_string(seq) + " of epoch " + std::to_string(known->second) + " was replaced");
    }
}

void Ledger::apply_new(const Head& head) {
  const std::int64_t from = head_ ? head_->seq + 1 : 1;
  for (std::int64_t seq = from; seq <= head.seq; ++seq) {
    const auto epoch = head.epoch_at(seq);
    if (!epoch) {
      fail("P3: commit " + std::to_string(seq) + " was never named by itself");
      continue;
    }
    epoch_of_[seq] = *epoch;
    const std::string name = model::segment_name(*epoch, seq);
    const auto it = disk_.files().find(name);
    if (it == disk_.files().end()) continue;
    const auto file = journal::decode_file(name, it->second.bytes);
    if (file.has_error() || !file->whole()) {
      fail("P4: " + name + " is not whole");
      continue;
    }
    for (const auto& record : file->records) {
      truth_.apply(record);
      note_passing(record);
      check_checkpoints(record, seq);  // as it was when that was decided: another decision may follow in the commit
    }
    for (const auto& record : file->records) {
      check_artifact(record, *epoch);
      const std::string job(model::job_of(record.key));
      if (!job.empty()) check_final(job);
      if (const auto place = jobs::parse_attempt_key(record.key)) check_attempt(*place);
    }
    expect_restores_of(file->records);
    at_.emplace(seq, truth_.share());
  }
}

/// At once: it may be forgotten by the same commit.
void Ledger::note_passing(const model::Record& record) {
  constexpr std::string_view kWish = "triggers/";
  if (record.key.starts_with(kWish) && record.value) recorded_wishes_.insert(record.key.substr(kWish.size()));
  if (!record.key.starts_with("ended/")) return;
  const std::string id(model::job_of(record.key));
  const auto end = truth_.ended().find(id);
  if (!end) return;
  if (canceled_.contains(id) && end->status != model::JobStatus::canceled)
    fail("P5: job " + id + " was cancelled and has ended " + std::string(to_string(end->status)));
  ended_.emplace(id, end->status);
}

void Ledger::check_final(const std::string& id) {
  const auto job = truth_.jobs().find(id);
  const bool alive = job && !job->archived;
  if (alive && job->state && begun_.emplace(id, job->state->start_ms).first->second != job->state->start_ms)
    fail("P5: job " + id + " was begun again");
  // The raw records tell even where the state would hide it.
  const bool spec = truth_.records().contains("jobs/" + id + "/spec");
  if (ended_.contains(id) && (alive || (spec && truth_.ended().contains(id)))) fail("P5: job " + id + " lives again");
  if (refused_.contains(id)) fail("P3: job " + id + " exists although \"nothing happened\"");
}

void Ledger::check_attempt(const jobs::AttemptPlace& place) {
  model::AttemptId id{*JobId::parse(place.job), place.task, 0};
  const auto attempt = truth_.attempt(id.job, id.task);
  if (!attempt) return;
  id.number = attempt->number;
  const std::pair<std::string, std::int64_t> where{attempt->worker, attempt->incarnation};
  if (recorded_.emplace(id, where).first->second != where && !by_hand_)
    fail("P2: attempt " + id.text() + " is recorded for two workers");
  if (attempt->end == model::AttemptEnd::finished && !finished_attempts_.contains(id))
    fail("P5: attempt " + id.text() + " is recorded as finished and never did");
}

void Ledger::on_task_runs(const std::string& worker, std::int64_t incarnation, const model::AttemptId& attempt) {
  if (by_hand_) return;
  const auto recorded = recorded_.find(attempt);
  if (recorded == recorded_.end() || recorded->second != std::pair(worker, incarnation))
    fail("P3: attempt " + attempt.text() + " runs on " + worker + ", and no record says so");
  if (!begun_attempts_.insert(attempt).second) fail("P5: attempt " + attempt.text() + " runs twice");
  if (!is_at_most_one(attempt.job)) return;
  auto& live = live_[{attempt.job, attempt.task}];
  if (!live.empty())
    fail("P5: attempt " + attempt.text() + " of an at-most-one job begins on " + worker + " while " +
         live.begin()->text() + " runs");
  live.insert(attempt);
}

bool Ledger::is_at_most_one(const JobId& job) const {
  const auto entry = truth_.jobs().find(job.text());
  return entry && entry->spec && entry->spec->find(R"("at-most-one":true)") != std::string::npos;
}

void Ledger::on_task_ends(const std::string&, const model::AttemptId& attempt, bool finished) {
  if (finished) finished_attempts_.insert(attempt);
  if (const auto live = live_.find({attempt.job, attempt.task}); live != live_.end()) live->second.erase(attempt);
}

void Ledger::check_snapshot(const Head& head) {
  if (!head.snapshot || (head_ && head_->snapshot == head.snapshot)) return;
  const std::string name = model::snapshot_name(*head.snapshot);
  const auto it = disk_.files().find(name);
  if (it == disk_.files().end()) return;
  const auto file = journal::decode_file(name, it->second.bytes);
  const auto truth = at_.find(head.snapshot->seq);
  if (file.has_error() || truth == at_.end()) {
    fail("P4: " + name + " is no snapshot of a commit");
    return;
  }
  std::size_t same = 0;
  for (const auto& record : file->records) {
    const auto value = truth->second.records().find(record.key);
    if (value && *value == *record.value) ++same;
  }
  if (same != truth->second.records().size() || same != file->records.size())
    fail("P4: " + name + " is not the state at its commit");
}

bool Ledger::equals_truth(const jobs::ClusterState& state) const {
  if (state.records().size() != truth_.records().size()) return false;
  bool same = true;
  state.records().for_each([&](const std::string& key, const std::string& value) {
    const auto other = truth_.records().find(key);
    same = same && other && *other == value;
  });
  return same;
}

void Ledger::on_view(const std::string& node, const master::MasterView& view) {
  check_files_named();
  if (!view.state || view.applied.seq == 0) return;
  const auto truth = at_.find(view.applied.seq);
  if (truth == at_.end()) {
    if (!by_hand_) fail("P3: " + node + " shows commit " + to_string(view.applied) + ", which does not stand");
    return;
  }
  const auto epoch = epoch_of_.find(view.applied.seq);
  if (epoch != epoch_of_.end() && epoch->second != view.applied.epoch && !by_hand_)
    fail("P3: " + node + " shows commit " + to_string(view.applied) + " of a deposed leader");
  const bool same =
      truth->second.records().size() == view.state->records().size() && truth->second.counts() == view.state->counts();
  if (!same && !by_hand_) fail("P3: " + node + " shows another state at " + to_string(view.applied));
}

void Ledger::on_answer(Time now, const jobs::Change& change, const Reply& reply, bool retried) {
  if (const auto* add = std::get_if<jobs::AddBundle>(&change)) return on_upload(*add, reply);
  if (const auto* ask = std::get_if<jobs::AskCheckpoint>(&change)) return on_asked(*ask, reply);
  if (std::holds_alternative<jobs::RemoveBundle>(change)) return;
  const auto* submit = std::get_if<jobs::SubmitJob>(&change);
  const auto* cancel = std::get_if<jobs::CancelJob>(&change);
  const std::string id = submit != nullptr ? submit->id.text() : cancel->id.text();
  const bool known = truth_.jobs().contains(id) || ended_.contains(id);
  switch (reply.kind) {
    case Reply::Kind::accepted:
      acknowledged_seq_ = std::max(acknowledged_seq_, reply.position.seq);
      if (reply.position.seq > commits())
        fail("P3: an answer rests on commit " + to_string(reply.position) + ", which does not stand");
      if (submit != nullptr) {
        accepted_.insert(id);
        if (!known) fail("P3: job " + id + " was accepted and is not durable");
      } else {
        canceled_.insert(id);
        const auto ended = ended_.find(id);
        const auto job = truth_.jobs().find(id);
        const bool cancelling =
            job && !job->archived && job->state && job->state->status == model::JobStatus::cancelling;
        if (ended == ended_.end() ? !cancelling : ended->second != model::JobStatus::canceled)
          fail("P3: job " + id + " was cancelled and is not");
      }
      return;
    case Reply::Kind::not_found:
      // Ended long enough ago to be forgotten is an honest reason.
      // So is a leader that believes in a place which somebody else took from it.
      if (now <= two_may_act_until_) return;
      if (accepted_.contains(id) && (truth_.jobs().contains(id) || !ended_.contains(id)))
        fail("P5: job " + id + " was accepted and is not found, at " +
             std::to_string((now.time_since_epoch() - std::chrono::seconds(1000)) / std::chrono::milliseconds(1)) +
             " ms");
      return;
    case Reply::Kind::overloaded:
    case Reply::Kind::no_space:
    case Reply::Kind::unavailable:
      if (submit == nullptr || retried) return;
      if (known) fail("P3: job " + id + " exists although \"nothing happened\"");
      refused_.insert(id);
      return;
    case Reply::Kind::conflict:
    case Reply::Kind::refused:
    case Reply::Kind::unknown: return;
  }
}

void Ledger::on_acting(Time now, const std::vector<std::string>& nodes) {
  if (nodes.size() > 1 && !by_hand_ && now > two_may_act_until_)
    fail("P1: " + nodes[0] + " and " + nodes[1] + " act at the same time, at " +
         std::to_string((now.time_since_epoch() - std::chrono::seconds(1000)) / std::chrono::milliseconds(1)) + " ms");
}

void Ledger::on_registered(const std::string& worker, const std::string& cluster, std::int64_t epoch) {
  if (by_hand_) return;
  std::int64_t& highest = registered_[{cluster, worker}];
  if (epoch < highest)
    fail("P2: " + worker + " was welcomed in epoch " + std::to_string(epoch) + " after " + std::to_string(highest));
  if (!head_ || head_->epoch < epoch)
    fail("P2: " + worker + " was welcomed in epoch " + std::to_string(epoch) + ", which nobody has claimed");
  highest = std::max(highest, epoch);
}

}  // namespace stellwerk::test
