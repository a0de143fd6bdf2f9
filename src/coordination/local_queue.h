/// The queue of candidates as files: `CANDIDATE-<ticket, 10 digits>-<unique>`, each locked by the
/// process that it stands for. One that nobody has locked belongs to a dead process.
///
/// The order is advice: two who join in the same moment may draw the same ticket, and then the name
/// decides. Who leads decides the lock.
#pragma once

#include <stellwerk/coordination.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "coordination/local_folder.h"

namespace stellwerk::coordination {

/// Candidates that are looked at; masters beyond that wait unseen.
inline constexpr std::size_t kLocalCandidatesMax = 256;

/// Blocks; one thread at a time. One candidate of our own at most. Destroying it leaves the file to
/// others to remove, as dying does.
class LocalQueue {
 public:
  explicit LocalQueue(LocalFolder& folder) : folder_(folder) {}

  /// Enters at the end. Not while in it. Errors: as LocalFolder::open().
  Result<void> enter(const Candidate& candidate);
  void leave();
  bool is_in() const { return !own_name_.empty(); }

  struct View {
    std::vector<Candidate> members;  ///< in order, living ones only
    bool own_present = false;
    bool own_first = false;
  };
  /// Looks at all and removes the dead. Errors: unavailable.
  Result<View> look();

  /// Removes all candidates, also those of others. Errors: unknown.
  Result<void> erase();

 private:
  bool is_alive(const std::string& name) const;
  Candidate describe(const std::string& name);

  LocalFolder& folder_;
  FileDescriptor own_;
  std::string own_name_;
  /// What was read already: the files never change.
  std::map<std::string, Candidate> known_;
};

}  // namespace stellwerk::coordination
