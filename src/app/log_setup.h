/// The process' log: one logger of our own, to a file that the scripts name, or to stdout.
#pragma once

#include <stellwerk/result.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "app/log_file.h"
#include "master/protocol.h"

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace stellwerk::app {

/// Thread-safe, and never blocks: a thread of its own writes, in the order of the calls; the last copy's
/// destructor waits for it. What is waiting when the process is killed is lost. Lines look like Flink's: `2026-11-21
/// 09:00:00,123 INFO  stellwerk - text`; control characters of a text are shown as `?`, so that nobody can forge a
/// line.
class Log {
 public:
  enum class Format {
    text,
    /// One object a line: `{"time":"2026-11-21T09:00:00.123Z","level":"INFO","logger":"stellwerk","message":"text"}`.
    /// UTF-8 whatever the text is.
    json,
  };

  /// `file` empty: stdout. `level`: TRACE, DEBUG, INFO, WARN, ERROR, OFF.
  /// Errors: failed (the file cannot be written), naming it.
  static Result<Log> open(const std::string& file, const std::string& level, Format format = Format::text);

  void write(master::NoteLevel level, std::string_view text) const;
  void info(std::string_view text) const { write(master::NoteLevel::info, text); }
  void warn(std::string_view text) const { write(master::NoteLevel::warn, text); }
  void error(std::string_view text) const { write(master::NoteLevel::error, text); }

  /// Somebody has renamed the file: lines from now on, and a few from just before, go to one that has its name. Stdout
  /// and stderr too if they are files that are appended to.
  void reopen() const;
  using Reopened = LogFile::Reopened;
  /// Who hears what became of it, on the thread that writes. Empty: nobody; then the last call has returned.
  void on_reopened(std::function<void(Reopened)> hook) const;

  /// Lines that a disk which was full or too slow did not take, since the begin. The log itself says so as soon as it
  /// takes lines again.
  std::size_t lines_lost() const;

 private:
  Log(std::shared_ptr<spdlog::details::thread_pool> writer, std::shared_ptr<spdlog::logger> logger,
      std::shared_ptr<LogFile> file, Format format);
  void tell_lost() const;
  void put(master::NoteLevel level, std::string_view text) const;

  struct Lost {
    std::atomic<std::size_t> not_written{0};  ///< a full disk
    std::atomic<std::size_t> told{0};
  };
  std::shared_ptr<Lost> lost_ = std::make_shared<Lost>();
  Format format_;
  std::shared_ptr<LogFile> file_;
  std::shared_ptr<spdlog::logger> logger_;
  /// Last, so that its thread has ended when the logger goes.
  std::shared_ptr<spdlog::details::thread_pool> writer_;
};

}  // namespace stellwerk::app
