/// What a simulated process does by a list of acts, one after the other: "say LINE" (on its control channel), "complain
/// LINE" (on stderr), "ignore SIGNAL", "leave" (a child that stays in its group), "echo" (says again what it hears,
/// until "end"), "wait" (for ever), "exit CODE", "die SIGNAL".
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "worker/task_runner.h"

namespace stellwerk::test {

class SimScript {
 public:
  /// Lines that wait for a process that does not read; more are lost.
  static constexpr std::size_t kHeardMax = 1'000;

  template <class At>
  SimScript(At begin, At end) : acts_(begin, end) {}

  void hear(std::string_view line) {
    if (heard_.size() < kHeardMax) heard_.emplace_back(line);
  }
  bool ignores(int signal) const { return ignored_.contains(signal); }
  std::size_t children() const { return children_; }
  /// What it has complained of, as its end tells it.
  std::string complaints() const;

  /// What comes of its next act: a line, its end, or, if neither, whether there may be more.
  struct Step {
    std::optional<std::string> line{};
    std::optional<worker::TaskExit> exit{};
    bool waits = false;
  };
  Step step();

 private:
  std::deque<std::string> acts_;
  std::deque<std::string> heard_;
  std::set<int> ignored_;
  std::size_t children_ = 0;
  std::deque<std::string> complaints_;
};

}  // namespace stellwerk::test
