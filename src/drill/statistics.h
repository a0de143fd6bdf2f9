/// Figures of many rounds in few words. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace stellwerk::drill {

/// Nearest rank: each of them was measured.
struct Summary {
  std::size_t count = 0;
  double least = 0;
  double median = 0;
  double p99 = 0;
  double most = 0;
};
/// None: there is nothing to sum up.
std::optional<Summary> summarize(std::vector<double> samples);

/// "0.8", "12", "3456"
std::string short_number_of_ms(double ms);

/// How samples in ms are distributed: a line for each doubling, blocks as wide as the fullest one's `columns`.
std::string render_chart(const std::vector<double>& samples, std::size_t columns);

}  // namespace stellwerk::drill
