/// How long the turns of a loop take: what one task may keep all others waiting.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace boost::asio {
class io_context;
}

namespace stellwerk::loop {

/// Upper ends of the classes that turns are counted in; one more class holds the rest.
inline constexpr std::array<std::chrono::milliseconds, 7> kTurnBounds{
    std::chrono::milliseconds{1},  std::chrono::milliseconds{5},  std::chrono::milliseconds{10},
    std::chrono::milliseconds{25}, std::chrono::milliseconds{50}, std::chrono::milliseconds{100},
    std::chrono::milliseconds{500}};

/// All turns since the loop began. Read at one moment, but not atomically as a whole.
struct TurnTimes {
  std::array<std::uint64_t, kTurnBounds.size() + 1> counts{};  ///< by class
  std::chrono::nanoseconds sum{};
  std::chrono::nanoseconds longest{};
};

/// A turn is one posted task, one timer, or one event of a descriptor that is waited for through this
/// library. Written by the loop's thread alone, read by any.
class TurnMeter {
 public:
  /// Measures from its making to its end.
  class Turn {
   public:
    explicit Turn(TurnMeter& meter) : meter_(meter) {}
    ~Turn() { meter_.add(std::chrono::steady_clock::now() - begin_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    TurnMeter& meter_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  };

  void add(std::chrono::nanoseconds took);
  TurnTimes times() const;

 private:
  std::array<std::atomic<std::uint64_t>, kTurnBounds.size() + 1> counts_{};
  std::atomic<std::int64_t> sum_ns_{0};
  std::atomic<std::int64_t> longest_ns_{0};
};

/// The meter of a loop; it lives as long as `io`.
TurnMeter& turn_meter(boost::asio::io_context& io);

}  // namespace stellwerk::loop
