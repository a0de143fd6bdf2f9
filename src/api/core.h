/// What all endpoints share. Internal to api/.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "api/backend.h"
#include "http/client.h"
#include "http/message.h"

namespace stellwerk::api {

/// In answers that say "later".
inline constexpr std::chrono::seconds kRetryAfter{1};

/// A follower's answers to reads say how far behind they may be.
inline constexpr std::string_view kLagHeader = "Stellwerk-Lag-Ms";
inline constexpr std::string_view kPositionHeader = "Stellwerk-Position";
inline constexpr std::string_view kAtLeastHeader = "Stellwerk-At-Least";
/// The id of the job that a passed-on submission makes; anyone may send it instead of `jobId`.
inline constexpr std::string_view kJobIdHeader = "Stellwerk-Job-Id";
/// The uuid of the upload that a passed-on one makes.
inline constexpr std::string_view kBundleIdHeader = "Stellwerk-Bundle-Id";
/// How long whoever asks for a change still waits, in ms: a master that passes it on, or a client.
inline constexpr std::string_view kDeadlineHeader = "Stellwerk-Deadline-Ms";
/// On a 503: the leader has too much to do, so that trying at once again makes it worse.
inline constexpr std::string_view kOverloadedHeader = "Stellwerk-Overloaded";

/// Lives as long as any request that is being answered. Const parts may be used from any thread.
struct Core {
  Core(Backend& backend_, Facts facts_, http::Client& client_)
      : backend(backend_), facts(std::move(facts_)), client(client_), started(backend_.now()) {}

  Backend& backend;
  const Facts facts;
  http::Client& client;
  const Time started;
  /// Since when the coordination is not connected, in us of the backend's clock; 0: it is.
  std::atomic<std::int64_t> disconnected_since_us{0};
  /// Nothing new is begun: no master is asked, nothing is tried again.
  std::atomic<bool> closed{false};

  /// This master as others know it.
  std::string self() const { return backend.view()->self.rest; }
};

using CorePtr = std::shared_ptr<Core>;

/// The leader's address if it is another master than this one.
std::optional<http::Endpoint> other_leader(const master::MasterView& view);

/// Who leads as far as this master may say; null if nobody is known. A follower that led itself last, and
/// nobody since, knows no leader. Points into `view`.
const master::KnownLeader* shown_leader(const master::MasterView& view) noexcept;

/// How far behind what this master shows may be: commits that it has not applied, or a coordination
/// that tells it nothing.
std::chrono::milliseconds lag(const Core& core, const master::MasterView& view);

/// Whether another master passed the request on: then it is never passed on again.
bool was_passed_on(const http::Request& request) noexcept;

/// 503 for what found no room among the long work.
http::Response too_much_to_read(std::string_view text);

std::int64_t to_ms(Duration duration) noexcept;

}  // namespace stellwerk::api
