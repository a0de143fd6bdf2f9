#include "master/standing.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "journal/replay.h"

namespace stellwerk::master {
namespace {

constexpr std::string_view kFsck = "; stellwerk fsck --rebuild-head is the way back";

}  // namespace

std::string encode_cluster_file(const std::string& cluster) {
  return json::serialize(json::object{{"product", "stellwerk"}, {"layout", model::kLayout}, {"cluster", cluster}}) +
         '\n';
}

void Standing::check_again() {
  // A probe under way is this check's first step: storage that hangs is not asked again and again.
  step_ = probe_op_ != 0 ? Step::probe : Step::idle;
  op_ = std::exchange(probe_op_, 0);
  if (passed_) reason_ = "it looks at storage and register again";
  passed_ = false;
  checking_ = true;
  next_ = {};
  finding_.reset();
}

void Standing::go(Clocks clocks, Step step, Outbox& out) {
  step_ = step;
  op_ = out.next_op();
  asked_at_ = clocks.now;
  switch (step) {
    case Step::idle: break;
    case Step::probe: out.push(ProbeStorage{op_}); break;
    case Step::list: out.push(ListBlobs{op_, "journal/"}); break;
    case Step::head: out.push(ReadHead{op_}); break;
    case Step::cluster_file: out.push(GetBlob{op_, std::string(kClusterFile)}); break;
  }
}

void Standing::watch_silence(Clocks clocks) {
  const bool asked = probe_op_ != 0 || (op_ != 0 && step_ != Step::head);
  if (!asked || clocks.now - asked_at_ <= patience_) return;
  const auto span = std::chrono::duration_cast<std::chrono::seconds>(patience_).count();
  if (passed_) check_again();
  refused_ = true;
  reason_ = options_.storage + " has not answered for " + std::to_string(span) + " s";
}

void Standing::beat(Clocks clocks, bool connected, Outbox& out) {
  watch_silence(clocks);
  if (checking_) {
    if (step_ == Step::idle && clocks.now >= next_) go(clocks, Step::probe, out);
    // The storage's part is done first; without a connection the head has to wait.
    if (step_ == Step::head && op_ == 0 && connected && clocks.now >= next_) go(clocks, Step::head, out);
    return;
  }
  if (probe_op_ == 0 && clocks.now >= next_probe_) {
    probe_op_ = out.next_op();
    asked_at_ = clocks.now;
    out.push(ProbeStorage{probe_op_});
  }
}

void Standing::refuse(Clocks clocks, std::string why) {
  step_ = Step::idle;
  op_ = 0;
  passed_ = false;
  checking_ = true;
  refused_ = true;
  reason_ = std::move(why);
  next_ = clocks.now + options_.limits.probe_every / 10;
}

bool Standing::on_probed(Clocks clocks, OpId op, const Result<void>& result, Outbox& out) {
  const bool periodic = op != 0 && op == probe_op_;
  if (!periodic && (op == 0 || op != op_ || step_ != Step::probe)) return false;
  // A full store keeps nobody from leading: what stands there can be read, and changes are refused (507).
  healthy_ = result.has_value() || result.error().code == Errc::no_space;
  if (periodic) {
    probe_op_ = 0;
    next_probe_ = clocks.now + options_.limits.probe_every;
    if (!healthy_)
      refuse(clocks, result.error().text);
    else
      look_for_hole(clocks, out);
    return true;
  }
  op_ = 0;
  if (!healthy_)
    refuse(clocks, result.error().text);
  else
    go(clocks, Step::list, out);
  return true;
}

/// Files that are taken away make no call fail; missed only by who has to read them, it would be too late.
void Standing::look_for_hole(Clocks clocks, Outbox& out) {
  if (next_look_ == Time{}) next_look_ = clocks.now + options_.limits.look_every;
  if (look_op_ != 0 || clocks.now < next_look_) return;
  look_op_ = out.next_op();
  out.push(ListBlobs{look_op_, "journal/"});
}

bool Standing::on_looked(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result) {
  if (op == 0 || op != look_op_) return false;
  look_op_ = 0;
  next_look_ = clocks.now + options_.limits.look_every;
  if (result.has_value()) hole_ = find_hole(*result);
  return true;
}

bool Standing::on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, Outbox& out) {
  (void)out;
  if (op == 0 || op != op_ || step_ != Step::list) return false;
  op_ = 0;
  if (result.has_error()) {
    refuse(clocks, result.error().text);
    return true;
  }
  files_.clear();
  for (const auto& blob : *result)
    if (const auto file = model::parse_file_name(blob.name)) files_.push_back(*file);
  hole_ = find_hole(*result);
  step_ = Step::head;  // asked for by beat(), as soon as there is a connection
  next_ = clocks.now;
  if (!refused_) reason_ = "it waits for the coordination service";
  return true;
}

