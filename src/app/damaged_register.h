/// Type local and NONE: a register whose newest head is not whole. Nobody leads by it until the next one is written.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <memory>
#include <string>

#include "config/master_options.h"
#include "coordination/local_folder.h"
#include "coordination/local_lock.h"

namespace stellwerk::app {

/// Held, from hold() to its end: a master that sees the new head leads only afterwards. Blocks on the disk.
class DamagedRegister {
 public:
  /// Errors: refused (a master or another repair holds it), unavailable.
  static Result<DamagedRegister> hold(const config::MasterOptions& options);

  /// The next head. `generation`: of the head before it. Errors: refused (it is whole, or somebody wrote it),
  /// unavailable, unknown.
  Result<HeadVersion> write_over(const std::string& head, std::int64_t generation);
  /// The head after `version`. Errors: the same.
  Result<void> write(const std::string& head, HeadVersion version);

 private:
  DamagedRegister(std::unique_ptr<coordination::LocalFolder> folder, coordination::LocalLock lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  std::unique_ptr<coordination::LocalFolder> folder_;
  coordination::LocalLock lock_;  ///< given back with its descriptor
};

/// The newest head that is whole. No bytes: there is none, or the type of the register has no such thing.
HeadReading read_older_head(const config::MasterOptions& options);

}  // namespace stellwerk::app
