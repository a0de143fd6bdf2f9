#include "base/sha256.h"
#include "simulation/cluster/ledger.h"

/// What must hold of files that jobs bring along (docs/model/Artifacts.tla).
namespace stellwerk::test {

using jobs::Reply;

void Ledger::check_artifact(const model::Record& record, std::int64_t epoch) {
  if (!record.key.starts_with("artifacts/") || !record.value) return;
  const auto artifact = model::decode_artifact(*record.value);
  const auto file = artifact.has_value() ? model::parse_artifact_file(artifact->file) : artifact.error();
  if (file.has_error()) return fail("P4: " + record.key + " cannot be read");
  if (file->epoch != epoch)
    fail("P4: " + record.key + " of epoch " + std::to_string(epoch) + " names " + artifact->file);
}

void Ledger::check_files_named() {
  truth_.artifacts().for_each([this](const std::string& sha256, const model::StoredArtifact& artifact) {
    const auto file = disk_.files().find(artifact.file);
    if (file == disk_.files().end())
      fail("P4: a record names " + artifact.file + ", which is not there");
    else if (sha256_hex(file->second.bytes) != sha256)
      fail("P4: " + artifact.file + " holds something else");
  });
  const auto needs = [this](const std::string& who, const std::string& sha256) {
    if (!truth_.artifacts().contains(sha256))
      fail("P5: " + who + " needs artifact " + sha256 + ", which has no record");
  };
  truth_.bundles().for_each(
      [&](const std::string& uuid, const model::Bundle& bundle) { needs("bundle " + uuid, bundle.artifact.sha256); });
  truth_.jobs().for_each([&](const std::string& id, const jobs::JobEntry& job) {
    if (!job.archived && job.state && !job.state->artifact.empty()) needs("job " + id, job.state->artifact);
  });
  for (const auto& uuid : not_uploaded_)
    if (truth_.bundles().contains(uuid)) fail("P3: upload " + uuid + " exists although \"nothing happened\"");
}

void Ledger::on_upload(const jobs::AddBundle& add, const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::accepted:
      if (reply.position.seq > commits())
        fail("P3: an upload's answer rests on commit " + to_string(reply.position) + ", which does not stand");
      if (!add.once) uploaded_.insert(add.uuid);
      return;
    case Reply::Kind::overloaded:
    case Reply::Kind::no_space:
    case Reply::Kind::unavailable: not_uploaded_.insert(add.uuid); return;
    case Reply::Kind::not_found:
    case Reply::Kind::conflict:
    case Reply::Kind::refused:
    case Reply::Kind::unknown: return;
  }
}

void Ledger::check_uploads_kept() {
  for (const auto& uuid : uploaded_)
    if (!unwanted_.contains(uuid) && !truth_.bundles().contains(uuid))
      fail("P3: upload " + uuid + " was accepted and is gone");
}

std::vector<std::string> Ledger::strays() const {
  std::vector<std::string> out;
  for (auto at = disk_.files().lower_bound(std::string(model::kBlobFolder)); at != disk_.files().end(); ++at) {
    const std::string& name = at->first;
    if (!name.starts_with(model::kBlobFolder)) break;
    const auto file = model::parse_artifact_file(name);
    // One of this epoch may come as late as its put's answer was lost: that of the next removes it.
    if (file.has_error() || (head_ && file->epoch >= head_->epoch)) continue;
    const auto record = truth_.artifacts().find(file->sha256);
    if (!record || record->file != name) out.push_back(name);
  }
  return out;
}

}  // namespace stellwerk::test
