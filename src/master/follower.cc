#include "master/follower.h"

#include <algorithm>

namespace stellwerk::master {

using journal::Replay;

void Follower::on_head(Clocks clocks, const HeadReading& reading, Outbox& out) {
  heard_ = true;
  version_ = reading.version;
  if (!reading.bytes) {
    head_.reset();
    return;
  }
  auto head = model::decode_head(*reading.bytes);
  if (head.has_error()) {
    head_.reset();
    give_up(head.error().text, out);
    return;
  }
  const bool same = head_ && *head_ == *head;
  if (head_ && head_->snapshot != head->snapshot) weigh_again(*head_, *head);
  head_ = std::move(*head);
  if (replay_) {
    newer_head_ = newer_head_ || !same;
    return;
  }
  if (!same || !fault_.empty() || applied_ != head_->position()) start(clocks, out);
}

void Follower::weigh_again(const model::Head& before, const model::Head& now) {
  const auto segments = [](const model::Head& head) { return head.seq - (head.first_seq() - 1); };
  if (segments(before) <= 0 || segments(now) >= segments(before)) return;
  const double left = static_cast<double>(segments(now)) / static_cast<double>(segments(before));
  sizes_.segment_bytes = static_cast<std::size_t>(static_cast<double>(sizes_.segment_bytes) * left);
}

void Follower::start(Clocks clocks, Outbox& out) {
  if (!head_) return;
  replayed_head_ = head_;
  tried_fallback_ = false;
  newer_head_ = false;
  fault_.clear();
  begin_replay(clocks, journal::plan_replay(*head_, applied_), out);
}

void Follower::begin_replay(Clocks clocks, journal::ReplayPlan plan, Outbox& out) {
  loads_.clear();
  file_.reset();
  file_at_ = 0;
  list_op_ = 0;
  reread_op_ = 0;
  const bool from_empty = !plan.from.has_value();
  building_ = from_empty ? jobs::ClusterState{} : state_.share();
  building_missing_ = from_empty ? journal::MissingRecords{} : missing_;
  replay_.emplace(std::move(plan));
  if (behind_since_ == Time{} && replay_->status() == Replay::Status::going) behind_since_ = clocks.now;
  go_on(clocks, out);
}

void Follower::load_wanted(Outbox& out) {
  for (auto& name : replay_->wanted()) {
    const OpId op = out.next_op();
    out.push(LoadFile{op, name});
    loads_.emplace(op, std::move(name));
  }
}

void Follower::go_on(Clocks clocks, Outbox& out) {
  if (replay_->status() == Replay::Status::going) load_wanted(out);
  if (replay_->status() == Replay::Status::done && !file_) {
    finish(clocks, out);
    return;
  }
  if (replay_->status() != Replay::Status::going && replay_->status() != Replay::Status::done) {
    react(clocks, out);
    return;
  }
  if (file_ || (file_ = replay_->take())) {
    out.push(Continue{});
  } else if (replay_->status() == Replay::Status::failed) {
    react(clocks, out);  // taking the file is what found the fault
  }
}

void Follower::slice(Clocks clocks, Outbox& out) {
  if (!replay_ || !file_) return;
  apply_slice(clocks, out);
}

void Follower::apply_slice(Clocks clocks, Outbox& out) {
  std::size_t budget = options_.limits.slice_records;
  while (file_) {
    for (; file_at_ < file_->records.size(); ++file_at_) {
      if (budget-- == 0) {
        out.push(Continue{});
        return;
      }
      const auto& record = file_->records[file_at_];
      if (!building_missing_.empty()) building_missing_.erase(record.key);
      if (const auto fault = building_.apply(record)) {
        if (fault->error.code == Errc::not_supported) {
          give_up(fault->error.text, out);
          return;
        }
        building_missing_.insert_or_assign(
            fault->key, journal::MissingRecord{model::segment_name(file_->header.at.epoch, file_->header.at.seq),
                                               fault->error.text});
      }
    }
    file_.reset();
    file_at_ = 0;
    load_wanted(out);
    file_ = replay_->take();
  }
  go_on(clocks, out);
}

bool Follower::on_loaded(Clocks clocks, OpId op, Result<journal::DecodedFile> result, Outbox& out) {
  const auto it = loads_.find(op);
  if (it == loads_.end()) return false;
  const std::string name = std::move(it->second);
  loads_.erase(it);
  if (!replay_) return true;
  const bool unavailable = result.has_error() && result.error().code == Errc::unavailable;
  replay_->on_loaded(name, std::move(result));
  if (unavailable)
    retry_at_ = clocks.now + options_.limits.retry_pause;  // asked for again by the beat
  else if (!file_)
    go_on(clocks, out);
  return true;
}

void Follower::react(Clocks clocks, Outbox& out) {
  switch (replay_->status()) {
    case Replay::Status::file_gone:
      // Perhaps a newer head no longer names it: compaction may have passed us.
      if (reread_op_ != 0) return;
      reread_op_ = out.next_op();
      out.push(ReadHead{reread_op_});
      return;
    case Replay::Status::file_damaged:
      if (list_op_ != 0) return;
      list_op_ = out.next_op();
      out.push(ListBlobs{list_op_, "journal/"});
      return;
    case Replay::Status::failed: {
      const bool was_fallback = replay_->plan().fallback;
      if (!was_fallback && !tried_fallback_ && replay_->error().code == Errc::damaged && head_ && head_->snapshot) {
        list_op_ = out.next_op();
        out.push(ListBlobs{list_op_, "journal/"});
        return;
      }
      give_up(replay_->error().text, out);
      retry_at_ = clocks.now + options_.limits.probe_every;
      return;
    }
    case Replay::Status::going:
    case Replay::Status::done: return;
  }
}

bool Follower::on_head_read(Clocks clocks, OpId op, const Result<HeadReading>& result, Outbox& out) {
  if (op == 0 || op != reread_op_) return false;
  reread_op_ = 0;
  if (!replay_) return true;
  if (result.has_error()) {
    retry_at_ = clocks.now + options_.limits.retry_pause;
    return true;
  }
  replay_.reset();
  const auto planned = replayed_head_;
  on_head(clocks, *result, out);
  if (replay_ && planned && head_ && *planned == *head_) {
    // The head still names it: only the previous snapshot's files can help.
    list_op_ = out.next_op();
    loads_.clear();
    file_.reset();
    out.push(ListBlobs{list_op_, "journal/"});
  }
  return true;
}

bool Follower::on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, Outbox& out) {
  if (op == 0 || op != list_op_) return false;
  list_op_ = 0;
  if (!replay_ || !head_) return true;
  if (result.has_error()) {
    give_up(result.error().text, out);
    retry_at_ = clocks.now + options_.limits.retry_pause;
    return true;
  }
  if (!tried_fallback_) {
    auto plan = journal::plan_fallback(*head_, *result);
    if (plan.has_value()) {
      tried_fallback_ = true;
      out.note(NoteLevel::warn, "The newest snapshot cannot be read; going through the one before it");
      begin_replay(clocks, std::move(*plan), out);
      return true;
    }
    if (replay_->status() == Replay::Status::file_damaged) {
      out.note(NoteLevel::error, "The snapshot is damaged and there is no way around it (" + plan.error().text +
                                     "); what it still holds is served, the rest is quarantined");
      tried_fallback_ = true;
      replay_->accept_damage();
      go_on(clocks, out);
      return true;
    }
    give_up("the register names a journal file that is gone, and " + plan.error().text +
                "; is storageDir the cluster's, and shared? stellwerk fsck tells what is there",
            out);
  } else {
    give_up(replay_->error().text, out);
  }
  retry_at_ = clocks.now + options_.limits.probe_every;
  return true;
}

