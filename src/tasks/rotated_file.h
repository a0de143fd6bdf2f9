/// A file that somebody else's output goes to, and that does not grow without end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"

namespace stellwerk::tasks {

/// What is kept of one stream of a task: the file, and older ones as `.1` (the newest of them), `.2` and so on.
struct OutputLimits {
  std::uint64_t file_bytes = std::uint64_t{16} << 20;  ///< at least 1; a file is seldom longer, and never by a byte
  int older_files = 3;                                 ///< 0: when full, the file begins anew
};

/// Appends to what is there. Blocks on the disk: not for the loop.
class RotatedFile {
 public:
  RotatedFile(std::string path, OutputLimits limits);

  /// Makes the file, if it is not there.
  void open();
  void close() { file_.reset(); }
  /// A new file begins where a line does, unless the line alone is longer than a file. What cannot be written is
  /// dropped, and the next call tries again; returns how many bytes that were, 0 if all is well.
  std::uint64_t write(std::string_view bytes);
  /// Why bytes were dropped last, for people: the path and the system's words.
  const std::string& why() const { return why_; }
  const std::string& path() const { return path_; }

 private:
  bool write_piece(std::string_view& bytes, std::size_t length);
  void rotate();
  bool fail(const std::string& what);

  const std::string path_;
  const OutputLimits limits_;
  FileDescriptor file_;
  bool regular_ = false;  ///< else it has no size, and is not rotated
  std::uint64_t size_ = 0;
  std::string why_;
};

}  // namespace stellwerk::tasks
