/// Whether what clients were told can be true: the promises of docs/architecture.md, looked at from outside. Pure.
///
/// It knows nothing of how masters work. A call whose outcome is unknown may have had its effect at any
/// time after it was sent, or never; everything else is held to its word.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "history/history.h"

namespace stellwerk::history {

/// Most violations and unknown calls that are kept in words; more are only counted.
inline constexpr std::size_t kToldMax = 100;
/// A follower says since when it lacks a commit *that it knows of*: so long a commit may be on its way to it unknown.
inline constexpr std::chrono::milliseconds kUnheardMax = std::chrono::seconds(3);

namespace rules {
inline constexpr std::string_view kLost = "an acknowledged job exists";
inline constexpr std::string_view kOneEnd = "a job has one end";
inline constexpr std::string_view kCanceled = "a cancelled job stays cancelled";
inline constexpr std::string_view kAsked = "nothing exists that nobody asked for";
inline constexpr std::string_view kNothing = "nothing happened that was refused or answered 503";
inline constexpr std::string_view kAtLeast = "no answer is older than Stellwerk-At-Least";
inline constexpr std::string_view kLag = "no follower is older than it says";
inline constexpr std::string_view kSilence = "nothing is acknowledged that cannot be durable";
inline constexpr std::string_view kTasks = "no task begins anew unless its worker was hit";
inline constexpr std::string_view kOnce = "never two attempts of an at-most-one task";
inline constexpr std::string_view kFsck = "fsck finds nothing wrong";
}  // namespace rules

struct Violation {
  std::string_view rule{};  ///< of `rules`
  std::string text{};       ///< what was told, and what contradicts it
};

struct Verdict {
  std::vector<Violation> violations{};  ///< the first kToldMax
  std::size_t violated = 0;             ///< all
  std::vector<std::string> unknown{};   ///< calls whose outcome nobody was told; the first kToldMax
  std::size_t unknowns = 0;             ///< all
  std::size_t acknowledged = 0;         ///< jobs
  std::size_t canceled = 0;             ///< jobs, acknowledged
  std::size_t refused = 0;              ///< answers "nothing happened"
  std::size_t reads = 0;                ///< that were answered
  std::size_t once = 0;                 ///< attempts of the at-most-one job that announced themselves

  void violate(std::string_view rule, std::string text);
  bool sound() const { return violated == 0; }
};

Verdict check(const History& history);

/// Parts of it, in files of their own.
void check_tasks(const History& history, Verdict& verdict);
void check_once(const History& history, Verdict& verdict);

}  // namespace stellwerk::history
