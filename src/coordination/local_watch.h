/// Waiting for changes in a folder (inotify), for a time, or for somebody who wakes us.
#pragma once

#include <chrono>
#include <string>

#include "base/file_descriptor.h"

namespace stellwerk::coordination {

/// Where the kernel gives no watch (too many of them), wait() returns at least this often and says
/// that everything may have changed.
inline constexpr std::chrono::milliseconds kUnwatchedPollInterval{50};

class LocalWatch {
 public:
  LocalWatch();

  /// Watches this folder instead of the last. False: the kernel refuses, see kUnwatchedPollInterval.
  bool watch(const std::string& folder);
  void unwatch();

  struct Seen {
    bool head = false;   ///< a head came or went
    bool queue = false;  ///< a candidate or the lock may have been given up, or a candidate came
  };
  /// Returns when something was seen, wake() was called or `limit` has passed. One thread only.
  Seen wait(std::chrono::milliseconds limit);

  /// Ends the current or the next wait. From any thread.
  void wake();

 private:
  Seen read_events();

  FileDescriptor wakes_;
  FileDescriptor events_;
  int watched_ = -1;
};

}  // namespace stellwerk::coordination
