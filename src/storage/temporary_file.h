/// Files that have no name yet: whole and durable before they are given one.
#pragma once

#include <stellwerk/result.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/file_descriptor.h"
#include "storage/file_calls.h"

namespace stellwerk::storage {

/// Temporary files older than this belonged to a writer that died. Seconds, by the store's clock.
inline constexpr std::int64_t kLeftoverAgeS = 3600;

/// One of them; its temporary name goes with it (a name it was linked to stays).
class TemporaryFile {
 public:
  TemporaryFile(FileCalls& calls, int root, FileDescriptor fd, std::string path)
      : calls_(&calls), root_(root), fd_(std::move(fd)), path_(std::move(path)) {}
  TemporaryFile(TemporaryFile&& other) noexcept
      : calls_(other.calls_),
        root_(std::exchange(other.root_, -1)),
        fd_(std::move(other.fd_)),
        path_(std::move(other.path_)) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  /// A failure to unlink is left to the sweep.
  ~TemporaryFile();

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

 private:
  FileCalls* calls_;
  int root_;
  FileDescriptor fd_;
  std::string path_;
};

/// Makes them, below one root folder. May be called from several threads; `calls` outlives this.
class TemporaryFiles {
 public:
  explicit TemporaryFiles(FileCalls& calls);

  /// A synced file with `bytes`. `root` stays open while the file lives. Error: the errno.
  boost::system::result<TemporaryFile, int> write(int root, std::string_view bytes);
  /// A fresh name for a second link.
  std::string next_path();
  /// Removes what is older than kLeftoverAgeS at `now_s`, a bounded number at a time.
  void sweep(int root, std::int64_t now_s);

 private:
  FileCalls& calls_;
  /// Differs between processes of one host; between hosts O_EXCL decides.
  const std::string start_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace stellwerk::storage
