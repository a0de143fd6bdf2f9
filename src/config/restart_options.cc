#include "config/restart_options.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "config/deriving.h"

namespace stellwerk::config {
namespace {

using model::ExponentialDelayRestart;
using model::FailureRateRestart;
using model::FixedDelayRestart;
using model::NoRestart;

constexpr std::string_view kBelow = "restart-strategy.";

class RestartDeriver : private Deriving {
 public:
  RestartDeriver(const Configuration& configuration, Findings& findings) : Deriving(configuration, findings) {}

  std::optional<model::RestartStrategy> derive() {
    auto strategy = chosen();
    warn_of_others(strategy ? std::string(to_string(*strategy)) : std::string());
    return strategy;
  }

 private:
  /// In Flink's spellings; the table accepts no others.
  std::optional<model::RestartStrategy> chosen() {
    const std::string type = configuration_.get(keys::restart_type);
    if (type.empty()) return std::nullopt;
    if (type.starts_with("fixed")) return fixed_delay();
    if (type.starts_with("failure")) return failure_rate();
    if (type.starts_with("exponential")) return exponential_delay();
    return NoRestart{};
  }

  FixedDelayRestart fixed_delay() const {
    return {.attempts = count(keys::fixed_delay_attempts), .delay_ms = ms(keys::fixed_delay_delay)};
  }

  FailureRateRestart failure_rate() const {
    return {.max_failures_per_interval = count(keys::failure_rate_max),
            .failure_rate_interval_ms = ms(keys::failure_rate_interval),
            .delay_ms = ms(keys::failure_rate_delay)};
  }

  ExponentialDelayRestart exponential_delay() {
    ExponentialDelayRestart out{.initial_backoff_ms = ms(keys::exponential_initial),
                                .max_backoff_ms = ms(keys::exponential_max),
                                .backoff_multiplier = configuration_.get(keys::exponential_multiplier),
                                .reset_backoff_threshold_ms = ms(keys::exponential_threshold),
                                .jitter_factor = configuration_.get(keys::exponential_jitter)};
    if (configuration_.find_integer(keys::exponential_attempts))
      out.attempts_before_reset_backoff = count(keys::exponential_attempts);
    if (out.max_backoff_ms >= out.initial_backoff_ms) return out;
    if (configuration_.is_set(keys::exponential_max.name))
      complain(FindingKind::error, keys::exponential_max.name,
               "is below " + std::string(keys::exponential_initial.name) + ", which is " +
                   format_duration(configuration_.get(keys::exponential_initial)) + "; accepted is the same or more");
    out.max_backoff_ms = out.initial_backoff_ms;
    return out;
  }

  void warn_of_others(const std::string& type) {
    for (const auto& [key, setting] : configuration_.settings()) {
      if (!key.starts_with(kBelow) || key == keys::restart_type.name) continue;
      if (!type.empty() && key.starts_with(std::string(kBelow) + type + '.')) continue;
      if (find_key(key) == nullptr) continue;
      complain(FindingKind::warning, key,
               "has no effect, because " + std::string(keys::restart_type.name) +
                   (type.empty() ? " is not set" : " is " + type));
    }
  }

  std::int32_t count(IntegerKey key) const { return static_cast<std::int32_t>(configuration_.get(key)); }
  std::int64_t ms(DurationKey key) const {
    return std::chrono::ceil<std::chrono::milliseconds>(configuration_.get(key)).count();
  }
};

}  // namespace

std::optional<model::RestartStrategy> derive_restart_strategy(const Configuration& configuration, Findings& findings) {
  return RestartDeriver(configuration, findings).derive();
}

}  // namespace stellwerk::config