bool Standing::on_head_read(Clocks clocks, OpId op, const Result<HeadReading>& result, Outbox& out) {
  if (op == 0 || op != op_ || step_ != Step::head) return false;
  op_ = 0;
  if (result.has_error()) {
    reason_ = result.error().text;
    next_ = clocks.now + options_.limits.retry_pause;
    return true;
  }
  reading_ = *result;
  go(clocks, Step::cluster_file, out);
  return true;
}

std::string Standing::find_hole(const std::vector<BlobInfo>& blobs) const {
  if (!relied_) return {};
  std::set<std::string> there;
  for (const auto& blob : blobs) there.insert(blob.name);
  for (const auto& file : journal::plan_replay(*relied_, std::nullopt).files)
    if (auto name = journal::name_of(file); !there.contains(name)) return name;
  return {};
}

std::string Standing::judge_absent() const {
  if (files_.empty()) return {};
  model::Position last;
  for (const auto& file : files_) last = std::max(last, file.at);
  return "the register is empty but " + options_.storage + " holds a journal up to " + to_string(last) +
         ": it was emptied or is another one; nobody leads" + std::string(kFsck);
}

std::string Standing::judge_head(const model::Head& head) const {
  for (const auto& file : files_) {
    const bool later = file.at.epoch > head.epoch || (file.at.epoch == head.epoch && file.at.seq > head.seq + 1);
    if (later)
      return options_.storage + " holds " + to_string(file.at) + ", which is later than the register (" +
             std::to_string(head.epoch) + ", seq " + std::to_string(head.seq) +
             "): the register was set back to an older copy; nobody leads" + std::string(kFsck);
  }
  return {};
}

std::string Standing::judge_cluster_file(const Result<std::string>& file,
                                         const std::optional<model::Head>& head) const {
  if (file.has_error()) {
    if (file.error().code != Errc::not_found) return file.error().text;
    const bool fresh = !head || (head->seq == 0 && !head->snapshot);
    if (fresh) return {};
    return options_.storage + " has no cluster.json; storageDir is not the cluster's; is it shared?";
  }
  auto value = parse_json(*file, "cluster.json");
  if (value.has_error()) return options_.storage + ": " + value.error().text;
  JsonFields fields(*value, "cluster.json");
  const std::string uuid = fields.string("cluster");
  if (!fields.ok()) return options_.storage + ": " + fields.error().text;
  if (!head)
    return options_.storage + " belongs to cluster " + uuid +
           " but the register is empty: it was emptied or is another "
           "one; nobody leads" +
           std::string(kFsck);
  if (uuid != head->cluster)
    return options_.storage + " belongs to cluster " + uuid + ", the register to " + head->cluster +
           "; set another high-availability.cluster-id or storageDir";
  return {};
}

bool Standing::on_got(Clocks clocks, OpId op, const Result<std::string>& result, Outbox& out) {
  (void)out;
  if (op == 0 || op != op_ || step_ != Step::cluster_file) return false;
  op_ = 0;
  std::optional<model::Head> head;
  std::string fault;
  if (reading_.bytes) {
    auto decoded = model::decode_head(*reading_.bytes);
    if (decoded.has_error())
      fault = decoded.error().text;
    else
      head = std::move(*decoded);
  }
  const bool ended = head && head->ended;  // what is left of it is to be removed, whatever it is
  if (fault.empty() && !ended && options_.safeguards.check_before_join)
    fault = head ? judge_head(*head) : judge_absent();
  if (fault.empty() && !ended && options_.safeguards.match_cluster) fault = judge_cluster_file(result, head);
  if (!fault.empty()) {
    refuse(clocks, std::move(fault));
    return true;
  }
  step_ = Step::idle;
  checking_ = false;
  passed_ = true;
  refused_ = false;
  reason_.clear();
  next_probe_ = clocks.now + options_.limits.probe_every;
  cluster_ = head ? head->cluster : std::string();
  finding_ = Finding{reading_};
  return true;
}

}  // namespace stellwerk::master
