#include <algorithm>

#include "fsck/faults.h"

namespace stellwerk::fsck {
namespace {

/// Of one kind, and then how many more.
constexpr std::size_t kNotesMax = 100;
constexpr std::size_t kUsersMax = 5;

/// Who needs it, for people.
std::string users_of(const jobs::ClusterState& state, const std::string& sha256) {
  std::vector<std::string> users;
  for (const auto& [id, job] : state.jobs().sorted())
    if (!job->archived && job->state && job->state->artifact == sha256) users.push_back("job " + id);
  for (const auto& [uuid, bundle] : state.bundles().sorted())
    if (bundle->artifact.sha256 == sha256)
      users.push_back("upload " + model::BundleId{uuid, bundle->artifact.name}.text());
  std::string out;
  for (std::size_t i = 0; i < users.size() && i < kUsersMax; ++i) out += (i == 0 ? "" : ", ") + users[i];
  if (users.size() > kUsersMax) out += " and " + std::to_string(users.size() - kUsersMax) + " more";
  return out.empty() ? "nobody needs it any more" : "it is needed by " + out;
}

std::string fault_of(const Survey& survey, const model::StoredArtifact& artifact) {
  const auto blob = survey.blobs.find(artifact.file);
  if (blob == survey.blobs.end()) return "it is missing";
  if (!blob->second.fault.empty()) return blob->second.fault;
  if (blob->second.bytes != static_cast<std::uint64_t>(artifact.size))
    return "it has " + std::to_string(blob->second.bytes) + " bytes, not " + std::to_string(artifact.size);
  return {};
}

}  // namespace

std::vector<Fault> artifact_faults(const Survey& survey, const jobs::ClusterState& state) {
  std::vector<Fault> out;
  for (const auto& [sha256, artifact] : state.artifacts().sorted()) {
    const std::string fault = fault_of(survey, *artifact);
    if (!fault.empty())
      out.push_back(
          {Severity::error, artifact->file,
           "the record " + model::artifact_key(sha256) + " names it, and " + fault + "; " + users_of(state, sha256)});
  }
  std::size_t strays = 0;
  for (const auto& [name, blob] : survey.blobs) {
    const auto record = state.artifacts().find(blob.file.sha256);
    if (record && record->file == name) continue;
    if (++strays <= kNotesMax)
      out.push_back({Severity::note, name, "no record names it; a leader removes it when it is an hour old"});
  }
  if (strays > kNotesMax)
    out.push_back({Severity::note, std::string(model::kBlobFolder),
                   std::to_string(strays - kNotesMax) + " more files that no record names"});
  return out;
}

}  // namespace stellwerk::fsck
