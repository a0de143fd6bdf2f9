/// Small helpers for text that people typed: trimming, checking, quoting and guessing what was meant.
///
/// Pure functions. Input is untrusted; nothing here allocates more than a small multiple of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::config {

/// Longest piece of a value that a message repeats, in bytes.
inline constexpr std::size_t kValueBytesShownMax = 120;

/// Without blanks, tabs and line ends at both sides.
std::string_view trimmed(std::string_view text) noexcept;

/// ASCII letters in lower case; other bytes untouched.
std::string lower_case(std::string_view text);

/// The pieces between `separator`, trimmed; empty ones are kept.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Like split(), but quotes ('...' or "...", doubled inside) protect the separator and are removed,
/// as in Flink's lists and maps.
std::vector<std::string> split_quoted(std::string_view text, char separator);

/// Without a UTF-8 byte order mark at the front.
std::string_view without_bom(std::string_view text) noexcept;

/// What keeps `text` from being a text file, as a clause ("is not UTF-8 ..., at line 3"); nullopt if nothing.
/// Refused are bad UTF-8 (also UTF-16) and control characters other than tab and line ends.
std::optional<std::string> text_fault(std::string_view text);

/// Names the first character that only looks like ASCII (full-width punctuation, curly quotes, long
/// dashes, blanks of other widths), for example "the full-width comma (U+FF0C)"; empty if none.
std::string look_alike(std::string_view text);

/// Number of single-character edits from `a` to `b`, or `limit` if it is that or more.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The code points of UTF-8, U+FFFD for each byte that is none.
std::u32string decode_utf8(std::string_view text);

}  // namespace stellwerk::config
