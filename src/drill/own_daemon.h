/// One daemon of the drill's own cluster: how it is run, again and again, and whether it runs.
#pragma once

#include <vector>

#include "drill/child.h"
#include "drill/site.h"

namespace stellwerk::drill {

/// Used by the thread that has made it.
class OwnDaemon {
 public:
  OwnDaemon(Daemon daemon, Child::Command command) : daemon_(std::move(daemon)), command_(std::move(command)) {}

  /// What was told before of pid and running is replaced.
  const Daemon& look();
  const std::string& name() const noexcept { return daemon_.name; }
  Kind kind() const noexcept { return daemon_.kind; }
  const http::Endpoint& rest() const noexcept { return daemon_.rest; }

  /// Once the one before has ended; what that left in its container may still work there. Errors: failed.
  Result<void> launch();
  /// SIGTERM, and SIGKILL after `patience`; with 0 all that is in its container, too. Blocks until it is gone.
  void end(std::chrono::milliseconds patience);
  /// pid 1 of its container; 0: none.
  std::int64_t container() const noexcept { return command_.container ? child_.pid() : 0; }

 private:
  Result<void> find_in_container();

  Daemon daemon_;
  Child::Command command_;
  Child child_;              ///< the daemon, or pid 1 of its container
  std::vector<Child> left_;  ///< containers of those that have ended, whose guards are at work
};

}  // namespace stellwerk::drill
