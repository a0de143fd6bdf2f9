#include "http/events.h"

#include <deque>
#include <mutex>
#include <set>
#include <utility>

namespace stellwerk::http {
namespace {

constexpr std::chrono::seconds kRetryAfter{5};

using Event = std::shared_ptr<const std::string>;

}  // namespace

/// What waits for one listener: filled by publishers, emptied by its connection.
class EventHub::Listener {
 public:
  /// False if it was too slow, which ends it.
  bool push(const Event& event, const EventLimits& limits) {
    std::unique_lock lock(mutex_);
    if (ended_) return true;
    const bool fits = events_.size() < limits.queued_events_max && bytes_ + event->size() <= limits.queued_bytes_max;
    if (fits) {
      events_.push_back(event);
      bytes_ += event->size();
    } else {
      events_.clear();
      events_.push_back(std::make_shared<const std::string>(format(
          "dropped", R"({"errors":["This listener was too slow and has missed events; read the state anew"]})")));
      ended_ = true;
    }
    wake(lock);
    return fits;
  }

  void end() {
    std::unique_lock lock(mutex_);
    ended_ = true;
    wake(lock);
  }

  void attach(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }

  BodySource::Pull pull(std::string& out, std::size_t max) {
    const std::lock_guard lock(mutex_);
    const std::size_t end = out.size() + max;
    while (!events_.empty() && out.size() < end) {
      bytes_ -= std::min(bytes_, events_.front()->size());
      out += *events_.front();
      events_.pop_front();
    }
    if (!events_.empty()) return BodySource::Pull::data;
    if (ended_) return BodySource::Pull::end;
    asleep_ = true;
    return BodySource::Pull::wait;
  }

 private:
  void wake(std::unique_lock<std::mutex>& lock) {
    if (!std::exchange(asleep_, false) || !wake_) return;
    const std::function<void()> callback = wake_;
    lock.unlock();
    callback();
  }

  std::mutex mutex_;
  std::deque<Event> events_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
  /// The connection has nothing to send and waits to be woken.
  bool asleep_ = false;
  std::function<void()> wake_;
};

struct EventHub::State {
  explicit State(EventLimits l) : limits(l) {}

  const EventLimits limits;
  std::mutex mutex;
  std::set<std::shared_ptr<Listener>> listeners;
  bool closed = false;
  std::uint64_t dropped = 0;
};

class EventHub::Source final : public BodySource {
 public:
  Source(std::shared_ptr<State> state, std::shared_ptr<Listener> listener, std::string first)
      : state_(std::move(state)), listener_(std::move(listener)), first_(std::move(first)) {}
  ~Source() override {
    const std::lock_guard lock(state_->mutex);
    state_->listeners.erase(listener_);
  }

  Pull pull(std::string& out, std::size_t max) override {
    if (first_.empty()) return listener_->pull(out, max);
    out += first_;
    std::string().swap(first_);
    return Pull::data;
  }
  void attach(std::function<void()> wake) override { listener_->attach(std::move(wake)); }
  std::string_view heartbeat() const override { return ": still here\n\n"; }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Listener> listener_;
  std::string first_;
};

EventHub::EventHub(EventLimits limits) : state_(std::make_shared<State>(limits)) {}

EventHub::~EventHub() {
  close();
}

Response EventHub::subscribe(std::string first) {
  auto listener = std::make_shared<Listener>();
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closed) return unavailable_response("This master is shutting down", kRetryAfter);
    if (state_->listeners.size() >= state_->limits.streams_max)
      return unavailable_response(
          "Too many listeners for events; " + std::to_string(state_->limits.streams_max) + " are allowed", kRetryAfter);
    state_->listeners.insert(listener);
  }
  Response response;
  response.content_type = kEventsType;
  response.add_header("Cache-Control", "no-store");
  // Asks proxies of nginx's kind not to hold events back.
  response.add_header("X-Accel-Buffering", "no");
  response.body = std::make_unique<Source>(state_, std::move(listener), std::move(first));
  return response;
}

void EventHub::publish(std::string_view name, std::string_view data, std::string_view id) {
  const auto event = std::make_shared<const std::string>(format(name, data, id));
  const std::lock_guard lock(state_->mutex);
  for (auto next = state_->listeners.begin(); next != state_->listeners.end();) {
    const auto listener = next++;
    if ((*listener)->push(event, state_->limits)) continue;
    ++state_->dropped;
    state_->listeners.erase(listener);
  }
}

void EventHub::close() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  for (const auto& listener : state_->listeners) listener->end();
  state_->listeners.clear();
}

std::size_t EventHub::streams() const {
  const std::lock_guard lock(state_->mutex);
  return state_->listeners.size();
}

std::uint64_t EventHub::dropped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

std::string EventHub::format(std::string_view name, std::string_view data, std::string_view id) {
  std::string out;
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  if (!name.empty()) out.append("event: ").append(name).append("\n");
  while (true) {
    const std::size_t end = data.find('\n');
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + 1);
  }
  return out += "\n";
}

}  // namespace stellwerk::http
