/// `/status`: what a master is, whom it follows, and how it is doing.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "api/core.h"

namespace stellwerk::api {

/// Of lists in `/status`, the newest or first so many are shown.
inline constexpr std::size_t kTakeoversShownMax = 20;
inline constexpr std::size_t kQuarantinedShownMax = 100;
inline constexpr std::size_t kMastersShownMax = 100;

/// Most of it follows from the view and is made once for each; what moves between views (`acting`,
/// `lag-ms`, `uptime-ms`) is put in between at each answer. May be used from any thread.
class StatusView {
 public:
  std::string render(const Core& core);

 private:
  /// The text around what moves.
  struct Parts {
    master::ViewPtr view;
    std::string to_message_end;
    std::string to_acting;
    std::string to_lag;
    std::string to_storage;
    std::string to_uptime;
  };
  std::shared_ptr<const Parts> parts_for(const Core& core, const master::ViewPtr& view);

  std::mutex mutex_;
  std::shared_ptr<const Parts> parts_;
};

/// "2026-11-21T09:21:31Z"
std::string utc_text(WallMs ms);

}  // namespace stellwerk::api
