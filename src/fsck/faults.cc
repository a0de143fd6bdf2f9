#include "fsck/faults.h"

#include <algorithm>
#include <set>

#include "model/record.h"

namespace stellwerk::fsck {
namespace {

using model::FileKind;
using model::Head;
using model::Position;

/// Of one kind, and then how many more.
constexpr std::size_t kShownMax = 100;

enum class Role { named, kept, later, left_over };

bool is_later(const Head& head, Position at) {
  return at.epoch > head.epoch || (at.epoch == head.epoch && at.seq > head.seq + 1);
}

class Roles {
 public:
  Roles(const Survey& survey, const Head& head) : head_(head) {
    for (const auto& file : survey.files)
      if (file.file.kind == FileKind::snapshot && head.snapshot && file.file.at.seq < head.snapshot->seq &&
          (!older_ || *older_ < file.file.at.seq))
        older_ = file.file.at.seq;
  }

  Role of(const model::FileName& file) const {
    if (is_later(head_, file.at)) return Role::later;
    if (file.kind == FileKind::snapshot) {
      if (head_.snapshot && file.at == *head_.snapshot) return Role::named;
      return older_ && file.at.seq == *older_ ? Role::kept : Role::left_over;
    }
    if (head_.epoch_at(file.at.seq) == file.at.epoch) return Role::named;
    return head_.snapshot && file.at.seq <= head_.snapshot->seq && file.at.seq > older_.value_or(0) ? Role::kept
                                                                                                    : Role::left_over;
  }

 private:
  const Head& head_;
  std::optional<std::int64_t> older_;  ///< seq of the snapshot before the head's
};

std::string damage_of(const SurveyedFile& file, const Head& head) {
  if (!file.fault.empty()) return file.fault;
  if (file.header && file.header->cluster != head.cluster)
    return "it belongs to another cluster (" + file.header->cluster + ")";
  if (!file.damaged.empty()) {
    constexpr std::size_t kShown = 5;
    std::string text = std::to_string(file.damaged.size()) + (file.damaged.size() == 1 ? " record" : " records") +
                       " cannot be had from it:";
    for (std::size_t i = 0; i < file.damaged.size() && i < kShown; ++i)
      text += (i == 0 ? " " : "; ") + (file.damaged[i].key.empty() ? "one without a name" : file.damaged[i].key) +
              " (" + file.damaged[i].why + ")";
    if (file.damaged.size() > kShown) text += "; ...";
    return text;
  }
  if (!file.exact) return "every record can be read, but its bytes are not what was written";
  return {};
}

Fault judge(const SurveyedFile& file, Role role, const std::string& damage) {
  if (file.newer_version) return {Severity::error, file.name, damage};
  switch (role) {
    case Role::named: return {file.whole() && !file.exact ? Severity::warning : Severity::error, file.name, damage};
    case Role::kept: return {Severity::warning, file.name, damage + "; it is kept as a way around the newest snapshot"};
    case Role::later:
      return {Severity::error, file.name,
              "it is later than the register, and " + damage + "; masters that see it do not lead"};
    case Role::left_over: break;
  }
  return {Severity::note, file.name, damage + "; nothing needs it any more"};
}

void add_missing(const Survey& survey, const Head& head, std::vector<Fault>& out) {
  const auto missing = [&](const std::string& name) {
    out.push_back({Severity::error, name, "the register names it, and it is missing"});
  };
  if (head.snapshot && survey.find(model::snapshot_name(*head.snapshot)) == nullptr)
    missing(model::snapshot_name(*head.snapshot));
  constexpr std::int64_t kShown = 100;
  std::int64_t gone = 0;
  for (const auto& range : head.segments)
    for (std::int64_t seq = range.from; seq <= range.to && gone <= kShown; ++seq)
      if (survey.find(model::segment_name(range.epoch, seq)) == nullptr) {
        if (++gone <= kShown) missing(model::segment_name(range.epoch, seq));
      }
  if (gone > kShown) out.push_back({Severity::error, "journal/", "more files that the register names are missing"});
}

/// One commit may be on its way, or was never acknowledged; it also is all that is left of a register that
/// was set back by one.
void add_unnamed(const Survey& survey, const Head& head, std::vector<Fault>& out) {
  for (const auto& file : survey.files)
    if (file.file.kind == FileKind::segment && file.file.at.seq == head.seq + 1 && !is_later(head, file.file.at) &&
        file.usable() && file.header->cluster == head.cluster && file.header->previous == head.position())
      out.push_back({Severity::note, file.name,
                     "it would be the next commit, and the register does not name it: it was on its way, or never "
                     "acknowledged"});
}

/// What the loss of a record costs that is no job's.
Fault lost_record(const std::string& key, const journal::MissingRecord& missing) {
  const std::string why = missing.why + " (" + missing.source + ")";
  if (key.starts_with("takeovers/") || key.starts_with("repairs/"))
    return {Severity::warning, key, why + "; it is only shown to people"};
  if (key.starts_with("bundles/")) return {Severity::error, key, why + "; an upload is lost, and has to be sent again"};
  if (key.starts_with("artifacts/"))
    return {Severity::error, key, why + "; nobody can fetch that file any more: jobs that need it have to be run anew"};
  if (key.starts_with("triggers/"))
    return {Severity::warning, key, why + "; who asked for a checkpoint is not told what became of it"};
  if (key == jobs::kEvictedKey)
    return {Severity::error, key, why + "; ids of jobs that were forgotten may be accepted once more"};
  return {Severity::error, key, why + "; nobody can tell what it was"};
}

}  // namespace

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::note: return "note";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "error";
}

