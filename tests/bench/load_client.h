/// Sends many like requests to one server and measures the answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/latencies.h"
#include "bench/load_connection.h"

namespace stellwerk::bench {

struct LoadOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8081;
  std::string path = "/overview";
  /// POST of a fresh job spec of so many bytes each time; 0: GET.
  std::size_t spec_bytes = 0;
  unsigned connections = 1;
  double warmup_seconds = 0.5;
  double seconds = 2;
  /// Requests a second over all connections, whether or not the server keeps up; latencies then count
  /// from when a request was due. 0: each connection sends the next one when it has its answer.
  double rate = 0;
  /// Ends after so many answers, if `seconds` have not passed before; 0: no such end.
  std::uint64_t requests_max = 0;
};

class LoadClient {
 public:
  explicit LoadClient(LoadOptions options);

  /// Runs it all. Why it could not be run to its end, if so.
  std::optional<std::string> run();
  /// {"requests","seconds","per_second","statuses","latency_ms"}, of the time after the warm-up.
  std::string json();

 private:
  struct Caller {
    std::unique_ptr<LoadConnection> connection;
    Clock::time_point since{};
  };

  std::optional<std::string> connect();
  void send(std::size_t caller, Clock::time_point since);
  void answered(std::size_t caller, int status);
  void pace();
  void send_due();
  std::string_view next_request();
  void stop(std::string why);
  bool all_sent() const { return options_.requests_max > 0 && sent_ >= options_.requests_max; }

  const LoadOptions options_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer pacer_{io_};
  boost::asio::steady_timer end_timer_{io_};
  std::vector<Caller> callers_;
  std::vector<std::size_t> idle_;
  std::deque<Clock::time_point> backlog_;
  std::string request_;
  std::uint64_t specs_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t due_ = 0;
  std::string why_stopped_;

  Clock::time_point begin_;
  Clock::time_point measured_from_;
  Clock::time_point end_;
  Latencies latencies_;
  std::map<int, std::uint64_t> statuses_;
};

}  // namespace stellwerk::bench
