/// A cluster's files and register, made as a leader makes them, and ways to damage them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fsck/examination.h"
#include "fsck/repair.h"
#include "jobs/changes.h"
#include "storage/memory_blob_store.h"

namespace stellwerk::fsck::test {

inline constexpr char kCluster[] = "00000000-0000-4000-8000-000000000001";
inline constexpr char kOtherCluster[] = "00000000-0000-4000-8000-000000000002";

class FsckCluster {
 public:
  FsckCluster();

  storage::MemoryBlobStore store;
  model::Head head;

  /// A commit that submits a job (named after its number), or cancels one.
  JobId submit(int number);
  void cancel(const JobId& id);
  /// A new leader: the next epoch and its first commit.
  void take_over();
  /// A snapshot of what stands, and a head that names it.
  void compact();
  void commit(std::vector<model::Record> records);

  std::string newest_segment() const;
  std::string segment(std::int64_t seq) const;
  std::string snapshot() const;

  std::string bytes(const std::string& name);
  void replace(const std::string& name, const std::string& bytes);
  /// Flips one bit of the line that holds `text`, in `text` or in the line's checksum.
  void flip_in_line(const std::string& name, const std::string& text);
  void flip_checksum(const std::string& name, const std::string& text);

  Examination examine(const ExamineOptions& options = {});
  Examination examine(Register reg, const ExamineOptions& options);
  /// Carries a repair out as app/ does; the head is then the repaired one.
  Result<void> repair(Examination& examination, const std::vector<Decision>& decisions, bool accept_loss = false,
                      const std::string& uuid = {});

 private:
  jobs::ClusterState state_;
  std::int64_t stamps_ = 0;
};

/// As "severity place: text", for messages of failures.
std::string listed(const Examination& examination);
/// Whether a fault of that severity names `place` with `words` in its text.
bool has(const Examination& examination, Severity severity, const std::string& place, const std::string& words);

}  // namespace stellwerk::fsck::test
