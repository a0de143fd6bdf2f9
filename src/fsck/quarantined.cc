#include "fsck/quarantined.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/sha256.h"
#include "model/job.h"

namespace stellwerk::fsck {
namespace {

using Copies = std::map<std::string, Copy, std::less<>>;

std::set<std::string> wanted_keys(const std::map<std::string, QuarantinedJob>& jobs) {
  std::set<std::string> out;
  for (const auto& [id, job] : jobs)
    for (const auto& trouble : job.troubles) out.insert(trouble.key);
  return out;
}

/// Whether the hash in the job's state is that of this spec; none: nothing tells.
std::optional<bool> spec_agrees(const jobs::ClusterState& state, const model::Record& record) {
  if (!record.key.ends_with("/spec") || !record.value) return std::nullopt;
  const auto job = state.jobs().find(model::job_of(record.key));
  if (!job || !job->state) return std::nullopt;
  const auto spec = model::decode_job_spec(*record.value);
  return spec.has_value() && sha256_hex(*spec) == job->state->hash;
}

/// A copy that is proven stays; one that certainly is not what was written is none.
void offer(Copies& copies, const jobs::ClusterState& state, Copy copy) {
  const auto agrees = spec_agrees(state, copy.record);
  if (agrees && !*agrees) return;
  copy.proven = agrees.value_or(false);
  const auto old = copies.find(copy.record.key);
  if (old != copies.end() && old->second.proven && !copy.proven) return;
  const std::string key = copy.record.key;
  copies.insert_or_assign(key, std::move(copy));
}

/// In files that are not on the way (older snapshots, segments that they cover, strays), newest last.
/// One that cannot be read now has no copies.
void search(BlobStore& store, const SurveyedFile& file, const std::set<std::string>& keys,
            const jobs::ClusterState& state, Copies& out) {
  const auto bytes = store.get(file.name);
  if (bytes.has_error()) return;
  const auto decoded = journal::decode_file(file.name, *bytes);
  if (decoded.has_error()) return;
  for (const auto& record : decoded->records)
    if (keys.contains(record.key)) offer(out, state, {record, file.name, false});
}

/// The damaged line itself comes before an older copy: most damage is one flipped bit, and often it
/// is in the checksum.
void read_damaged_lines(BlobStore& store, const std::map<std::string, QuarantinedJob>& jobs,
                        const jobs::ClusterState& state, Copies& out) {
  for (const auto& [id, job] : jobs)
    for (const auto& trouble : job.troubles) {
      if (!model::parse_file_name(trouble.source)) continue;
      const auto bytes = store.get(trouble.source);
      if (bytes.has_error()) continue;
      if (auto record = journal::read_unproven(*bytes, trouble.key))
        offer(out, state, {std::move(*record), trouble.source, false});
    }
}

Copies find_copies(BlobStore& store, const Survey& survey, const Way& way, const std::string& cluster,
                   const jobs::ClusterState& state, const std::map<std::string, QuarantinedJob>& jobs) {
  Copies out;
  const auto keys = wanted_keys(jobs);
  if (keys.empty()) return out;
  std::set<const SurveyedFile*> used{way.base};
  for (const auto& step : way.steps) used.insert(step.file);
  std::vector<const SurveyedFile*> others;
  for (const auto& file : survey.files)
    if (!used.contains(&file) && file.usable() && file.header->cluster == cluster) others.push_back(&file);
  std::sort(others.begin(), others.end(), [](const auto* a, const auto* b) {
    return std::pair(a->file.at.seq, a->file.at.epoch) < std::pair(b->file.at.seq, b->file.at.epoch);
  });
  for (const auto* file : others) search(store, *file, keys, state, out);
  read_damaged_lines(store, jobs, state, out);
  return out;
}

/// The record that a job lacks.
std::string missing_key(const jobs::ClusterState& state, const std::string& id) {
  const auto job = state.jobs().find(id);
  return "jobs/" + id + (job && !job->state ? "/state" : "/spec");
}

std::string describe(const jobs::ClusterState& state, const std::string& id) {
  if (const auto ended = state.ended().find(id)) return "ended, " + std::string(to_string(ended->status));
  const auto job = state.jobs().find(id);
  if (!job || !job->state) return "nothing is known of it";
  return job->state->name + " (" + std::string(to_string(job->state->status)) + ")";
}

bool is_of_checkpoints(std::string_view key) {
  return key.ends_with("/checkpointing") || key.find("/checkpoints/") != std::string_view::npos;
}

}  // namespace

std::string why_not_served(const jobs::ClusterState& state, const std::string& id) {
  if (state.ended().contains(id)) return {};
  const auto job = state.jobs().find(id);
  if (!job) return "nothing of it can be read";
  if (!job->state) return "its state is missing";
  if (!job->healthy()) return "its spec is missing";
  return {};
}

std::vector<QuarantinedJob> quarantined_jobs(BlobStore& store, const Survey& survey, const Way& way,
                                             const std::string& cluster, const Recovery& recovery) {
  std::map<std::string, QuarantinedJob> jobs;
  const auto entry = [&jobs](const std::string& id) -> QuarantinedJob& {
    auto& job = jobs[id];
    job.job = id;
    return job;
  };
  const auto& state = recovery.state;
  state.quarantined().for_each([&](const std::string& id, const model::Quarantine& quarantine) {
    auto& job = entry(id);
    job.recorded = true;
    std::string key = quarantine.key == "jobs/" + id ? missing_key(state, id) : quarantine.key;
    job.troubles.push_back({std::move(key), quarantine.source, quarantine.why, std::nullopt});
  });
  for (const auto& [key, missing] : recovery.missing) {
    const std::string id(model::job_of(key));
    if (id.empty() || state.ended().contains(id)) continue;  // an ended job needs none of its other records
    auto& troubles = entry(id).troubles;
    const bool known = std::any_of(troubles.begin(), troubles.end(),
                                   [&name = key](const Trouble& trouble) { return trouble.key == name; });
    if (!known) troubles.push_back({key, missing.source, missing.why, std::nullopt});
  }
  for (const auto& [id, why] : state.incomplete_jobs())
    if (auto& job = entry(id); job.troubles.empty())
      job.troubles.push_back({missing_key(state, id), "the journal", why, std::nullopt});
  for (const auto& id : recovery.in_doubt)
    if (auto& job = entry(id); job.troubles.empty()) {
      job.in_doubt = true;
      job.troubles.push_back(
          {"jobs/" + id + "/state", "a lost commit", "it may have changed or ended it", std::nullopt});
    }
  const Copies copies = find_copies(store, survey, way, cluster, state, jobs);
  std::vector<QuarantinedJob> out;
  for (auto& [id, job] : jobs) {
    for (auto& trouble : job.troubles) {
      if (const auto copy = copies.find(trouble.key); copy != copies.end() && !job.in_doubt)
        trouble.copy = copy->second;
      job.ended = job.ended || trouble.key.starts_with("ended/") || trouble.key.starts_with("history/");
    }
    const auto shown = state.jobs().find(id);
    const bool lives = !state.ended().contains(id) && !(shown && shown->archived);
    job.keep = job.ended && lives ? "it has ended, and how is what is damaged" : why_not_served(state, id);
    const bool checkpoints = std::any_of(job.troubles.begin(), job.troubles.end(),
                                         [](const Trouble& trouble) { return is_of_checkpoints(trouble.key); });
    if (job.keep.empty() && lives && checkpoints)
      job.keep = "what it begins from after a failure is what is damaged: it would begin from nothing, unnoticed";
    job.now = describe(state, id);
    out.push_back(std::move(job));
  }
  return out;
}

}  // namespace stellwerk::fsck
