/// One program that a drill runs: in a session of its own, ended by the kernel when the drill dies.
#pragma once

#include <stellwerk/result.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stellwerk::drill {

/// Killed and reaped when it goes. Used by one thread, the one that made it.
class Child {
 public:
  struct Command {
    std::vector<std::string> argv{};  ///< the program with its path
    std::string folder{};             ///< where it stands; its output is appended to `out` there
    std::string variable{};           ///< "NAME=value", for its environment; empty: none
    int network = -1;                 ///< a network namespace that it enters; none: this thread's
    bool container = false;           ///< as pid 1 of a pid namespace of its own, with a /proc of its own
  };

  Child() = default;
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  /// Variables named STELLWERK_... are not passed on. Errors: failed.
  static Result<Child> start(const Command& command);

  std::int64_t pid() const noexcept { return pid_; }
  /// Reaps it if it has ended.
  bool runs();
  /// Its exit code, or 128 and the signal, once runs() said false.
  std::optional<int> exit_code() const noexcept { return exit_code_; }
  /// SIGTERM, and SIGKILL after `patience`; blocks until it is gone.
  void end(std::chrono::milliseconds patience);
  /// Blocks until it has ended by itself; false: not in time.
  bool await_end(std::chrono::milliseconds within);

 private:
  std::int64_t pid_ = 0;  ///< 0: none, or reaped
  std::optional<int> exit_code_;
};

}  // namespace stellwerk::drill
