#include "journal/replay.h"

#include <algorithm>

#include "base/assert.h"

namespace stellwerk::journal {

using model::FileKind;
using model::FileName;
using model::Position;

std::string name_of(const FileName& file) {
  return file.kind == FileKind::segment ? model::segment_name(file.at.epoch, file.at.seq)
                                        : model::snapshot_name(file.at);
}

ReplayPlan plan_replay(const model::Head& head, std::optional<Position> have) {
  ReplayPlan plan;
  plan.cluster = head.cluster;
  plan.goal = head.position();
  const bool continues =
      have && have->seq <= head.seq &&
      (have->seq + 1 == head.first_seq() ? !head.snapshot || *head.snapshot == *have || have->seq == 0
                                         : head.epoch_at(have->seq) == have->epoch);
  if (continues) {
    plan.from = have;
  } else if (head.snapshot) {
    plan.files.push_back({FileKind::snapshot, *head.snapshot});
  }
  for (const auto& range : head.segments)
    for (std::int64_t seq = range.from; seq <= range.to; ++seq)
      if (!continues || seq > have->seq) plan.files.push_back({FileKind::segment, {range.epoch, seq}});
  return plan;
}

Result<ReplayPlan> plan_fallback(const model::Head& head, const std::vector<BlobInfo>& listing) {
  if (!head.snapshot) return make_error(Errc::not_found, "there is no snapshot before the segments");
  std::optional<Position> older;
  std::map<std::int64_t, std::int64_t> epoch_at;  // of segments the head no longer names: the highest is the one
  for (const auto& blob : listing) {
    const auto file = model::parse_file_name(blob.name);
    if (!file) continue;
    if (file->kind == FileKind::snapshot) {
      if (file->at.seq < head.snapshot->seq && (!older || older->seq < file->at.seq)) older = file->at;
    } else if (file->at.seq <= head.snapshot->seq && file->at.epoch <= head.snapshot->epoch) {
      auto& epoch = epoch_at[file->at.seq];
      epoch = std::max(epoch, file->at.epoch);
    }
  }
  ReplayPlan plan = plan_replay(head, std::nullopt);
  plan.fallback = true;
  plan.files.erase(plan.files.begin());
  std::vector<FileName> before;
  if (older) before.push_back({FileKind::snapshot, *older});
  for (std::int64_t seq = older ? older->seq + 1 : 1; seq <= head.snapshot->seq; ++seq) {
    const auto it = epoch_at.find(seq);
    if (it == epoch_at.end())
      return make_error(Errc::not_found, "the segment at seq " + std::to_string(seq) + " is gone too");
    before.push_back({FileKind::segment, {it->second, seq}});
  }
  plan.files.insert(plan.files.begin(), before.begin(), before.end());
  return plan;
}

Replay::Replay(ReplayPlan plan) : plan_(std::move(plan)), applied_(plan_.from.value_or(Position{})) {
  if (plan_.files.size() > kReplayFilesMax)
    fail(Errc::damaged, "the register names " + std::to_string(plan_.files.size()) + " files");
  else if (plan_.files.empty())
    status_ = Status::done;
}

void Replay::stop(Status status, Error error) {
  status_ = status;
  error_ = std::move(error);
}

void Replay::fail(Errc code, std::string text) {
  stop(Status::failed, make_error(code, std::move(text)));
}

std::vector<std::string> Replay::wanted() {
  std::vector<std::string> names;
  if (status_ != Status::going) return names;
  while (slots_.size() < kLoadsMax && first_ + slots_.size() < plan_.files.size()) {
    const std::size_t at = first_ + slots_.size();
    index_[name_of(plan_.files[at])] = at;
    slots_.emplace_back();
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state != Slot::State::wanted) continue;
    slots_[i].state = Slot::State::loading;
    names.push_back(name_of(plan_.files[first_ + i]));
  }
  return names;
}

std::string Replay::header_fault(const FileName& expected, const FileHeader& header) const {
  if (header.kind != expected.kind || header.at != expected.at)
    return "it is another file (" + to_string(header.at) + ")";
  if (header.cluster != plan_.cluster) return "it belongs to another cluster (" + header.cluster + ")";
  return {};
}

void Replay::on_loaded(const std::string& name, Result<DecodedFile> file) {
  const auto it = index_.find(name);
  if (it == index_.end() || it->second < first_ || status_ != Status::going) return;
  Slot& slot = slots_[it->second - first_];
  const FileName& expected = plan_.files[it->second];
  if (file.has_value()) {
    if (const std::string fault = header_fault(expected, file->header); !fault.empty())
      file = make_error(Errc::foreign, name + ": " + fault);
  }
  if (file.has_error()) {
    const Error& error = file.error();
    if (error.code == Errc::unavailable) {
      slot.state = Slot::State::wanted;
    } else if (error.code == Errc::not_found) {
      stop(Status::file_gone, error);
    } else if (error.code == Errc::damaged && ++slot.tries < 2) {
      slot.state = Slot::State::wanted;
    } else if (error.code == Errc::damaged && expected.kind == FileKind::snapshot && !plan_.fallback &&
               !accept_damage_) {
      stop(Status::file_damaged, error);
    } else {
      stop(Status::failed, error);
    }
    return;
  }
  if (!file->whole() && ++slot.tries < 2) {
    slot.state = Slot::State::wanted;  // a second reading may do better: a bad cable, a bad page
    return;
  }
  if (!file->whole() && expected.kind == FileKind::snapshot && !plan_.fallback && !accept_damage_) {
    stop(Status::file_damaged, make_error(Errc::damaged, name + ": " + file->damaged.front().why));
    return;
  }
  slot.state = Slot::State::ready;
  slot.file = std::move(*file);
}

std::optional<DecodedFile> Replay::take() {
  if (status_ != Status::going || slots_.empty() || slots_.front().state != Slot::State::ready) return std::nullopt;
  DecodedFile file = std::move(*slots_.front().file);
  const FileName& name = plan_.files[next_];
  if (name.kind == FileKind::segment && file.header.previous != applied_) {
    fail(Errc::damaged,
         name_of(name) + ": it follows " + to_string(file.header.previous) + ", not " + to_string(applied_));
    return std::nullopt;
  }
  for (const auto& damage : file.damaged) {
    if (damage.key.empty()) {
      fail(Errc::damaged, name_of(name) + ": " + damage.why +
                              ", and nothing tells which record it was; "
                              "see stellwerk fsck");
      return std::nullopt;
    }
  }
  // A later record of the same key makes good what an earlier file lost.
  for (const auto& record : file.records) {
    if (missing_.empty()) break;
    missing_.erase(record.key);
  }
  for (const auto& damage : file.damaged)
    missing_.insert_or_assign(damage.key, MissingRecord{name_of(name), damage.why});
  applied_ = file.header.at;
  (name.kind == FileKind::segment ? sizes_.segment_bytes : sizes_.snapshot_bytes) += file.bytes;
  index_.erase(name_of(name));
  slots_.pop_front();
  ++first_;
  ++next_;
  if (next_ == plan_.files.size()) status_ = Status::done;
  return file;
}

void Replay::accept_damage() {
  STELLWERK_ASSERT(status_ == Status::file_damaged, "damage is accepted only where it was found");
  accept_damage_ = true;
  stop(Status::going, {});
  for (Slot& slot : slots_)
    if (slot.state == Slot::State::loading) slot.state = Slot::State::wanted;
}

}  // namespace stellwerk::journal
