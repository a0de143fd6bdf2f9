/// The end of what a task said on stderr: why it failed, in its own words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stellwerk::tasks {

class ErrorTail {
 public:
  explicit ErrorTail(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void add(std::string_view bytes);
  /// The last whole lines, at most `bytes_max` bytes in all, without what ends the last one and empty lines after it.
  /// A last line that is longer alone: its end. What is not UTF-8 is replaced by U+FFFD.
  std::string text() const;

 private:
  void keep(std::string_view bytes);

  const std::size_t bytes_max_;
  std::string kept_;           ///< at most twice as much as is needed; ends where a line does, or inside of one
  std::size_t line_ends_ = 0;  ///< that came after it
  bool cut_ = false;           ///< something came before what is kept
};

}  // namespace stellwerk::tasks
