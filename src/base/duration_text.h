/// Durations as people write them, by Flink's rules: "10 s", "5min", "1 h"; a bare number is ms.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string_view>

namespace stellwerk {

/// What parse_duration_ms() takes, for messages.
inline constexpr std::string_view kDurationAccepted =
    "a duration such as 500 ms, 10 s, 5 min, 1 h or 1 d (a bare number is ms)";

/// A whole number, optional blanks and an optional unit in either case: ms, s, min or m, h, d and
/// Flink's longer spellings. No sign, fraction or sum. Errors: invalid.
Result<std::int64_t> parse_duration_ms(std::string_view text);

}  // namespace stellwerk
