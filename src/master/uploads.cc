#include "master/uploads.h"

#include <algorithm>

namespace stellwerk::master {

namespace {

constexpr std::string_view kArtifacts = "artifacts/";

}  // namespace

bool Uploads::begin(std::int64_t epoch, Upload upload, Outbox& out) {
  const std::string sha256 = upload.change.artifact.sha256;
  std::size_t waiting = 0;
  for (const auto& [hash, putting] : putting_) waiting += putting.uploads.size();
  if (waiting >= kUploadsWaitingMax) return false;
  const auto at = putting_.find(sha256);
  if (at != putting_.end() && at->second.epoch == epoch) {
    upload.change.bytes.reset();
    at->second.uploads.push_back(std::move(upload));
    return true;
  }
  // One of an epoch that was given up may still be under way: it is of no use.
  if (putting_.size() >= kUploadPutsMax || at != putting_.end()) return false;
  Putting putting;
  putting.op = out.next_op();
  putting.epoch = epoch;
  ++last_number_;
  const bool fresh = options_.safeguards.uploads.new_names;
  putting.file = model::ArtifactFile{sha256, fresh ? epoch : 1, fresh ? last_number_ : 1}.name();
  unrecorded_.insert(putting.file);
  out.push(PutBlob{putting.op, putting.file, [bytes = upload.change.bytes] { return *bytes; }});
  putting.uploads.push_back(std::move(upload));
  putting_.emplace(sha256, std::move(putting));
  return true;
}

std::optional<Uploads::Stored> Uploads::on_put(OpId op, const PutResult& result, std::int64_t epoch) {
  const auto at =
      std::find_if(putting_.begin(), putting_.end(), [&](const auto& each) { return each.second.op == op; });
  if (op == 0 || at == putting_.end()) return std::nullopt;
  Putting putting = std::move(at->second);
  putting_.erase(at);
  Stored out{std::move(putting.uploads), result};
  if (result.outcome == PutOutcome::not_done) unrecorded_.erase(putting.file);  // certainly nothing stands there
  const bool ours = putting.epoch == epoch || !options_.safeguards.uploads.own_epoch;
  if (result.outcome == PutOutcome::ok && !ours)
    out.result = {PutOutcome::not_done, make_error(Errc::unavailable, "another epoch began meanwhile")};
  if (out.result.outcome == PutOutcome::ok)
    for (auto& upload : out.uploads) upload.change.file = putting.file;
  for (auto& upload : out.uploads) upload.change.bytes.reset();
  return out;
}

std::vector<Upload> Uploads::take_late(Time now) {
  std::vector<Upload> out;
  for (auto& [hash, putting] : putting_)
    std::erase_if(putting.uploads, [&](Upload& upload) {
      if (upload.deadline > now) return false;
      out.push_back(std::move(upload));
      return true;
    });
  return out;
}

std::vector<Upload> Uploads::take_all() {
  return take_late(Time::max());
}

void Uploads::committed(const jobs::ClusterState& before, const model::Record& record) {
  if (!record.key.starts_with(kArtifacts)) return;
  const auto old = before.artifacts().find(std::string_view(record.key).substr(kArtifacts.size()));
  std::string named;
  if (record.value)
    if (const auto now = model::decode_artifact(*record.value); now.has_value()) named = now->file;
  unrecorded_.erase(named);
  if (old && old->file != named) unneeded_.push_back(old->file);
}

void Uploads::settle(const Wanted& wanted) {
  std::erase_if(unrecorded_, [&](const std::string& file) {
    const bool putting =
        std::any_of(putting_.begin(), putting_.end(), [&](const auto& each) { return each.second.file == file; });
    if ((putting || wanted(file)) && options_.safeguards.uploads.spare_uploads) return false;
    unneeded_.push_back(file);
    return true;
  });
}

void Uploads::beat(Clocks clocks, Outbox& out) {
  if (next_sweep_ == Time{}) next_sweep_ = clocks.now + options_.limits.uploads.sweep_first;
  if (list_op_ == 0 && unneeded_.empty() && clocks.now >= next_sweep_) {
    next_sweep_ = clocks.now + options_.limits.uploads.sweep_every;
    list_op_ = out.next_op();
    out.push(ListBlobs{list_op_, std::string(model::kBlobFolder)});
  }
  if (unneeded_.empty() || remove_op_ != 0 || clocks.now < next_removal_) return;
  remove_op_ = out.next_op();
  out.note(NoteLevel::info, "Removing " + unneeded_.front() + ", which nobody needs any more");
  out.push(RemoveBlob{remove_op_, unneeded_.front()});
  unneeded_.pop_front();
}

bool Uploads::on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, std::int64_t epoch,
                        const jobs::ClusterState& state, Outbox& out) {
  if (op == 0 || op != list_op_) return false;
  list_op_ = 0;
  if (result.has_error()) {
    out.note(NoteLevel::warn, "Could not list the uploaded files to remove old ones: " + result.error().text);
    return true;
  }
  for (const auto& blob : *result) {
    const auto file = model::parse_artifact_file(blob.name);
    if (file.has_error() || file->epoch >= epoch) continue;
    const bool old =
        blob.modified_ms >= 0 && clocks.wall - blob.modified_ms > options_.limits.uploads.stray_age.count();
    const auto record = state.artifacts().find(file->sha256);
    if (old && !(record && record->file == blob.name)) unneeded_.push_back(blob.name);
  }
  return true;
}

bool Uploads::on_removed(Clocks clocks, OpId op, const Result<void>& result, Outbox& out) {
  if (op == 0 || op != remove_op_) return false;
  remove_op_ = 0;
  next_removal_ = clocks.now + options_.limits.uploads.sweep_pause;
  if (result.has_error())
    out.note(NoteLevel::warn,
             "Could not remove an uploaded file that nobody needs: " + result.error().text + "; it is left alone");
  return true;
}

}  // namespace stellwerk::master
