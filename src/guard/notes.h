/// The guard's lines in its master's log. Writing may hang (a lost mount, a pipe that nobody reads), and
/// is perhaps what the master hangs in: so lines wait until nothing is under way, and a hanging write
/// hangs somebody else.
#pragma once

#include <string>
#include <vector>

namespace stellwerk::guard {

class Notes {
 public:
  /// Lines that wait at most; later ones are dropped.
  static constexpr std::size_t kWaitingMax = 100;

  explicit Notes(int log) : log_(log) {}

  void add(const std::string& text);
  /// Writes what waits, without ever blocking this process.
  void flush();

 private:
  bool would_block_elsewhere() const;

  const int log_;
  std::vector<std::string> waiting_;
};

}  // namespace stellwerk::guard
