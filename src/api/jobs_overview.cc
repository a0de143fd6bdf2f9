#include "api/jobs_overview.h"

#include <algorithm>
#include <set>

#include "http/gzip.h"
#include "jobs/job_views.h"

namespace stellwerk::api {
namespace {

using http::GzipEffort;
using http::PagePiece;
using jobs::ClusterState;
using jobs::JobEntry;

/// Of all entries.
constexpr std::size_t kEntryBytes = 400;

/// What a list shows of a job; null: nothing.
std::shared_ptr<const JobEntry> shown_entry(const ClusterState& state, const std::string& id) {
  static const auto kUnreadable = std::make_shared<const JobEntry>();
  if (auto entry = state.jobs().find(id)) return entry;
  return state.quarantined().contains(id) ? kUnreadable : nullptr;
}

std::set<std::string> changed_jobs(const ClusterState& before, const ClusterState& after) {
  std::set<std::string> out;
  const auto add = [&](const std::string& id, const auto&, const auto&) { out.insert(id); };
  CowMap<JobEntry>::for_each_difference(before.jobs(), after.jobs(), add);
  CowMap<jobs::AttemptCounts>::for_each_difference(before.attempt_counts(), after.attempt_counts(), add);
  CowMap<model::Quarantine>::for_each_difference(before.quarantined(), after.quarantined(), add);
  return out;
}

/// What stands around the entries, which is always the same.
std::shared_ptr<const PagePiece> fixed_piece(std::string text) {
  return std::make_shared<const PagePiece>(std::move(text), GzipEffort::fast);
}

}  // namespace

std::shared_ptr<const http::Page> JobsOverview::make(const std::shared_ptr<const ClusterState>& state, WallMs now) {
  static const auto kBegin = fixed_piece(R"({"jobs":[)");
  static const auto kBetween = fixed_piece(",");
  static const auto kEnd = fixed_piece("]}");
  const std::lock_guard lock(mutex_);
  if (!state_)
    begin(*state);
  else if (state_ != state)
    follow(*state);
  state_ = state;
  http::PagePieces pieces;
  pieces.reserve(2 * parts_.size() + 2);
  pieces.push_back(kBegin);
  for (Part& part : parts_) {
    const WallMs age = now - part.made;
    if (!part.piece || (part.moves && (age < 0 || age >= kPieceAgeMax.count()))) render(*state, part, now);
    if (pieces.size() > 1) pieces.push_back(kBetween);
    pieces.push_back(part.piece);
  }
  pieces.push_back(kEnd);
  return std::make_shared<const http::Page>(std::move(pieces));
}

void JobsOverview::begin(const ClusterState& state) {
  parts_.clear();
  for (auto& [id, entry] : jobs::shown_jobs(state)) {
    // Room for some that come between.
    if (parts_.empty() || parts_.back().jobs.size() >= kPieceJobsMax * 3 / 4) parts_.emplace_back();
    parts_.back().jobs.push_back({id, entry});
  }
}

void JobsOverview::follow(const ClusterState& state) {
  const std::set<std::string> ids = changed_jobs(*state_, state);
  if (ids.size() > state.jobs().size() / 2) return begin(state);
  for (const std::string& id : ids) set(id, shown_entry(state, id));
}

void JobsOverview::set(const std::string& id, std::shared_ptr<const JobEntry> entry) {
  // The last part that begins at or before it.
  auto part = std::upper_bound(parts_.begin(), parts_.end(), id,
                               [](const std::string& key, const Part& each) { return key < each.jobs.front().id; });
  if (part != parts_.begin()) --part;
  if (part == parts_.end()) {
    if (entry) parts_.emplace_back().jobs.push_back({id, std::move(entry)});
    return;
  }
  auto& jobs = part->jobs;
  const auto at = std::lower_bound(jobs.begin(), jobs.end(), id,
                                   [](const Job& job, const std::string& key) { return job.id < key; });
  const bool there = at != jobs.end() && at->id == id;
  part->piece = nullptr;
  if (there && entry)
    at->entry = std::move(entry);
  else if (entry)
    jobs.insert(at, {id, std::move(entry)});
  else if (there)
    jobs.erase(at);
  if (jobs.empty()) {
    parts_.erase(part);
  } else if (jobs.size() > kPieceJobsMax) {
    Part second;
    const auto half = jobs.begin() + static_cast<std::ptrdiff_t>(kPieceJobsMax / 2);
    second.jobs.assign(std::make_move_iterator(half), std::make_move_iterator(jobs.end()));
    jobs.erase(half, jobs.end());
    parts_.insert(part + 1, std::move(second));
  }
}

void JobsOverview::render(const ClusterState& state, Part& part, WallMs now) const {
  std::string text;
  text.reserve(part.jobs.size() * kEntryBytes);
  part.moves = false;
  for (const Job& job : part.jobs) {
    if (!text.empty()) text += ',';
    const auto attempts = state.attempt_counts().find(job.id);
    jobs::append_overview_entry(text, job.id, *job.entry, attempts.get(), now);
    part.moves = part.moves || (job.entry->state && job.entry->state->end_ms < 0);
  }
  text.shrink_to_fit();
  // What stays is packed once, what moves each second.
  part.piece = std::make_shared<const PagePiece>(std::move(text), part.moves ? GzipEffort::fast : GzipEffort::small);
  part.made = now;
}

}  // namespace stellwerk::api
