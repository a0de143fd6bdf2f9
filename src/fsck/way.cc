#include "fsck/way.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace stellwerk::fsck {
namespace {

using model::FileKind;
using model::Head;
using model::Position;

using Segments = std::map<std::int64_t, const SurveyedFile*>;

class Finder {
 public:
  Finder(const Survey& survey, const Head& head) : survey_(survey), head_(head) {
    if (!head.snapshot) return;
    // No range tells their epochs any more: of several the highest is the one that stood.
    for (const auto& file : survey.files) {
      if (file.file.kind != FileKind::segment || file.file.at.seq > head.snapshot->seq) continue;
      if (file.file.at.epoch > head.snapshot->epoch || !ours(file)) continue;
      auto& best = left_over_[file.file.at.seq];
      if (best == nullptr || best->file.at.epoch < file.file.at.epoch) best = &file;
    }
  }

  bool ours(const SurveyedFile& file) const { return !file.header || file.header->cluster == head_.cluster; }

  Way from(const SurveyedFile* base) const {
    Way way;
    way.base = base;
    way.around = head_.snapshot && (base == nullptr || base->file.at != *head_.snapshot);
    Walk walk{way, {}, true};
    if (base != nullptr) {
      for (const auto& damage : base->damaged) ++(damage.key.empty() ? way.lost_records : way.damaged_records);
      walk.before = base->file.at;
    }
    if (head_.snapshot) cover(walk, 0, walk.before.seq + 1, head_.snapshot->seq, left_over_);
    for (const auto& range : head_.segments) {
      Segments named;
      for (const auto& file : survey_.files)
        if (file.file.kind == FileKind::segment && file.file.at.epoch == range.epoch &&
            file.file.at.seq >= range.from && file.file.at.seq <= range.to)
          named.emplace(file.file.at.seq, &file);
      cover(walk, range.epoch, range.from, range.to, named);
    }
    return way;
  }

 private:
  struct Walk {
    Way& way;
    Position before;
    bool known;  ///< whether `before` is the position that the next segment must name

    void take(Step step) {
      if (step.file != nullptr && known && step.file->header->previous != before) {
        step.why = "it follows " + to_string(step.file->header->previous) + ", not " + to_string(before);
        step.file = nullptr;
      }
      before = {step.at.epoch, step.at.seq + step.commits - 1};
      known = step.at.epoch != 0;
      if (step.file == nullptr)
        way.lost_commits += step.commits;
      else
        way.damaged_records += step.file->damaged.size();
      way.steps.push_back(std::move(step));
    }
  };

  /// Every seq of the range: from `segments`, and what is missing between them as runs, so that a range
  /// of any length costs what is there.
  void cover(Walk& walk, std::int64_t epoch, std::int64_t from, std::int64_t to, const Segments& segments) const {
    const auto gap = [&](std::int64_t end) {
      if (from < end) walk.take({{epoch, from}, nullptr, "it is missing", end - from});
      from = end;
    };
    for (auto it = segments.lower_bound(from); it != segments.end() && it->first <= to; ++it) {
      gap(it->first);
      walk.take(step_of(*it->second));
      ++from;
    }
    gap(to + 1);
  }

  Step step_of(const SurveyedFile& file) const {
    Step step{file.file.at, &file, {}, 1};
    if (!file.usable())
      step.why = file.fault;
    else if (!ours(file))
      step.why = "it belongs to another cluster (" + file.header->cluster + ")";
    if (!step.why.empty()) step.file = nullptr;
    return step;
  }

  const Survey& survey_;
  const Head& head_;
  Segments left_over_;
};

std::tuple<std::int64_t, std::size_t, std::size_t> cost(const Way& way) {
  return {way.lost_commits, way.lost_records, way.damaged_records};
}

}  // namespace

Way find_way(const Survey& survey, const Head& head) {
  const Finder finder(survey, head);
  if (!head.snapshot) return finder.from(nullptr);
  // From the newest on, so that of equals it wins. A segment without a name for its damage is lost in
  // every way, a snapshot's only in those that begin with it.
  std::optional<Way> best;
  for (auto file = survey.files.rbegin(); file != survey.files.rend(); ++file) {
    const bool fits = file->file.kind == FileKind::snapshot && file->file.at.seq <= head.snapshot->seq &&
                      file->file.at.epoch <= head.snapshot->epoch && file->usable() && finder.ours(*file);
    if (!fits) continue;
    Way way = finder.from(&*file);
    if (!best || cost(way) < cost(*best)) best = std::move(way);
    if (cost(*best) == std::tuple<std::int64_t, std::size_t, std::size_t>{}) return std::move(*best);
  }
  Way from_nothing = finder.from(nullptr);
  if (!best || cost(from_nothing) < cost(*best)) best = std::move(from_nothing);
  return std::move(*best);
}

}  // namespace stellwerk::fsck
