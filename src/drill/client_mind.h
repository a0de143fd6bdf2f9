/// What one client of a drill asks next: jobs of its own under ids of its own, which it submits, reads and cancels
/// through any master. Pure: its numbers come from a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/history.h"

namespace stellwerk::drill {

/// Jobs of one client that it has not cancelled yet and that may live.
inline constexpr std::size_t kLiveJobsMax = 3;
/// Tries of one change; every one is a call of its own in the history.
inline constexpr int kTriesMax = 6;

struct Wish {
  history::Action action{};
  std::string job{};
  /// Of a submission: it ends by itself. Repeats of an id repeat this too.
  bool short_lived = false;
  std::string spec{};                         ///< of a submission: instead of the client's own
  std::size_t master = 0;                     ///< index
  std::optional<model::Position> at_least{};  ///< of a read
};

class ClientMind {
 public:
  ClientMind(std::uint64_t seed, int number, std::size_t masters) : seed_(seed), number_(number), masters_(masters) {}

  /// `fresh_job`: an id that nobody has, should it submit.
  Wish next(const std::string& fresh_job, bool may_list);
  /// What became of it.
  void learn(const Wish& wish, const history::Call& call);

 private:
  struct Job {
    std::string id;
    bool short_lived = false;
    bool accepted = false;
  };
  std::uint64_t roll(std::uint64_t sides);

  std::uint64_t seed_;
  int number_;
  std::size_t masters_;
  std::uint64_t rolled_ = 0;
  std::vector<Job> live_;
  std::vector<std::string> ended_;  ///< cancelled, or forgotten by us; the newest few
  std::optional<Wish> again_;       ///< a change whose outcome is open
  int tries_ = 0;
  std::optional<model::Position> newest_;  ///< that an answer bore
};

}  // namespace stellwerk::drill
