/// Text that came from outside: is it UTF-8, can it be shown, and which known name was meant.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stellwerk {

/// Most bytes of somebody's value that a message repeats.
inline constexpr std::size_t kShownBytesMax = 64;

/// The code point that begins at `at`, which then stands behind it; none (and `at` unmoved) if no
/// well-formed UTF-8 begins there. Overlong forms and surrogates are not well formed.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) noexcept;

/// The offset of the first byte that is not UTF-8, or none.
std::optional<std::size_t> find_bad_utf8(std::string_view text) noexcept;

/// False for what a terminal or a log line must not receive: control characters, line and paragraph
/// separators, characters that reorder text, byte order marks, non-characters.
bool is_printable(char32_t code_point) noexcept;

/// True if all of it is UTF-8 and printable.
bool is_printable_text(std::string_view text) noexcept;

/// `text` in quotes for one line of a message: what is not printable escaped, cut with "..." after
/// `bytes_max` bytes of the original.
std::string shown(std::string_view text, std::size_t bytes_max = kShownBytesMax);

/// The same without the quotes, for a sentence of somebody else's that may repeat input.
std::string escaped(std::string_view text, std::size_t bytes_max);

/// The known name that `name` is most likely a slip of: equal but for case, '-', '_' and '.', or
/// within a third of its length in edits; none if nothing is that near.
std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string_view> known);

}  // namespace stellwerk
