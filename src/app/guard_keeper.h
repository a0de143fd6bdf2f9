/// Keeps a guard beside this process: starts it, speaks to it, and starts another one when it dies or is deaf.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "app/guard_inheritance.h"
#include "app/log_setup.h"
#include "base/executor.h"
#include "base/file_descriptor.h"

namespace stellwerk::app {

/// Where the guard's program is: `libexec/` of the installation, or the build tree; empty: nowhere.
std::string find_guard_program();

/// Use on the loop's thread.
class GuardKeeper {
 public:
  /// Between two starts of a guard that dies: doubles from the first to the last, and begins anew after
  /// one that has lived longer than the last. As long as there is none, the daemon is unguarded.
  static constexpr Duration kRestartFirst = std::chrono::milliseconds(100);
  static constexpr Duration kRestartLast = std::chrono::seconds(5);
  /// The last for one that cannot be started.
  static constexpr Duration kHopelessLast = std::chrono::minutes(1);

  struct Setup {
    GuardOf what = GuardOf::master;
    std::string program;
    std::string log_file;  ///< for the guard's own lines; empty: stderr
    std::string without;   ///< what is lost without it, as the end of a sentence
    /// A new guard knows nothing: tell it all. Not before start().
    std::function<void()> tell_all;
  };

  GuardKeeper(boost::asio::io_context& io, Executor& executor, const Log& log, Setup setup);
  /// Leaves the guard to itself: it sees that we are gone.
  ~GuardKeeper();
  GuardKeeper(const GuardKeeper&) = delete;
  GuardKeeper& operator=(const GuardKeeper&) = delete;

  /// Starts it, or takes over the one behind `inherited`, a socket, unless that is -1. Errors: failed.
  Result<void> start(int inherited = -1);

  /// False: it does not read; the caller replaces it. Without a guard it is true: the next one is told all.
  bool send(std::string_view bytes, std::span<const int> descriptors = {});
  /// The same, with so much patience with a guard that has no processor.
  bool send_patiently(std::string_view bytes, std::chrono::milliseconds patience,
                      std::span<const int> descriptors = {});
  /// The log was opened anew: each guard that is started from now on writes to this. False: the one that runs does not
  /// write to our log, but to where its container shows it.
  bool log_goes_to(FileDescriptor log);
  /// Kills it and starts another one after a pause.
  void replace();
  /// Whether there is one to speak to; if not, and the next is only waited for, it is started now.
  bool ensure();
  /// Whether it is this process, which then nobody else reaps.
  bool is(std::int64_t pid) const { return pid != 0 && pid == pid_; }

 private:
  Result<void> spawn();
  Result<void> use(int socket);
  void watch();
  void restart();
  void restart_later(Duration last);
  void drop();

  Executor& executor_;
  const Log& log_;
  const Setup setup_;
  FileDescriptor log_file_;  ///< for each guard that is started
  boost::asio::posix::stream_descriptor socket_;
  pid_t pid_ = 0;  ///< 0: not our child
  Executor::TimerId restart_timer_ = 0;
  Duration restart_pause_ = kRestartFirst;
  Time started_at_{};
  bool hopeless_ = false;  ///< the last one could not be started
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stellwerk::app
