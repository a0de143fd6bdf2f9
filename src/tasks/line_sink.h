/// The worker's own stdout, for the lines of all its tasks: where Flink's users look for what a job prints.
#pragma once

#include <climits>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace stellwerk::tasks {

/// Longest line with its prefix and its end, in bytes: what a pipe takes at once, so that nobody else's line lands
/// inside of one. A longer line goes out in pieces, each with the prefix.
inline constexpr std::size_t kSinkLineBytesMax = PIPE_BUF;
/// Of a prefix, in bytes; the rest of a longer one is left out.
inline constexpr std::size_t kPrefixBytesMax = 512;
/// A regular file that is longer takes no more lines of tasks: they have files of their own, which are rotated.
/// It goes on as soon as somebody has made it shorter.
inline constexpr std::int64_t kSinkFileBytesMax = std::int64_t{1} << 30;

/// Whole lines, or none of a line. Never waits: what a pipe or terminal does not take at once is dropped.
class LineSink {
 public:
  /// `descriptor` stays its owner's; -1: lines go nowhere. `note` is told once of the first loss, in a sentence.
  LineSink(int descriptor, std::function<void(std::string)> note);

  /// `line` has no end and fits, with `prefix`, into kSinkLineBytesMax.
  void add(std::string_view prefix, std::string_view line);
  void flush();
  std::uint64_t lines_dropped() const { return dropped_; }

 private:
  bool full();
  bool write(std::string_view lines);
  std::string why_lost(bool no_room) const;
  void drop(std::string_view lines, const std::string& why);

  const int descriptor_;
  const std::function<void(std::string)> note_;
  bool regular_ = false;
  std::string waiting_;
  std::uint64_t dropped_ = 0;
};

/// Makes lines of one task's stdout.
class PrefixedLines {
 public:
  explicit PrefixedLines(std::string prefix);

  void take(std::string_view bytes, LineSink& sink);
  /// What has no end by now gets one.
  void end(LineSink& sink);

 private:
  const std::string prefix_;
  const std::size_t piece_bytes_max_;
  std::string begun_;
};

}  // namespace stellwerk::tasks
