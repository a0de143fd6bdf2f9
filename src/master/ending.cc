#include "master/ending.h"

#include "master/standing.h"

namespace stellwerk::master {

void Ending::beat(Clocks clocks, const Options& options, Outbox& out) {
  (void)options;
  if (done_ || op_ != 0 || clocks.now < begin_at_) return;
  next(clocks, out);
}

void Ending::next(Clocks clocks, Outbox& out) {
  (void)clocks;
  op_ = out.next_op();
  if (!listed_)
    out.push(ListBlobs{op_, ""});
  else if (!files_.empty())
    out.push(RemoveBlob{op_, files_.front()});
  else
    out.push(EraseCluster{op_});
}

void Ending::retry(Clocks clocks, const std::string& why, const Options& options, Outbox& out) {
  out.note(NoteLevel::warn, "Could not remove the ended cluster yet: " + why + "; trying again");
  begin_at_ = clocks.now + options.limits.retry_pause;
}

bool Ending::on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, const Options& options,
                       Outbox& out) {
  if (op == 0 || op != op_) return false;
  op_ = 0;
  if (result.has_error()) {
    retry(clocks, result.error().text, options, out);
    return true;
  }
  listed_ = true;
  for (const auto& blob : *result)
    if (blob.name != kClusterFile) files_.push_back(blob.name);
  files_.emplace_back(kClusterFile);
  next(clocks, out);
  return true;
}

bool Ending::on_removed(Clocks clocks, OpId op, const Result<void>& result, const Options& options, Outbox& out) {
  if (op == 0 || op != op_) return false;
  op_ = 0;
  if (result.has_error()) {
    retry(clocks, result.error().text, options, out);
    return true;
  }
  files_.pop_front();
  next(clocks, out);
  return true;
}

bool Ending::on_erased(Clocks clocks, OpId op, const Result<void>& result, const Options& options, Outbox& out) {
  if (op == 0 || op != op_) return false;
  op_ = 0;
  if (result.has_error())
    retry(clocks, result.error().text, options, out);
  else
    done_ = true;
  return true;
}

}  // namespace stellwerk::master
