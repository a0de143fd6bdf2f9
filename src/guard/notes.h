/// The guard's lines in the log of its master or worker. Writing may hang (a lost mount, a pipe that nobody reads), and
/// is perhaps what the master hangs in: so lines wait until nothing is under way, and a hanging write
/// hangs somebody else.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "guard/message.h"

namespace stellwerk::guard {

class Notes {
 public:
  /// Lines that wait at most; later ones are dropped.
  static constexpr std::size_t kWaitingMax = 100;

  /// `name`: who says it.
  Notes(int log, std::string name) : log_(log), name_(std::move(name)) {}

  /// From now on they go there, unless that is no descriptor.
  void go_to(FileDescriptor log);
  /// From now on each is a JSON object, or not.
  void look_like(const Log& log) { json_ = log.json; }
  void add(const std::string& text);
  /// What would be said ten times a second: only if this was not said last time.
  void add_once(const std::string& text);
  /// Writes what waits, without ever blocking this process.
  void flush();

 private:
  bool would_block_elsewhere() const;

  int log_;
  FileDescriptor later_;  ///< what it holds if that was given by go_to()
  const std::string name_;
  std::vector<std::string> waiting_;
  std::string said_;
  bool json_ = false;
};

}  // namespace stellwerk::guard
