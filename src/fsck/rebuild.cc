#include "fsck/rebuild.h"

#include <algorithm>
#include <set>

#include "base/ids.h"

namespace stellwerk::fsck {
namespace {

using model::FileKind;
using model::Position;

Result<std::string> whose(const Survey& survey, const std::optional<model::Head>& older, const std::string& named) {
  if (!named.empty()) return named;
  std::map<std::string, std::string> clusters;  // and who names each
  for (const auto& file : survey.files)
    if (file.usable() && is_uuid(file.header->cluster)) clusters.emplace(file.header->cluster, file.name);
  if (survey.cluster) clusters.emplace(*survey.cluster, "cluster.json");
  if (older) clusters.emplace(older->cluster, "the register");
  if (clusters.empty())
    return make_error(Errc::not_found, "no file in journal/ can be read, so there is nothing to make a register from");
  if (clusters.size() == 1) return clusters.begin()->first;
  std::string text = "register, cluster.json and files are of several clusters:";
  for (const auto& [uuid, by] : clusters) text += " " + uuid + " (" + by + ")";
  return make_error(Errc::conflict, text + "; say which one is meant with --cluster");
}

/// Commits after a snapshot: what a replay takes at most.
constexpr std::size_t kChainMax = 100'000;

using Epochs = std::map<std::int64_t, std::set<std::int64_t>>;  // of segments, by seq

class Chain {
 public:
  Chain(const Survey& survey, std::string cluster) : survey_(survey), cluster_(std::move(cluster)) {
    for (const auto& file : survey.files) {
      // A copy of another file proves nothing about the name it has; one without headers may be what it says.
      if (file.header && (file.header->cluster != cluster_ || !file.usable())) continue;
      if (file.usable()) highest_epoch_ = std::max(highest_epoch_, file.file.at.epoch);
      if (file.file.kind == FileKind::segment)
        segments_[file.file.at.seq].insert(file.file.at.epoch);
      else if (file.usable() && (!snapshot_ || better(file, *snapshot_)))
        snapshot_ = &file;
    }
  }

  const SurveyedFile* snapshot() const { return snapshot_; }
  std::int64_t highest_epoch() const { return highest_epoch_; }

  /// Positions after the snapshot up to the newest commit, in order. Each segment names the one before
  /// it, so the way goes backwards; where one cannot be read, the highest epoch below is the likeliest.
  std::vector<Position> commits() const {
    const Position base = snapshot_ != nullptr ? snapshot_->file.at : Position{};
    std::vector<Position> out;
    for (Position at = newest(base); at.seq > base.seq && out.size() < kChainMax; at = before(at)) out.push_back(at);
    std::reverse(out.begin(), out.end());
    return out;
  }

 private:
  /// The newest; if it is damaged, the way to its state goes around it (way.h).
  static bool better(const SurveyedFile& a, const SurveyedFile& b) {
    return std::pair(a.file.at.seq, a.file.at.epoch) > std::pair(b.file.at.seq, b.file.at.epoch);
  }

  bool usable(Position at) const {
    const SurveyedFile* file = survey_.find(model::segment_name(at.epoch, at.seq));
    return file != nullptr && file->usable();
  }

  /// A commit never has a lower epoch than one before it; what has is a stray that was never named. What
  /// cannot be read counts only if it continues the chain and nothing that can be read stands in its place.
  Position newest(Position base) const {
    Position out = base;
    for (const auto& [seq, epochs] : segments_) {
      if (seq <= base.seq) continue;
      std::optional<Position> best;
      for (const std::int64_t epoch : epochs) {
        const Position at{epoch, seq};
        if (epoch < out.epoch) continue;
        if (usable(at) || (seq == out.seq + 1 && !(best && usable(*best)))) best = at;
      }
      if (best) out = *best;
    }
    return out;
  }

  Position before(Position at) const {
    const std::int64_t seq = at.seq - 1;
    const SurveyedFile* file = survey_.find(model::segment_name(at.epoch, at.seq));
    if (file != nullptr && file->usable() && file->header->previous.seq == seq &&
        file->header->previous.epoch <= at.epoch)
      return file->header->previous;
    Position guess{at.epoch, seq};
    if (const auto it = segments_.find(seq); it != segments_.end()) {
      auto epoch = it->second.upper_bound(at.epoch);
      if (epoch != it->second.begin()) guess.epoch = *--epoch;
    }
    return guess;
  }

  const Survey& survey_;
  const std::string cluster_;
  const SurveyedFile* snapshot_ = nullptr;
  std::int64_t highest_epoch_ = 0;
  Epochs segments_;
};

}  // namespace

Result<Rebuilt> rebuild_head(const Survey& survey, const std::optional<model::Head>& older, LastSegment last,
                             const std::string& named) {
  const auto cluster = whose(survey, older, named);
  if (cluster.has_error()) return cluster.error();
  const Chain chain(survey, *cluster);
  std::vector<Position> commits = chain.commits();
  if (commits.size() >= kChainMax)
    return make_error(Errc::too_large, "journal/ goes on for over " + std::to_string(kChainMax) +
                                           " commits after its last snapshot, more than any master wrote");
  if (commits.empty() && chain.snapshot() == nullptr)
    return make_error(Errc::not_found, "journal/ has no file of cluster " + *cluster + " that can be used");
  Rebuilt out;
  if (!commits.empty() && !(older && older->cluster == *cluster && commits.back() <= older->position())) {
    out.unproven = commits.back();
    out.last_decided = last != LastSegment::ask;
    if (last == LastSegment::drop) commits.pop_back();
  }
  out.head.cluster = *cluster;
  out.head.epoch = std::max({chain.highest_epoch(), std::int64_t{1}, older ? older->epoch : 0});
  if (chain.snapshot() != nullptr) {
    out.head.snapshot = chain.snapshot()->file.at;
    out.head.seq = out.head.snapshot->seq;
  }
  for (const Position& at : commits) out.head.append(at.epoch);
  if (const auto read = model::decode_head(model::encode_head(out.head)); read.has_error())
    return make_error(Errc::damaged, "the files do not make a register: " + read.error().text);
  return out;
}

}  // namespace stellwerk::fsck
