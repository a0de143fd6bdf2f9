#include "app/repair_files.h"

#include "master/standing.h"

namespace stellwerk::app {
namespace {

Result<void> put(BlobStore& store, const std::string& name, const std::string& bytes) {
  const auto put = store.put(name, bytes);
  if (put.outcome == PutOutcome::ok) return {};
  return make_error(put.error.code, name + " could not be put: " + put.error.text);
}

Result<void> move_aside(BlobStore& store, const std::string& name, std::int64_t epoch) {
  const auto bytes = store.get(name);
  if (bytes.has_error()) {
    if (bytes.error().code == Errc::not_found) return {};
    return bytes.error();
  }
  const std::string there = "set-aside/" + std::to_string(epoch) + "/" + name.substr(name.find('/') + 1);
  const auto put = store.put(there, *bytes);
  if (put.outcome != PutOutcome::ok) return put.error;
  return store.remove(name);
}

}  // namespace

Result<void> put_repair_files(BlobStore& store, const RepairFiles& files, const model::Head& repaired) {
  const auto at = repaired.position();
  if (const auto done = put(store, model::segment_name(at.epoch, at.seq), files.segment); done.has_error())
    return done.error();
  return put(store, model::snapshot_name(at), files.snapshot);
}

RepairLeftovers tidy_after_repair(BlobStore& store, const RepairFiles& files, const model::Head& repaired) {
  RepairLeftovers left;
  if (files.cluster_file) {
    (void)store.remove(master::kClusterFile);  // damaged, or not there
    const auto put = store.put(master::kClusterFile, master::encode_cluster_file(repaired.cluster));
    if (put.outcome != PutOutcome::ok) left.push_back("cluster.json could not be written: " + put.error.text);
  }
  for (const auto& name : files.set_aside)
    if (const auto moved = move_aside(store, name, repaired.epoch); moved.has_error())
      left.push_back(name + " stays where it is: " + moved.error().text);
  return left;
}

}  // namespace stellwerk::app
