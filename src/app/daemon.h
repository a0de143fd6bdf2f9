/// What the processes of a master and of a worker do alike: their log, their start in steps, their signals.
#pragma once

#include <stellwerk/result.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "app/log_setup.h"
#include "base/file_descriptor.h"
#include "config/finding.h"
#include "config/master_options.h"

namespace stellwerk::app {

inline constexpr int kExitNotStarted = 1;
/// From the end of the loop to that of the process; whatever hangs then (a dead disk) is left behind.
inline constexpr std::chrono::milliseconds kEndPatience{4000};

struct DaemonLog {
  Log log;
  std::string file;  ///< empty: stdout
};

/// What has to be said before there is a log: on stderr.
void say_before_log(const config::Findings& findings);

/// To `file`, or to the one that STELLWERK_LOG_FILE names; its first lines say who starts ("a master") and what was
/// found in the configuration. None: the log cannot be opened, and stderr says why.
std::optional<DaemonLog> begin_log(const std::string& who, std::string file, const config::LogOptions& options,
                                   const config::Findings& findings);

/// True, or the log and stderr say why not.
bool succeeded(const Result<void>& step, const Log& log);

/// In this order; false at the first one that fails.
template <class Process>
bool all_made(Process& process, const Log& log, std::initializer_list<Result<void> (Process::*)()> steps) {
  for (const auto step : steps)
    if (!succeeded((process.*step)(), log)) return false;
  return true;
}

/// For the start of a daemon: SIGHUP waits for HangUps, and does not end it.
void hold_hang_ups();

/// SIGHUP, also what was held: the log is opened anew, as logrotate asks for it; `nohup` changes nothing about that. A
/// daemon that logs to a terminal ends with its terminal, as every program. Of the loop's thread.
class HangUps {
 public:
  /// `opened` has what the log is written to from now on. The log outlives it.
  HangUps(boost::asio::io_context& io, const Log& log, const std::string& log_file,
          std::function<void(FileDescriptor)> opened);
  ~HangUps();
  HangUps(const HangUps&) = delete;
  HangUps& operator=(const HangUps&) = delete;

 private:
  void await();
  void heard(const Log::Reopened& reopened);

  const Log& log_;
  const std::function<void(FileDescriptor)> opened_;
  boost::asio::signal_set signals_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// SIGTERM and SIGINT from its making on: the first one asks the process to stop, each further one to end at once,
/// which ends the loop too. Of the loop's thread.
class StopSignals {
 public:
  struct Asked {
    std::function<void()> to_stop;
    std::function<void()> to_end;  ///< may be empty
  };
  StopSignals(boost::asio::io_context& io, const Log& log, Asked asked);

  /// From now on signals change nothing, as long as this stays.
  void ignore();

 private:
  void await();

  boost::asio::io_context& io_;
  const Log& log_;
  const Asked asked_;
  boost::asio::signal_set signals_;
  bool told_ = false;
  bool ignored_ = false;
};

}  // namespace stellwerk::app
