/// Requests that change something: served by the leader, passed on by everyone else, tried again
/// inside until the deadline as long as that is safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/core.h"
#include "http/responder.h"

namespace stellwerk::api {

/// After the leader's answer a follower waits at most so long until it has applied what the answer
/// rests on.
inline constexpr std::chrono::seconds kApplyWaitMax{5};
/// Pause before the next try while nothing changes: doubled from the first to the second.
inline constexpr std::chrono::milliseconds kRetryPauseMin{50};
inline constexpr std::chrono::milliseconds kRetryPauseMax{1000};
/// With less than this left a leader is not asked once more: its answer might come too late, and what
/// certainly did not happen would be called unknown.
inline constexpr std::chrono::milliseconds kPassOnAgainMin{500};

/// One change. Its parts may be used several times, from different threads, one at a time.
struct Write {
  /// Asks this master's own core.
  std::function<void(Backend&, Time deadline, Backend::Handler)> perform;
  /// The same as a request for the leader.
  std::function<http::ClientRequest()> passed;
  /// The answer when it was done.
  std::function<http::Response(const jobs::Reply&)> accepted;
  /// Doing it again has no further effect, so that an unknown outcome is found out by trying again.
  bool repeatable = false;
  /// The job that it is about; empty: none.
  JobId job{};
};

/// Answers by the deadline: `rest.await-leader-timeout` from now, or what whoever asks still waits
/// (`Stellwerk-Deadline-Ms`) if that is less.
/// - 503: certainly nothing happened;
/// - 504 with `"outcome":"unknown"`: it may have happened.
void serve_write(const CorePtr& core, http::Responder responder, Write write);

/// What a core's reply is over HTTP.
http::Response reply_response(const jobs::Reply& reply);

}  // namespace stellwerk::api
