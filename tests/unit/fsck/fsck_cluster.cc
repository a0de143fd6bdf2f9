#include "unit/fsck/fsck_cluster.h"

#include <stdexcept>

#include "base/sha256.h"

namespace stellwerk::fsck::test {
namespace {

constexpr WallMs kNow = 1'700'000'000'000;

[[noreturn]] void broken(const std::string& what) {
  throw std::logic_error("the test's cluster: " + what);
}

std::size_t line_of(const std::string& bytes, const std::string& text) {
  const auto at = bytes.find(text);
  if (at == std::string::npos) broken("no line holds " + text);
  return bytes.rfind('\n', at) + 1;
}

}  // namespace

FsckCluster::FsckCluster() {
  head.cluster = kCluster;
  head.epoch = 1;
  head.leader = {"a", "http://one:8081", ""};
  store.put("cluster.json", std::string("{\"product\":\"stellwerk\",\"layout\":1,\"cluster\":\"") + kCluster + "\"}\n");
  commit({model::Record::put("takeovers/1", "{\"v\":1}")});
}

void FsckCluster::commit(std::vector<model::Record> records) {
  journal::FileHeader header;
  header.cluster = head.cluster;
  header.at = {head.epoch, head.seq + 1};
  header.previous = head.position();
  header.snapshot = head.snapshot;
  if (store.put(model::segment_name(header.at.epoch, header.at.seq), journal::encode_segment(header, records))
          .outcome != PutOutcome::ok)
    broken("a segment was refused");
  for (const auto& record : records)
    if (state_.apply(record)) broken("a record of it is at fault");
  head.append(head.epoch);
  head.stamp = {"a", ++stamps_};
}

JobId FsckCluster::submit(int number) {
  const JobId id = JobId::mint(kNow + number, {static_cast<std::uint64_t>(number), 7});
  const std::string spec = "{\"name\":\"job-" + std::to_string(number) + "\"}";
  commit(jobs::decide(state_, jobs::SubmitJob{id, spec, sha256_hex(spec), "job-" + std::to_string(number), 1}, kNow, {})
             .records);
  return id;
}

void FsckCluster::cancel(const JobId& id) {
  commit(jobs::decide(state_, jobs::CancelJob{id}, kNow, {}).records);
}

void FsckCluster::take_over() {
  ++head.epoch;
  commit({model::Record::put("takeovers/" + std::to_string(head.epoch), "{\"v\":1}")});
}

void FsckCluster::compact() {
  journal::FileHeader header;
  header.cluster = head.cluster;
  header.at = head.position();
  header.previous = header.at;
  store.put(model::snapshot_name(header.at), journal::encode_snapshot(header, state_.records()));
  head.compact(header.at);
}

std::string FsckCluster::segment(std::int64_t seq) const {
  return model::segment_name(*head.epoch_at(seq), seq);
}
std::string FsckCluster::newest_segment() const {
  return segment(head.seq);
}
std::string FsckCluster::snapshot() const {
  return model::snapshot_name(*head.snapshot);
}

std::string FsckCluster::bytes(const std::string& name) {
  auto bytes = store.get(name);
  if (bytes.has_error()) broken(bytes.error().text);
  return *bytes;
}

void FsckCluster::replace(const std::string& name, const std::string& bytes) {
  (void)store.remove(name);
  if (store.put(name, bytes).outcome != PutOutcome::ok) broken("a put was refused");
}

void FsckCluster::flip_in_line(const std::string& name, const std::string& text) {
  std::string all = bytes(name);
  all[all.find(text, line_of(all, text)) + text.size() / 2] ^= 1;
  replace(name, all);
}

void FsckCluster::flip_checksum(const std::string& name, const std::string& text) {
  std::string all = bytes(name);
  char& digit = all[line_of(all, text)];
  digit = digit == '0' ? '1' : '0';
  replace(name, all);
}

Examination FsckCluster::examine(const ExamineOptions& options) {
  return examine(Register{"the test", head, {}}, options);
}

Examination FsckCluster::examine(Register reg, const ExamineOptions& options) {
  auto out = fsck::examine(store, std::move(reg), options, {});
  if (out.has_error()) broken(out.error().text);
  return std::move(*out);
}

Result<void> FsckCluster::repair(Examination& examination, const std::vector<Decision>& decisions, bool accept_loss,
                                 const std::string& uuid) {
  auto planned = plan_repair(examination, decisions, {accept_loss, uuid}, kNow);
  if (planned.has_error()) return planned.error();
  const auto claimed = claiming_head(examination, next_epoch(examination), {"fsck", ++stamps_}, "fsck", kNow);
  const auto repaired = repaired_head(claimed, {"fsck", ++stamps_});
  const auto at = repaired.position();
  store.put(model::segment_name(at.epoch, at.seq), repair_segment(*planned, claimed, repaired));
  store.put(model::snapshot_name(at), repaired_snapshot(*planned, repaired));
  replace("cluster.json", "{\"product\":\"stellwerk\",\"layout\":1,\"cluster\":\"" + repaired.cluster + "\"}\n");
  for (const auto& name : planned->set_aside) (void)store.remove(name);
  head = repaired;
  state_ = planned->state.share();
  return {};
}

std::string listed(const Examination& examination) {
  std::string out;
  for (const auto& fault : examination.faults)
    out += std::string(to_string(fault.severity)) + " " + fault.place + ": " + fault.text + "\n";
  for (const auto& job : examination.quarantined)
    out += "quarantined " + job.job + " " + job.troubles.front().key + ": " + job.troubles.front().why + "\n";
  return out;
}

bool has(const Examination& examination, Severity severity, const std::string& place, const std::string& words) {
  for (const auto& fault : examination.faults)
    if (fault.severity == severity && fault.place == place && fault.text.find(words) != std::string::npos) return true;
  return false;
}

}  // namespace stellwerk::fsck::test
