/// Sizes in bytes as people write them, by Flink's rules: "64 mb", "1g", "512 MiB"; a bare number counts bytes.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace stellwerk {

/// A whole number, optional blanks and an optional unit in either case, powers of 1024: b, k, m, g, t and their longer
/// spellings. No sign or fraction. At most 2^63-1 bytes. Errors: invalid, as a clause that continues after the value:
/// "is not a size; accepted is ...".
Result<std::uint64_t> parse_size(std::string_view text);

/// In the largest unit that is exact: "512 MiB", "1 GiB", "1000 bytes".
std::string format_size(std::uint64_t bytes);

}  // namespace stellwerk
