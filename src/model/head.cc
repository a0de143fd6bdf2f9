#include "model/head.h"

#include <charconv>
#include <cstdio>

#include "base/ids.h"
#include "base/json.h"

namespace stellwerk::model {
namespace {

constexpr std::string_view kSegmentPrefix = "journal/segment-";
constexpr std::string_view kSnapshotPrefix = "journal/snapshot-";
constexpr std::string_view kSuffix = ".jsonl";
constexpr std::size_t kEpochDigits = 10;
constexpr std::size_t kSeqDigits = 20;

std::string file_name(std::string_view prefix, Position at) {
  char digits[kEpochDigits + 1 + kSeqDigits + 1];
  std::snprintf(digits, sizeof digits, "%010lld-%020lld", static_cast<long long>(at.epoch),
                static_cast<long long>(at.seq));
  return std::string(prefix) + digits + std::string(kSuffix);
}

bool read_digits(std::string_view text, std::int64_t& out) {
  for (const char c : text)
    if (c < '0' || c > '9') return false;
  return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc{};
}

/// The ranges must join up: after the snapshot, without a gap, epochs growing, up to seq.
std::string chain_fault(const Head& head) {
  std::int64_t next = head.first_seq();
  std::int64_t epoch = head.snapshot ? head.snapshot->epoch : 0;
  for (std::size_t i = 0; i < head.segments.size(); ++i) {
    const SegmentRange& range = head.segments[i];
    // A snapshot is named by the epoch that wrote it, which may be that of later commits too.
    const bool grows = i == 0 ? range.epoch >= 1 : range.epoch > epoch;
    if (range.from != next || range.to < range.from || !grows || range.epoch > head.epoch)
      return "the segments do not join up at seq " + std::to_string(next);
    next = range.to + 1;
    epoch = range.epoch;
  }
  if (head.seq != next - 1) return "seq is not the end of the segments";
  if (head.snapshot && head.snapshot->epoch > head.epoch) return "the snapshot is of a later epoch";
  return {};
}

Position read_file(const json::value& value, std::string what) {
  JsonFields fields(value, std::move(what));
  return {fields.integer("epoch"), fields.integer("seq")};
}

}  // namespace

Position Head::position() const {
  if (!segments.empty()) return {segments.back().epoch, seq};
  if (snapshot) return *snapshot;
  return {0, 0};
}

std::optional<std::int64_t> Head::epoch_at(std::int64_t at) const {
  for (const SegmentRange& range : segments)
    if (range.from <= at && at <= range.to) return range.epoch;
  return std::nullopt;
}

void Head::append(std::int64_t commit_epoch) {
  ++seq;
  if (!segments.empty() && segments.back().epoch == commit_epoch)
    segments.back().to = seq;
  else
    segments.push_back({commit_epoch, seq, seq});
}

void Head::compact(Position file) {
  std::vector<SegmentRange> later;
  for (SegmentRange range : segments) {
    if (range.to <= file.seq) continue;
    range.from = range.from > file.seq ? range.from : file.seq + 1;
    later.push_back(range);
  }
  segments = std::move(later);
  snapshot = file;
}

std::string encode_head(const Head& head) {
  json::object out;
  out["layout"] = kLayout;
  out["cluster"] = head.cluster;
  out["stamp"] = {{"process", head.stamp.process}, {"counter", head.stamp.counter}};
  out["epoch"] = head.epoch;
  out["leader"] = {{"id", head.leader.id}, {"rest", head.leader.rest}, {"rpc", head.leader.rpc}};
  out["seq"] = head.seq;
  if (head.snapshot) out["snapshot"] = {{"epoch", head.snapshot->epoch}, {"seq", head.snapshot->seq}};
  json::array ranges;
  for (const SegmentRange& range : head.segments)
    ranges.push_back({{"epoch", range.epoch}, {"from", range.from}, {"to", range.to}});
  out["segments"] = std::move(ranges);
  out["since"] = head.since_ms;
  if (head.ended) out["ended"] = true;
  return json::serialize(out);
}

Result<Head> decode_head(std::string_view bytes) {
  if (bytes.size() > kHeadBytesMax)
    return make_error(Errc::damaged, "the register holds " + std::to_string(bytes.size()) + " bytes; at most " +
                                         std::to_string(kHeadBytesMax) + " are a head");
  auto value = parse_json(bytes, "the register");
  if (value.has_error()) return value.error();
  JsonFields fields(*value, "the register");
  const std::int64_t layout = fields.integer("layout");
  if (fields.ok() && layout > kLayout)
    return make_error(Errc::not_supported, "the register was written by a newer version (layout " +
                                               std::to_string(layout) + "; this version reads up to " +
                                               std::to_string(kLayout) + ")");
  fields.only({"cluster", "ended", "epoch", "layout", "leader", "segments", "seq", "since", "snapshot", "stamp"});
  Head head;
  head.cluster = fields.string("cluster");
  JsonFields stamp(fields.object("stamp"), "the register's stamp");
  stamp.only({"counter", "process"});
  head.stamp = {stamp.string("process"), stamp.integer("counter")};
  head.epoch = fields.integer("epoch");
  JsonFields leader(fields.object("leader"), "the register's leader");
  leader.only({"id", "rest", "rpc"});
  head.leader = {leader.string("id"), leader.string("rest"), leader.string_or("rpc", "")};
  head.seq = fields.integer("seq");
  if (const auto* snapshot = fields.find("snapshot")) head.snapshot = read_file(*snapshot, "the register's snapshot");
  for (const auto& item : fields.array("segments")) {
    JsonFields range(item, "the register's segments");
    range.only({"epoch", "from", "to"});
    head.segments.push_back({range.integer("epoch"), range.integer("from"), range.integer("to")});
    if (!range.ok()) return range.error();
  }
  head.since_ms = fields.integer_or("since", 0);
  head.ended = fields.boolean_or("ended", false);
  fields.only_in(stamp);
  fields.only_in(leader);
  if (!fields.ok()) return fields.error();
  if (!stamp.ok()) return stamp.error();
  if (!leader.ok()) return leader.error();
  if (!is_uuid(head.cluster)) return make_error(Errc::damaged, "the register: \"cluster\" must be a uuid");
  if (head.epoch < 1 || head.epoch > kEpochMax)
    return make_error(Errc::damaged, "the register: \"epoch\" is out of range");
  if (head.seq < 0 || head.seq > kSeqMax) return make_error(Errc::damaged, "the register: \"seq\" is out of range");
  if (const std::string fault = chain_fault(head); !fault.empty())
    return make_error(Errc::damaged, "the register: " + fault);
  return head;
}

std::string segment_name(std::int64_t epoch, std::int64_t seq) {
  return file_name(kSegmentPrefix, {epoch, seq});
}
std::string snapshot_name(Position file) {
  return file_name(kSnapshotPrefix, file);
}

std::optional<FileName> parse_file_name(std::string_view name) {
  FileName out;
  if (name.starts_with(kSegmentPrefix)) {
    name.remove_prefix(kSegmentPrefix.size());
  } else if (name.starts_with(kSnapshotPrefix)) {
    name.remove_prefix(kSnapshotPrefix.size());
    out.kind = FileKind::snapshot;
  } else {
    return std::nullopt;
  }
  if (name.size() != kEpochDigits + 1 + kSeqDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  const bool ok = name[kEpochDigits] == '-' && read_digits(name.substr(0, kEpochDigits), out.at.epoch) &&
                  read_digits(name.substr(kEpochDigits + 1, kSeqDigits), out.at.seq);
  if (!ok || out.at.seq > kSeqMax) return std::nullopt;
  return out;
}

}  // namespace stellwerk::model
