/// The lock of the masters of one host: an open-file-description lock on the file `LOCK`, which is
/// never replaced. The kernel gives it back when its holder dies, however it dies.
#pragma once

#include <stellwerk/result.h>

#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "coordination/local_folder.h"

namespace stellwerk::coordination {

/// One thread at a time. Not for children: descriptors are close-on-exec, and nobody forks without
/// exec, because a child would keep the lock.
class LocalLock {
 public:
  static constexpr const char* kName = "LOCK";

  /// Makes the file if it is not there. Errors: as LocalFolder::open().
  static Result<LocalLock> open(LocalFolder& folder);

  /// 1 ours (now or already), 0 another has it, or -errno.
  int try_take();
  void give_back();
  bool is_held() const { return held_; }

  /// Whether the name still leads to the file that we have: 1 yes, 0 no, or -errno.
  int is_still_there(const LocalFolder& folder) const;

  /// For people and for a master that is refused: who has it. Best effort.
  void write_holder(std::string_view json);
  static std::string read_holder(const LocalFolder& folder);

 private:
  explicit LocalLock(FileDescriptor fd) : fd_(std::move(fd)) {}

  FileDescriptor fd_;
  bool held_ = false;
};

}  // namespace stellwerk::coordination
