/// Processes of this host as drills see and hit them.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <vector>

namespace stellwerk::drill {

/// Errors: not_found, failed.
Result<void> send_signal(std::int64_t pid, int number);
bool process_runs(std::int64_t pid);
/// Children of that process that are guards (lockguard, taskguard) and live.
std::vector<std::int64_t> find_guards(std::int64_t pid);
/// What processes that are started for a drill have in their environment, with its folder: so they, and what they
/// start, are told from a shell that somebody has opened there.
inline constexpr const char* kDrillVariable = "DRILL_FOLDER";
/// Kills what still stands in that folder, or below it, and was started for its drill: by that variable, or as a guard.
/// Blocks until all of it has ended; false: after 10 s something has not.
bool end_leftovers(const std::string& folder);

/// A port of localhost that nobody uses now, below those that the system gives to outgoing connections; 0: none found.
std::uint16_t free_port();

}  // namespace stellwerk::drill
