/// Logs of workers and output of tasks, which only their workers have: the leader knows where these are and passes
/// requests on to them, all other masters pass them on to the leader. Internal to api/.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/core.h"
#include "http/router.h"

namespace stellwerk::api {

/// How much of the beginning of a file is left out of an answer that was asked for whole, in bytes. A Range gets there.
inline constexpr std::string_view kOmittedHeader = "Stellwerk-Omitted-Bytes";
/// Most that are passed on at the same time.
inline constexpr std::size_t kLogsRelayedMax = 16;
/// From the request to the end of the worker's answer, as the leader waits for it. Our command line asks each master
/// for 10 s (Conversation::kTryDeadline): who is silent must be known before.
inline constexpr std::chrono::seconds kLogsRelayMax{5};
/// The same of another master, which waits for the leader.
inline constexpr std::chrono::seconds kLogsByLeaderMax{8};
static_assert(kLogsRelayMax < kLogsByLeaderMax, "or the leader would be blamed for a silent worker");

class WorkerLogs {
 public:
  explicit WorkerLogs(CorePtr core) : core_(std::move(core)) {}

  /// `GET /taskmanagers/:taskmanagerid/logs` and what is below it, and the output of subtasks.
  std::vector<std::pair<std::string, http::Handler>> paths() const;

 private:
  const CorePtr core_;
  const std::shared_ptr<std::atomic<std::size_t>> relayed_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace stellwerk::api