void Follower::finish(Clocks clocks, Outbox& out) {
  const model::Position goal = replay_->plan().goal;
  const bool full = !replay_->plan().from.has_value();
  building_missing_.insert(replay_->missing().begin(), replay_->missing().end());
  state_ = std::move(building_);
  building_ = {};
  missing_ = std::move(building_missing_);
  building_missing_.clear();
  applied_ = goal;
  told_fault_.clear();
  if (full) {
    sizes_ = replay_->sizes();
  } else {
    sizes_.segment_bytes += replay_->sizes().segment_bytes;
  }
  replay_.reset();
  view_ = std::make_shared<const jobs::ClusterState>(state_.share());
  behind_since_ = {};
  out.push(Publish{});
  if (newer_head_ && head_ && applied_ != head_->position()) start(clocks, out);
  newer_head_ = false;
}

void Follower::give_up(std::string why, Outbox& out) {
  // It is tried again and again; the log says it once.
  if (why != told_fault_) out.note(NoteLevel::error, "Cannot read the journal: " + why);
  told_fault_ = why;
  fault_ = std::move(why);
  out.push(Publish{});
  replay_.reset();
  loads_.clear();
  file_.reset();
}

void Follower::beat(Clocks clocks, Outbox& out) {
  if (retry_at_ == Time{} || clocks.now < retry_at_) return;
  retry_at_ = {};
  if (replay_ && replay_->status() == Replay::Status::going) {
    load_wanted(out);
  } else if (replay_ && replay_->status() == Replay::Status::file_gone) {
    react(clocks, out);
  } else if (!replay_ && !fault_.empty()) {
    start(clocks, out);
  }
}

std::vector<std::pair<JobId, model::Quarantine>> Follower::quarantines(WallMs now) const {
  std::map<std::string, model::Quarantine> found;
  for (const auto& [key, missing] : missing_) {
    const std::string job(model::job_of(key));
    // A job that ended needs none of its other records; its history only shows it.
    if (job.empty() || state_.ended().contains(job)) continue;
    found.emplace(job, model::Quarantine{key, missing.source, missing.why, now});
  }
  for (const auto& [job, why] : state_.incomplete_jobs())
    found.emplace(job, model::Quarantine{"jobs/" + job, "the journal", why, now});
  std::vector<std::pair<JobId, model::Quarantine>> out;
  for (auto& [job, quarantine] : found) {
    if (state_.quarantined().contains(job)) continue;
    if (const auto id = JobId::parse(job); id.has_value()) out.emplace_back(*id, std::move(quarantine));
  }
  return out;
}

void Follower::give_back(jobs::ClusterState state, const model::Head& head, HeadVersion version,
                         const journal::ReplaySizes& sizes, std::shared_ptr<const jobs::ClusterState> view) {
  state_ = std::move(state);
  head_ = head;
  version_ = version;
  applied_ = head.position();
  sizes_ = sizes;
  view_ = std::move(view);
  missing_.clear();
  fault_.clear();
  replay_.reset();
  behind_since_ = {};
}

}  // namespace stellwerk::master
