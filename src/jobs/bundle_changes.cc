#include "jobs/bundle_changes.h"

#include <set>

#include "jobs/changes.h"

namespace stellwerk::jobs {

using model::Record;

namespace {

Decision answered(Reply::Kind kind, std::string text = {}) {
  return {{}, Reply{kind, {}, std::move(text), {}}};
}

std::string named(const model::BundleId& id) {
  return "Jar " + id.text();
}

}  // namespace

Decision decide_add(const ClusterState& state, const AddBundle& add, WallMs now, const JobLimits& limits) {
  const model::BundleId id{add.uuid, add.artifact.name};
  if (const auto known = state.bundles().find(add.uuid)) {
    if (known->artifact == add.artifact && known->once == add.once) return answered(Reply::Kind::accepted);
    return answered(Reply::Kind::conflict, named(id) + " exists already with another content");
  }
  if (static_cast<std::int64_t>(state.bundles().size()) >= limits.bundles_max)
    return answered(Reply::Kind::refused, "there are " + std::to_string(limits.bundles_max) +
                                              " jars and bundles already; delete some (DELETE /jars/:jarid)");
  Decision decision = answered(Reply::Kind::accepted);
  if (!state.artifacts().contains(add.artifact.sha256)) {
    if (add.file.empty())
      return answered(Reply::Kind::unavailable, "Nothing happened: the file has to be stored first");
    decision.records.push_back(Record::put(model::artifact_key(add.artifact.sha256),
                                           model::encode_artifact({add.file, add.artifact.size, now})));
  }
  decision.records.push_back(
      Record::put(model::bundle_key(add.uuid), model::encode_bundle({add.artifact, now, add.once, add.spec})));
  return decision;
}

Decision decide_remove(const ClusterState& state, const RemoveBundle& remove) {
  const auto known = state.bundles().find(remove.id.uuid);
  if (!known || known->artifact.name != remove.id.name)
    return answered(Reply::Kind::not_found, named(remove.id) + " does not exist");
  Decision decision = answered(Reply::Kind::accepted);
  decision.records.push_back(Record::erase(model::bundle_key(remove.id.uuid)));
  return decision;
}

std::optional<std::string> lacks_artifact(const ClusterState& state, const model::ArtifactRef& artifact) {
  const auto stored = state.artifacts().find(artifact.sha256);
  if (!stored)
    return "the cluster does not have the artifact " + artifact.sha256 +
           " that the job names; upload the file first (POST /jars/upload) and run it from there";
  if (stored->size != artifact.size)
    return "the artifact " + artifact.sha256 + " has " + std::to_string(stored->size) + " bytes, not " +
           std::to_string(artifact.size) + " as the job says";
  return std::nullopt;
}

void forget_bundles(const ClusterState& state, WallMs now, const JobLimits& limits, std::vector<Record>& records) {
  if (state.bundles().empty() && state.artifacts().empty()) return;
  std::set<std::string, std::less<>> needed;
  std::set<std::string> late;  // in order, so that the records are
  state.bundles().for_each([&](const std::string& uuid, const model::Bundle& bundle) {
    if (bundle.once && now - bundle.at_ms > limits.upload_ms)
      late.insert(uuid);
    else
      needed.insert(bundle.artifact.sha256);
  });
  for (const auto& uuid : late) records.push_back(Record::erase(model::bundle_key(uuid)));
  bool doubt = false;  // what a job needs whose state cannot be read is not known
  state.jobs().for_each([&](const std::string&, const JobEntry& job) {
    if (job.archived) return;
    if (!job.state)
      doubt = true;
    else if (!job.state->artifact.empty())
      needed.insert(job.state->artifact);
  });
  if (doubt) return;
  std::set<std::string> idle;
  state.artifacts().for_each([&](const std::string& sha256, const model::StoredArtifact&) {
    if (!needed.contains(sha256)) idle.insert(sha256);
  });
  for (const auto& sha256 : idle) records.push_back(Record::erase(model::artifact_key(sha256)));
}

}  // namespace stellwerk::jobs
