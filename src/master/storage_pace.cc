#include "master/storage_pace.h"

#include <algorithm>

#include "master/standing.h"
#include "model/head.h"

namespace stellwerk::master {
namespace {

bool is_small(const std::string& name) {
  if (name == kClusterFile) return true;
  const auto file = model::parse_file_name(name);
  return file && file->kind == model::FileKind::segment;
}

/// 0: it is not measured.
OpId measured(const Effect& effect) {
  if (const auto* probe = std::get_if<ProbeStorage>(&effect)) return probe->op;
  if (const auto* put = std::get_if<PutBlob>(&effect)) return is_small(put->name) ? put->op : 0;
  if (const auto* load = std::get_if<LoadFile>(&effect)) return is_small(load->name) ? load->op : 0;
  if (const auto* get = std::get_if<GetBlob>(&effect)) return is_small(get->name) ? get->op : 0;
  return 0;
}

}  // namespace

void StoragePace::asked(Time now, const Effect& effect) {
  if (const OpId op = measured(effect); op != 0) waiting_.emplace(op, now);
}

void StoragePace::answered(Time now, OpId op) {
  const auto node = waiting_.extract(op);
  if (node.empty()) return;
  const Duration took = now - node.mapped();
  if (took >= times_.slowest || now - times_.slowest_at > kPaceMemory) {
    changed_ = changed_ || took > kSlowAnswer || times_.slowest > kSlowAnswer;
    times_.slowest = took;
    times_.slowest_at = now;
  }
  if (times_.asked == node.mapped()) beat(now);
}

void StoragePace::beat(Time now) {
  // Numbers grow with time: the first is the oldest.
  const Time oldest = waiting_.empty() ? Time{} : waiting_.begin()->second;
  const Time asked = oldest != Time{} && now - oldest > kSlowAnswer ? oldest : Time{};
  changed_ = changed_ || asked != times_.asked;
  times_.asked = asked;
}

Duration StoragePace::patience(Time now, Duration least) const {
  const bool known = times_.slowest_at != Time{} && now - times_.slowest_at <= kPaceMemory;
  return known ? std::max(least, std::min(times_.slowest * kPatienceFactor, kPatienceMax)) : least;
}

}  // namespace stellwerk::master
