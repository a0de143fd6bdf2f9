#include "master/leader.h"

#include <algorithm>

/// Files that callers bring along: stored before anything is decided about them.
namespace stellwerk::master {

using jobs::Reply;

bool Leader::has_to_be_stored(const jobs::AddBundle& add) const {
  return add.file.empty() && add.bytes && !pending_.artifacts().contains(add.artifact.sha256) &&
         !pending_.bundles().contains(add.uuid);
}

void Leader::store(Upload upload) {
  Waiting waiting;
  waiting.ticket = upload.ticket;
  waiting.bytes = jobs::bytes_of(upload.change);
  waiting.deadline = upload.deadline;
  if (!admit(waiting)) return;
  if (uploads_.begin(head_.epoch, std::move(upload), out_)) return;
  answer(waiting,
         {Reply::Kind::overloaded, {}, "Nothing happened: too many files are being stored; try again later", {}});
}

void Leader::stored(Clocks clocks, Uploads::Stored stored) {
  const Error& why = stored.result.error;
  switch (stored.result.outcome) {
    case PutOutcome::ok:
      for (auto& upload : stored.uploads) request(clocks, upload.ticket, std::move(upload.change), upload.deadline);
      return;
    case PutOutcome::exists:
    case PutOutcome::not_done:
    case PutOutcome::unknown: break;
  }
  tell_failure(clocks, "Could not store an uploaded file in " + options_.storage + ": " + why.text);
  refuse_uploads(std::move(stored.uploads),
                 why.code == Errc::no_space ? Reply::Kind::no_space : Reply::Kind::unavailable,
                 "Nothing happened: " + options_.storage + " could not be written: " + why.text);
}

void Leader::refuse_uploads(std::vector<Upload> uploads, Reply::Kind kind, const std::string& text) {
  for (const auto& upload : uploads) {
    Waiting waiting;
    waiting.ticket = upload.ticket;
    answer(waiting, {kind, {}, text, {}});
  }
}

void Leader::drop_stored_uploads() {
  std::erase_if(queue_, [this](const Waiting& waiting) {
    const auto* add = std::get_if<jobs::AddBundle>(&waiting.change);
    if (add == nullptr || add->file.empty()) return false;
    answer(waiting, {Reply::Kind::unavailable, {}, "Nothing happened: another epoch began meanwhile", {}});
    queue_bytes_ -= waiting.bytes;
    return true;
  });
}

void Leader::look_after_uploads(Clocks clocks) {
  uploads_.settle([this](const std::string& file) {
    return std::any_of(queue_.begin(), queue_.end(), [&](const Waiting& waiting) {
      const auto* add = std::get_if<jobs::AddBundle>(&waiting.change);
      return add != nullptr && add->file == file;
    });
  });
  uploads_.beat(clocks, out_);
}

}  // namespace stellwerk::master
