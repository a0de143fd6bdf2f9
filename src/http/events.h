/// Server-sent events: one publisher, many browsers and scripts that listen on `/events`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace stellwerk::http {

struct EventLimits {
  /// Listeners at a time; one more gets 503.
  std::size_t streams_max = 1000;
  /// What waits for one listener: events, and bytes. One that is slower is dropped.
  std::size_t queued_events_max = 1000;
  std::size_t queued_bytes_max = 1024 * 1024;
};

/// May be used from any thread. Outliving or being outlived by the server is both fine.
///
/// A listener that does not keep up gets one last event `dropped`, whose data says why, and the end
/// of its stream: it knows that it missed something and can read the state anew.
class EventHub {
 public:
  explicit EventHub(EventLimits limits = {});
  /// Ends all streams.
  ~EventHub();
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  /// The answer for a new listener: a stream that begins with the events in `first` (made by
  /// `format`) and goes on with all that is published from now on. 503 if there are too many.
  Response subscribe(std::string first = {});
  /// Sends an event to everyone who listens. `id` may be empty.
  void publish(std::string_view name, std::string_view data, std::string_view id = {});
  /// Ends all streams and refuses new ones, for good.
  void close();

  std::size_t streams() const;
  /// Listeners that were too slow, since the start.
  std::uint64_t dropped() const;

  /// One event as it is sent; `data` may have several lines.
  static std::string format(std::string_view name, std::string_view data, std::string_view id = {});

 private:
  class Listener;
  class Source;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stellwerk::http
