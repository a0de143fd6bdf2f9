/// Short answers for load balancers and orchestrators: who leads, who lives, who can serve.
///
/// All are computed at the moment of answering, from the view, the loop's beat and the deadline.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/core.h"
#include "http/responder.h"

namespace stellwerk::api {

/// A follower that lags more is not ready.
inline constexpr std::chrono::seconds kReadyLagMax{10};
/// The leader must say within this that it lives to count as reachable; what it said counts for as long.
inline constexpr std::chrono::milliseconds kProbeDeadline{2000};

http::Response leader_answer(const Core& core);
http::Response follower_answer(const Core& core);
/// The loop turns.
http::Response live_answer(const Core& core);
/// The loop turns, and this master leads or may.
http::Response health_answer(const Core& core);

/// `/readyz`: a leader that acts, or a follower that may stand, keeps up and reaches the leader. May
/// be used from any thread.
class Readiness : public std::enable_shared_from_this<Readiness> {
 public:
  explicit Readiness(CorePtr core) : core_(std::move(core)) {}
  void serve(http::Responder responder);

 private:
  using Waiting = std::vector<std::shared_ptr<http::Responder>>;

  void ask(const http::Endpoint& leader);
  void on_answer(const std::string& url, const std::string& fault);

  const CorePtr core_;
  std::mutex mutex_;
  /// The last word on the leader, and when.
  std::string asked_url_;
  std::string fault_;
  Time asked_at_{};
  /// Who waits for the one question to a leader that is under way, by its URL.
  std::map<std::string, Waiting> waiting_;
};

}  // namespace stellwerk::api
