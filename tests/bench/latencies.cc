#include "bench/latencies.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace stellwerk::bench {
namespace {

double to_ms(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

std::string decimal(double value) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.3f", value);
  return {text.data(), static_cast<std::size_t>(size)};
}

void Latencies::write(JsonWriter& out) {
  std::sort(samples_.begin(), samples_.end());
  // The nearest rank: always a value that was measured.
  const auto at = [this](double part) {
    if (samples_.empty()) return 0.0;
    const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(samples_.size())));
    return to_ms(samples_[std::clamp<std::size_t>(rank, 1, samples_.size()) - 1]);
  };
  const auto sum = std::accumulate(samples_.begin(), samples_.end(), Clock::duration{});
  const double mean = samples_.empty() ? 0 : to_ms(sum) / static_cast<double>(samples_.size());
  out.begin_object().member("count", samples_.size());
  out.key("min").raw(decimal(at(0))).key("median").raw(decimal(at(0.5))).key("p90").raw(decimal(at(0.9)));
  out.key("p99").raw(decimal(at(0.99))).key("p999").raw(decimal(at(0.999))).key("max").raw(decimal(at(1)));
  out.key("mean").raw(decimal(mean)).end_object();
}

}  // namespace stellwerk::bench
