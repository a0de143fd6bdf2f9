/// The process' log: one logger of our own, to a file that the scripts name, or to stdout.
#pragma once

#include <stellwerk/result.h>

#include <memory>
#include <string>

#include "master/protocol.h"

namespace spdlog {
class logger;
}

namespace stellwerk::app {

/// Thread-safe. Lines look like Flink's: `2026-11-21 09:00:00,123 INFO  stellwerk - text`; control
/// characters of a text are shown as `?`, so that nobody can forge a line.
class Log {
 public:
  /// `file` empty: stdout. `level`: TRACE, DEBUG, INFO, WARN, ERROR, OFF.
  /// Errors: failed (the file cannot be written), naming it.
  static Result<Log> open(const std::string& file, const std::string& level);

  void write(master::NoteLevel level, std::string_view text) const;
  void info(std::string_view text) const { write(master::NoteLevel::info, text); }
  void warn(std::string_view text) const { write(master::NoteLevel::warn, text); }
  void error(std::string_view text) const { write(master::NoteLevel::error, text); }

 private:
  explicit Log(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace stellwerk::app
