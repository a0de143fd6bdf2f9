/// What all threads of one server share. Internal to the server.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "http/body.h"
#include "http/cors.h"
#include "http/options.h"
#include "http/router.h"

namespace stellwerk::http {

struct ServerState {
  ServerState(ServerOptions o, std::shared_ptr<const Router> r)
      : options(std::move(o)), cors(options.allow_origin), router(std::move(r)) {}

  const ServerOptions options;
  const CorsPolicy cors;
  const std::shared_ptr<const Router> router;

  /// Closed once, for good: new requests get 503.
  std::atomic<bool> gate_closed{false};

  std::atomic<std::size_t> connections{0};
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> bad_requests{0};
  std::atomic<std::uint64_t> handler_deadlines{0};
  std::atomic<std::size_t> body_bytes{0};
  std::atomic<std::uint64_t> connections_dropped{0};
  std::atomic<std::size_t> answer_bytes{0};
  std::atomic<std::size_t> files{0};
  std::atomic<std::uint64_t> readers_dropped{0};

  void report(std::string_view sentence) const {
    if (options.report) options.report(sentence);
  }

  void begin_active() noexcept { active_.fetch_add(1); }
  void end_active() noexcept {
    if (active_.fetch_sub(1) == 1 && gate_closed) {
      const std::lock_guard lock(mutex_);
      drained_.notify_all();
    }
  }
  std::size_t active() const noexcept { return active_; }
  /// Waits until nothing is active. False if that took longer than `limit`.
  bool wait_drained(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return drained_.wait_for(lock, limit, [this] { return active_ == 0; });
  }

 private:
  std::atomic<std::size_t> active_{0};
  std::mutex mutex_;
  std::condition_variable drained_;
};

/// The share of one request's body in the memory that all bodies together may take.
class BodyLease {
 public:
  explicit BodyLease(std::shared_ptr<ServerState> state) noexcept : state_(std::move(state)) {}
  BodyLease(const BodyLease&) = delete;
  BodyLease& operator=(const BodyLease&) = delete;
  ~BodyLease() { release(); }

  /// Whether `bytes` would fit now; takes nothing.
  bool would_fit(std::size_t bytes) const noexcept {
    const std::size_t limit = state_->options.bodies_bytes_max;
    return bytes <= limit && state_->body_bytes <= limit - bytes;
  }
  /// False if that is over the limit; the share then stays as it was.
  bool grow_by(std::size_t bytes) noexcept {
    if (state_->body_bytes.fetch_add(bytes) + bytes > state_->options.bodies_bytes_max) {
      state_->body_bytes.fetch_sub(bytes);
      return false;
    }
    held_ += bytes;
    return true;
  }
  void release() noexcept {
    if (held_ > 0) state_->body_bytes.fetch_sub(held_);
    held_ = 0;
  }

 private:
  const std::shared_ptr<ServerState> state_;
  std::size_t held_ = 0;
};

/// The share of one answer in the memory that all answers together may take which wait for their clients. A page that
/// several wait with counts once.
class AnswerLease {
 public:
  explicit AnswerLease(ServerState& state) noexcept : state_(state) {}
  AnswerLease(const AnswerLease&) = delete;
  AnswerLease& operator=(const AnswerLease&) = delete;
  ~AnswerLease() { release(); }

  /// Bytes of its own, once for each answer.
  void take(std::size_t bytes) noexcept {
    held_ = bytes;
    state_.answer_bytes += bytes;
  }
  void share(std::shared_ptr<const Page> page) noexcept {
    page_ = std::move(page);
    state_.answer_bytes += page_->hold();
  }
  void release() noexcept {
    if (page_) state_.answer_bytes -= page_->let_go();
    page_.reset();
    state_.answer_bytes -= std::exchange(held_, 0);
  }
  bool held() const noexcept { return page_ != nullptr || held_ > 0; }
  bool over_limit() const noexcept { return state_.answer_bytes > state_.options.answers_bytes_max; }

 private:
  ServerState& state_;
  std::size_t held_ = 0;
  std::shared_ptr<const Page> page_;
};

/// The place of one answer among those that keep a file open.
class FileLease {
 public:
  explicit FileLease(ServerState& state) noexcept : state_(state) {}
  FileLease(const FileLease&) = delete;
  FileLease& operator=(const FileLease&) = delete;
  ~FileLease() { release(); }

  /// False: there are as many as may be.
  bool take() noexcept {
    held_ = held_ || state_.files.fetch_add(1) < state_.options.files_max;
    if (!held_) --state_.files;
    return held_;
  }
  void release() noexcept {
    if (std::exchange(held_, false)) --state_.files;
  }
  bool held() const noexcept { return held_; }

 private:
  ServerState& state_;
  bool held_ = false;
};

}  // namespace stellwerk::http