std::optional<Position> later_than(const Survey& survey, const Head& head) {
  std::optional<Position> out;
  for (const auto& file : survey.files)
    if (is_later(head, file.file.at) && file.usable() && file.header->cluster == head.cluster &&
        (!out || *out < file.file.at))
      out = file.file.at;
  return out;
}

std::vector<Fault> file_faults(const Survey& survey, const Head& head) {
  const Roles roles(survey, head);
  std::vector<Fault> out;
  for (const auto& file : survey.files) {
    const std::string damage = damage_of(file, head);
    if (!damage.empty()) out.push_back(judge(file, roles.of(file.file), damage));
  }
  add_missing(survey, head, out);
  if (const auto later = later_than(survey, head))
    out.push_back({Severity::error, "register",
                   "it ends at " + to_string(head.position()) + " in epoch " + std::to_string(head.epoch) +
                       ", and the journal goes on to " + to_string(*later) +
                       ": it was set back to an older copy; --rebuild-head makes it anew from the files"});
  for (std::size_t i = 0; i < survey.strangers.size() && i < kShownMax; ++i)
    out.push_back(
        {Severity::note, survey.strangers[i], "it is no file of ours by its name; nobody reads or removes it"});
  if (survey.strangers.size() > kShownMax)
    out.push_back({Severity::note, "journal/",
                   std::to_string(survey.strangers.size() - kShownMax) + " more files that are none of ours"});
  add_unnamed(survey, head, out);
  return out;
}

std::vector<Fault> cluster_faults(const Survey& survey, const Head& head) {
  const bool founded = head.seq > 0 || head.snapshot;
  if (!survey.cluster) {
    if (!founded) return {};
    return {{Severity::error, "cluster.json", survey.cluster_fault + "; masters do not lead without it"}};
  }
  if (*survey.cluster == head.cluster) return {};
  return {{Severity::error, "cluster.json",
           "the folder belongs to cluster " + *survey.cluster + ", the register to " + head.cluster +
               ": one of them is another cluster's; --cluster says which one is meant"}};
}

std::vector<Fault> way_faults(const Way& way, const Recovery& recovery) {
  std::vector<Fault> out;
  if (way.around)
    out.push_back({way.whole() ? Severity::warning : Severity::error, "journal/",
                   way.base != nullptr ? "the state is had through the older " + way.base->name
                                       : "the state is had from the segments alone, without a snapshot"});
  constexpr std::size_t kShown = 100;
  std::size_t shown = 0;
  for (const Step& step : way.steps) {
    if (step.file != nullptr || ++shown > kShown) continue;
    std::string commit = step.at.epoch == 0 ? std::to_string(step.at.seq) : to_string(step.at);
    if (step.commits > 1) commit += " and the " + std::to_string(step.commits - 1) + " after it";
    out.push_back({Severity::error, "commit " + commit, "what it changed is lost: " + step.why});
  }
  if (way.lost_records > 0)
    out.push_back({Severity::error, way.base->name,
                   std::to_string(way.lost_records) + " of its records are lost, and nothing tells which they were"});
  for (const auto& [key, missing] : recovery.missing)
    if (model::job_of(key).empty()) out.push_back(lost_record(key, missing));
  return out;
}

}  // namespace stellwerk::fsck
