/// Text for terminals and pipes. Pure.
#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::cli {

enum class Colour { none, bold, green, yellow, red };

struct Cell {
  std::string text{};  ///< one line, printable
  Colour colour = Colour::none;
};

/// Columns aligned by their widest cell and separated by two blanks; no blanks at ends of lines. An
/// empty cell becomes "-", so that every line has the same number of words where cells are words.
/// The first row is the header. Colours only if asked for.
std::string render_table(const std::vector<std::vector<Cell>>& rows, bool colour);

/// The beginning of `text` that takes at most `columns`; "..." at its end if something is missing.
std::string fit(std::string_view text, std::size_t columns);

/// "21.11.2026 06:44:17", as Flink's list prints it.
std::string flink_time(const std::tm& time);
/// "2026-11-21 06:44:17"
std::string iso_time(const std::tm& time);

/// "1 h 2 min 3 s", "4 s", "250 ms": the two or three largest units.
std::string short_duration(long long ms);

/// `title` in the middle of 62 dashes; 62 dashes if it is empty.
std::string rule(std::string_view title);

}  // namespace stellwerk::cli
