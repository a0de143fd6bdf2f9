/// The clients of a drill: a thread each, which asks any master all the time, and what they were told.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "drill/client_mind.h"
#include "drill/load.h"
#include "http/client.h"

namespace stellwerk::drill {

/// Most calls that are kept, of about 400 bytes each: enough for 1,000 rounds with kClientsMax clients, and 1 GB at
/// most with the lists. After that clients are silent, and there is nothing to check any more.
inline constexpr std::size_t kCallsMax = 2'000'000;
/// Most jobs in all lists together that are kept, of about 100 bytes each; after that clients ask for no lists.
inline constexpr std::size_t kListedMax = 1'000'000;
inline constexpr int kClientsMax = 64;
/// For one call. A master is told less, so that its "nothing happened" comes in time.
inline constexpr std::chrono::milliseconds kCallMax = std::chrono::seconds(5);
inline constexpr std::chrono::milliseconds kCallToldMax = std::chrono::milliseconds(4500);

/// One request, blocking, put down as the history has it: in time since `began`. From any thread.
history::Call call_master(const http::Endpoint& master, const Wish& wish, history::Micros began);
/// Since the system was started.
history::Micros steady_micros();

/// A job that was asked for and not certainly refused.
struct JobAsked {
  std::string id{};
  bool ends = false;  ///< somebody was told that it has ended, or that its cancel is taken
};

/// Started and stopped by one thread, which may ask it meanwhile. Its threads take no signals.
class Clients final : public Load {
 public:
  struct Setup {
    std::vector<http::Endpoint> masters{};
    int clients = 4;
    std::uint64_t seed = 0;
    /// Between two calls of one client.
    std::chrono::milliseconds thinks{30};
    /// The same after "nothing happened".
    std::chrono::milliseconds tries_again{5};
  };
  explicit Clients(Setup setup) : setup_(std::move(setup)) {}
  ~Clients() override { stop(); }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  void start();
  /// Returns when the last call has ended, within kCallMax. Any number of times.
  void stop();
  /// Everything in the order of its end, once stopped.
  std::vector<history::Call> take_calls();
  /// One more, by the caller's own thread; put down too.
  history::Call call(const Wish& wish);
  /// One that somebody else has made.
  void put_down(history::Call call);
  /// The newest first.
  std::vector<JobAsked> jobs();
  /// Of all positions that an answer bore.
  std::optional<model::Position> newest();
  /// kCallsMax are there.
  bool full();

  history::Micros now() override { return steady_micros() - began_; }
  std::optional<history::Micros> first_write_since(history::Micros since) override;

 private:
  void live(int number);
  bool rest(std::chrono::milliseconds time);

  const Setup setup_;
  const history::Micros began_ = steady_micros();
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<history::Call> calls_;
  std::size_t listed_ = 0;
};

}  // namespace stellwerk::drill
