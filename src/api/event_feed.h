/// `/events`: what changes, as server-sent events, made by comparing each view with the one before.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "api/core.h"
#include "http/events.h"

namespace stellwerk::api {

/// Changed jobs told one by one; more at a time are one event `jobs`: read the list anew.
inline constexpr std::size_t kJobEventsMax = 200;
/// What is not part of a view (a lost coordination, a leader that may not act) is looked at so often.
inline constexpr std::chrono::milliseconds kLookPause{1000};
/// Between two looks while so many requests wait for the view that the feed cannot.
inline constexpr std::chrono::milliseconds kCrowdedPause{100};

/// Events: `status` {role, epoch, acting, leader, message}, `position` {position}, `job` {jid, name,
/// state} (state is empty when it is forgotten), `jobs` {changed}. A listener gets `status` and
/// `position` first. Comparing runs off the master's loop; while it takes long, views are skipped.
class EventFeed : public std::enable_shared_from_this<EventFeed> {
 public:
  explicit EventFeed(CorePtr core) : core_(std::move(core)) {}

  /// Watches the views until stop().
  void start();
  void stop();
  http::Response subscribe();

  struct Counts {
    std::size_t listeners = 0;
    std::uint64_t dropped = 0;  ///< listeners that were too slow, since the start
  };
  Counts counts() const { return {hub_.streams(), hub_.dropped()}; }

 private:
  struct Seen {
    master::ViewPtr view;
    bool acting = false;
  };

  void look_soon(Waited how);
  void rest();
  void look();
  /// Returns once there is something new to look at, or arranges to be called then and says false.
  bool wait();
  void note_connection(const master::MasterView& view);
  /// Tells those who listen what has changed since `last_`, which `now` becomes.
  void tell(Seen now);
  Seen see() const;

  const CorePtr core_;
  http::EventHub hub_;
  std::mutex mutex_;
  std::condition_variable stop_told_;
  bool stopped_ = false;
  /// What listeners know. Changed by one look after the other, with the mutex held: who begins to listen
  /// is told this, and from then on what differs.
  Seen last_;
};

}  // namespace stellwerk::api
