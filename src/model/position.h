/// Where a commit stands in the order of all commits: (epoch, seq), written `<epoch>-<seq>`.
#pragma once

#include <stellwerk/result.h>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace stellwerk::model {

/// 2^53 - 1: every JSON reader holds it exactly.
inline constexpr std::int64_t kSeqMax = (std::int64_t{1} << 53) - 1;
/// Ten decimal digits in file names.
inline constexpr std::int64_t kEpochMax = 9'999'999'999;

struct Position {
  std::int64_t epoch = 0;
  std::int64_t seq = 0;

  friend auto operator<=>(const Position&, const Position&) = default;
};

std::string to_string(Position position);
/// Errors: invalid.
Result<Position> parse_position(std::string_view text);

}  // namespace stellwerk::model
