#include "simulation/cluster/file_check.h"

#include "fsck/examination.h"
#include "storage/memory_blob_store.h"

namespace stellwerk::test {
namespace {

std::string all_faults(const fsck::Examination& found) {
  std::string out;
  for (const auto& fault : found.faults)
    if (fault.severity != fsck::Severity::note) out += fault.place + ": " + fault.text + "; ";
  for (const auto& job : found.quarantined) out += "quarantined " + job.job + "; ";
  return out;
}

/// Of the last segment nobody can tell whether it was named, so either answer may be the right one.
bool rebuilds_to(const fsck::Survey& survey, const model::Head& head) {
  for (const auto last : {fsck::LastSegment::keep, fsck::LastSegment::drop}) {
    const auto rebuilt = fsck::rebuild_head(survey, std::nullopt, last);
    if (rebuilt.has_value() && rebuilt->head.cluster == head.cluster && rebuilt->head.position() == head.position())
      return true;
  }
  return false;
}

}  // namespace

std::string check_files(const SimDisk& disk, const std::string& bytes) {
  auto head = model::decode_head(bytes);
  if (head.has_error()) return head.error().text;
  storage::MemoryBlobStore store;
  for (const auto& [name, file] : disk.files()) store.put(name, file.bytes);
  const auto found = fsck::examine(store, fsck::Register{"the simulated ZooKeeper", *head, {}}, {}, {});
  if (found.has_error()) return found.error().text;
  if (!found->clean()) return all_faults(*found);
  if (!rebuilds_to(*found->survey, *head))
    return "the head rebuilt from the files ends elsewhere than " + to_string(head->position());
  return {};
}

}  // namespace stellwerk::test
