#include "drill/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace stellwerk::drill {
namespace {

/// Of one line of a chart: 0, 1, 2, 4, 8 ... ms.
double floor_of(std::size_t bucket) {
  return bucket == 0 ? 0 : std::ldexp(1.0, static_cast<int>(bucket) - 1);
}

std::size_t bucket_of(double ms) {
  std::size_t bucket = 0;
  while (bucket < 40 && ms >= floor_of(bucket + 1)) ++bucket;
  return bucket;
}

}  // namespace

std::optional<Summary> summarize(std::vector<double> samples) {
  if (samples.empty()) return std::nullopt;
  std::sort(samples.begin(), samples.end());
  const auto rank = [&](double part) {
    const auto at = static_cast<std::size_t>(std::ceil(part * static_cast<double>(samples.size())));
    return samples[std::max<std::size_t>(at, 1) - 1];
  };
  return Summary{samples.size(), samples.front(), rank(0.5), rank(0.99), samples.back()};
}

std::string short_number_of_ms(double ms) {
  char text[32];
  std::snprintf(text, sizeof text, ms < 10 ? "%.1f" : "%.0f", ms);
  return text;
}

std::string render_chart(const std::vector<double>& samples, std::size_t columns) {
  if (samples.empty()) return "";
  std::vector<std::size_t> counts;
  for (const double sample : samples) {
    const std::size_t bucket = bucket_of(sample);
    if (counts.size() <= bucket) counts.resize(bucket + 1, 0);
    ++counts[bucket];
  }
  const std::size_t fullest = *std::max_element(counts.begin(), counts.end());
  const std::size_t first = bucket_of(*std::min_element(samples.begin(), samples.end()));
  std::string out;
  for (std::size_t bucket = first; bucket < counts.size(); ++bucket) {
    char range[64];
    std::snprintf(range, sizeof range, "%7.0f to %-7.0f ms ", floor_of(bucket), floor_of(bucket + 1));
    out += range;
    // At least one block for what is there at all.
    const std::size_t width =
        counts[bucket] == 0 ? 0
                            : std::max<std::size_t>(1, counts[bucket] * columns / std::max<std::size_t>(1, fullest));
    for (std::size_t i = 0; i < width; ++i) out += "\u2588";
    out += (width == 0 ? "" : " ") + std::to_string(counts[bucket]) + "\n";
  }
  return out;
}

}  // namespace stellwerk::drill
