#include "loop/turn_meter.h"

#include <algorithm>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

namespace stellwerk::loop {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

/// One per loop, kept by the loop itself: so that nobody who adds a turn needs to be told where.
class MeterService : public boost::asio::execution_context::service {
 public:
  using key_type = MeterService;
  static boost::asio::execution_context::id id;

  explicit MeterService(boost::asio::execution_context& context) : service(context) {}
  TurnMeter meter;

 private:
  void shutdown() override {}
};

boost::asio::execution_context::id MeterService::id;

}  // namespace

void TurnMeter::add(std::chrono::nanoseconds took) {
  const auto bound = std::find_if(kTurnBounds.begin(), kTurnBounds.end(), [&](auto end) { return took <= end; });
  counts_[static_cast<std::size_t>(bound - kTurnBounds.begin())].fetch_add(1, kRelaxed);
  sum_ns_.fetch_add(took.count(), kRelaxed);
  if (took.count() > longest_ns_.load(kRelaxed)) longest_ns_.store(took.count(), kRelaxed);
}

TurnTimes TurnMeter::times() const {
  TurnTimes times;
  for (std::size_t i = 0; i < counts_.size(); ++i) times.counts[i] = counts_[i].load(kRelaxed);
  times.sum = std::chrono::nanoseconds(sum_ns_.load(kRelaxed));
  times.longest = std::chrono::nanoseconds(longest_ns_.load(kRelaxed));
  return times;
}

TurnMeter& turn_meter(boost::asio::io_context& io) {
  return boost::asio::use_service<MeterService>(io).meter;
}

}  // namespace stellwerk::loop
