/// The file that a daemon logs to.
#pragma once

#include <spdlog/sinks/base_sink.h>
#include <stellwerk/result.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "app/output_files.h"
#include "base/file_descriptor.h"

namespace stellwerk::app {

/// Appends each line at once, without a buffer: a disk that was full has nothing of an older line to give back. A line
/// that the disk took a part of is ended before the next one, so that this one can be read. Throws spdlog_ex for a line
/// that could not be written as a whole; the next one is tried anew. Safe to share.
class LogFile : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// What became of reopen(): a copy of what lines go to now (of stderr if they go to the console), or what failed, as
  /// one sentence; then they go on where they went.
  using Reopened = Result<std::shared_ptr<FileDescriptor>>;

  /// Makes the file if it is not there. Errors: failed.
  static Result<std::shared_ptr<LogFile>> open(const std::string& path);
  /// Stdout, which stays its owner's.
  static std::shared_ptr<LogFile> console();

  /// Before the next line, or when it is flushed, the file is opened by its name anew, since somebody may have renamed
  /// it; so are stdout and stderr if they are files. From any thread, and without waiting for a disk: who writes opens.
  void reopen();
  /// Who hears of it, on the writing thread. Empty: nobody; then the last call has returned.
  void on_reopened(std::function<void(Reopened)> hook);

  /// The newest line could not be written. From any thread.
  bool failing() const { return failing_; }

 private:
  LogFile(std::string path, FileDescriptor file) : path_(std::move(path)), file_(std::move(file)) {}
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override { open_anew(); }
  void open_anew();
  Reopened opened_anew();
  int target() const;

  const std::string path_;  ///< empty: the console
  FileDescriptor file_;
  OutputFiles outputs_;
  std::atomic<bool> failing_{false};
  std::atomic<bool> asked_{false};
  bool torn_ = false;  ///< what stands at the end is a part of a line
  std::mutex hook_mutex_;
  std::function<void(Reopened)> hook_;
};

}  // namespace stellwerk::app
