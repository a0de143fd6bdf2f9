#include "bench/load_client.h"

#include <algorithm>

namespace stellwerk::bench {
namespace {

namespace asio = boost::asio;

/// Requests that are due and not sent: with so many the server will not catch up.
constexpr std::size_t kBacklogMax = 1'000'000;

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

/// A job of one command; its environment fills it up to `bytes`.
std::string spec(std::uint64_t number, std::size_t bytes) {
  std::string text = "{\"name\":\"bench-" + std::to_string(number) +
                     "\",\"vertices\":[{\"name\":\"only\",\"command\":[\"/bin/true\"],\"env\":{\"FILL\":\"";
  constexpr std::string_view kTail = "\"}}]}";
  if (text.size() + kTail.size() < bytes) text.append(bytes - text.size() - kTail.size(), 'x');
  return text.append(kTail);
}

}  // namespace

LoadClient::LoadClient(LoadOptions options) : options_(std::move(options)), callers_(options_.connections) {
  if (options_.spec_bytes == 0) request_ = "GET " + options_.path + " HTTP/1.1\r\nHost: " + options_.host + "\r\n\r\n";
}

std::string_view LoadClient::next_request() {
  if (options_.spec_bytes > 0) {
    const std::string body = spec(++specs_, options_.spec_bytes);
    request_ = "POST " + options_.path + " HTTP/1.1\r\nHost: " + options_.host +
               "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               body;
  }
  return request_;
}

std::optional<std::string> LoadClient::connect() {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options_.host, error);
  if (error) return options_.host + " is not an address such as 127.0.0.1";
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    callers_[i].connection =
        std::make_unique<LoadConnection>(io_, LoadConnection::Hooks{[this, i](int status) { answered(i, status); },
                                                                    [this](const std::string& why) { stop(why); }});
    error = callers_[i].connection->connect({address, options_.port});
    if (error) return "connecting to port " + std::to_string(options_.port) + ": " + error.message();
  }
  return std::nullopt;
}

std::optional<std::string> LoadClient::run() {
  if (auto failed = connect()) return failed;
  begin_ = Clock::now();
  measured_from_ = begin_ + seconds(options_.warmup_seconds);
  end_ = measured_from_ + seconds(options_.seconds);
  end_timer_.expires_at(end_);
  end_timer_.async_wait([this](const boost::system::error_code&) { io_.stop(); });
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    if (options_.rate > 0)
      idle_.push_back(i);
    else
      send(i, Clock::now());
  }
  if (options_.rate > 0) pace();
  io_.run();
  if (!why_stopped_.empty()) return why_stopped_;
  return std::nullopt;
}

void LoadClient::stop(std::string why) {
  if (why_stopped_.empty()) why_stopped_ = std::move(why);
  io_.stop();
}

void LoadClient::send(std::size_t caller, Clock::time_point since) {
  if (all_sent()) return;
  ++sent_;
  callers_[caller].since = since;
  callers_[caller].connection->send(next_request());
}

void LoadClient::answered(std::size_t caller, int status) {
  const auto now = Clock::now();
  if (now >= measured_from_ && now <= end_) {
    latencies_.add(now - callers_[caller].since);
    ++statuses_[status];
    if (options_.requests_max > 0 && latencies_.count() >= options_.requests_max) {
      end_ = now;
      return io_.stop();
    }
  }
  if (options_.rate <= 0) return send(caller, now);
  idle_.push_back(caller);
  send_due();
}

void LoadClient::pace() {
  const auto now = Clock::now();
  const auto due_at = [this] { return begin_ + seconds(static_cast<double>(due_) / options_.rate); };
  for (; due_at() <= now; ++due_) backlog_.push_back(due_at());
  if (backlog_.size() > kBacklogMax) return stop("the server is too far behind the rate that was asked for");
  send_due();
  pacer_.expires_at(due_at());
  pacer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) pace();
  });
}

void LoadClient::send_due() {
  while (!idle_.empty() && !backlog_.empty()) {
    const std::size_t caller = idle_.back();
    idle_.pop_back();
    send(caller, backlog_.front());
    backlog_.pop_front();
  }
}

std::string LoadClient::json() {
  const double took = std::chrono::duration<double>(end_ - measured_from_).count();
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("requests", latencies_.count()).key("seconds").raw(decimal(took));
  out.key("per_second").raw(decimal(static_cast<double>(latencies_.count()) / took));
  out.member("unsent", backlog_.size());
  out.key("statuses").begin_object();
  for (const auto& [status, count] : statuses_) out.member(std::to_string(status), count);
  out.end_object().key("latency_ms");
  latencies_.write(out);
  out.end_object();
  return text;
}

}  // namespace stellwerk::bench
