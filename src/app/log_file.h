/// The file that a daemon logs to.
#pragma once

#include <spdlog/sinks/base_sink.h>
#include <stellwerk/result.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/file_descriptor.h"

namespace stellwerk::app {

/// Appends each line at once, without a buffer: a disk that was full has nothing of an older line to give back. A line
/// that the disk took a part of is ended before the next one, so that this one can be read. Throws spdlog_ex for a line
/// that could not be written as a whole; the next one is tried anew. Safe to share.
class LogFile : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// Makes the file if it is not there. Errors: failed.
  static Result<std::shared_ptr<LogFile>> open(const std::string& path);

  /// The newest line could not be written. From any thread.
  bool failing() const { return failing_; }

 private:
  explicit LogFile(FileDescriptor file) : file_(std::move(file)) {}
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

  FileDescriptor file_;
  std::atomic<bool> failing_{false};
  bool torn_ = false;  ///< what stands at the end is a part of a line
};

}  // namespace stellwerk::app
