#include "api/event_feed.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "api/waiting.h"
#include "base/json_writer.h"

namespace stellwerk::api {
namespace {

using jobs::JobEntry;
using master::MasterView;
using master::Role;

std::string status_data(const MasterView& view, bool acting) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("role", to_string(view.role)).member("epoch", view.epoch).member("acting", acting);
  if (const auto* leader = shown_leader(view))
    out.member("leader", leader->address.rest);
  else
    out.member("leader", nullptr);
  out.member("message", view.message).end_object();
  return text;
}

std::string position_data(const MasterView& view) {
  return "{\"position\":\"" + to_string(view.applied) + "\"}";
}

bool same_status(const MasterView& a, const MasterView& b) {
  return a.role == b.role && a.epoch == b.epoch && a.leader == b.leader;
}

struct Shown {
  const MasterView& view;
  bool acting = false;
};
/// Names, from literals, and data.
using Events = std::vector<std::pair<std::string_view, std::string>>;

std::string job_data(const std::string& id, const std::shared_ptr<const JobEntry>& entry, std::string_view status) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("jid", id);
  out.member("name", entry && entry->state ? std::string_view(entry->state->name) : std::string_view());
  out.member("state", status).end_object();
  return text;
}

void add_jobs(const jobs::ClusterState& before, const jobs::ClusterState& now, Events& events) {
  Events told;
  std::size_t changed = 0;
  CowMap<JobEntry>::for_each_difference(before.jobs(), now.jobs(),
                                        [&](const std::string& id, const std::shared_ptr<const JobEntry>& was,
                                            const std::shared_ptr<const JobEntry>& is) {
                                          const auto status = [](const std::shared_ptr<const JobEntry>& entry) {
                                            return entry && entry->state ? to_string(entry->state->status)
                                                                         : std::string_view();
                                          };
                                          if (was && is && status(was) == status(is)) return;
                                          if (++changed <= kJobEventsMax)
                                            told.emplace_back("job", job_data(id, is, status(is)));
                                        });
  if (changed > kJobEventsMax)
    events.emplace_back("jobs", "{\"changed\":" + std::to_string(changed) + "}");
  else
    std::move(told.begin(), told.end(), std::back_inserter(events));
}

Events changes_between(const Shown& before, const Shown& now) {
  Events events;
  if (!same_status(before.view, now.view) || before.acting != now.acting)
    events.emplace_back("status", status_data(now.view, now.acting));
  if (before.view.state != now.view.state) {
    static const jobs::ClusterState kNothing;
    add_jobs(before.view.state ? *before.view.state : kNothing, now.view.state ? *now.view.state : kNothing, events);
  }
  if (before.view.applied != now.view.applied) events.emplace_back("position", position_data(now.view));
  return events;
}

}  // namespace

EventFeed::Seen EventFeed::see() const {
  Seen seen{core_->backend.view(), false};
  seen.acting = seen.view->role == Role::leader && core_->backend.liveness()->acting(core_->backend.now());
  return seen;
}

void EventFeed::start() {
  {
    const std::lock_guard lock(mutex_);
    last_ = see();
  }
  look_soon(Waited::met);
}

void EventFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stop_told_.notify_all();
  hub_.close();
}

http::Response EventFeed::subscribe() {
  const std::lock_guard lock(mutex_);
  const Seen now = last_.view ? last_ : see();
  return hub_.subscribe(http::EventHub::format("status", status_data(*now.view, now.acting)) +
                        http::EventHub::format("position", position_data(*now.view)));
}

void EventFeed::look_soon(Waited how) {
  core_->backend.run_off_thread([weak = weak_from_this(), how] {
    const auto self = weak.lock();
    if (!self) return;
    if (how == Waited::crowded) self->rest();
    self->look();
  });
}

void EventFeed::look() {
  do {
    Seen now = see();
    note_connection(*now.view);
    tell(std::move(now));
  } while (wait());
}

bool EventFeed::wait() {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
  }
  const auto other = [last = last_.view](const MasterView& view) { return &view != last.get(); };
  return wait_for_view(core_->backend, core_->backend.now() + kLookPause, other, [weak = weak_from_this()](Waited how) {
    if (const auto self = weak.lock()) self->look_soon(how);
  });
}

void EventFeed::rest() {
  std::unique_lock lock(mutex_);
  stop_told_.wait_for(lock, kCrowdedPause, [this] { return stopped_; });
}

void EventFeed::note_connection(const MasterView& view) {
  std::int64_t expected = 0;
  if (view.coordination.state == "connected")
    core_->disconnected_since_us.store(0, std::memory_order_relaxed);
  else
    core_->disconnected_since_us.compare_exchange_strong(expected, core_->backend.now().time_since_epoch().count(),
                                                         std::memory_order_relaxed);
}

void EventFeed::tell(Seen now) {
  const auto changes = [&] { return changes_between({*last_.view, last_.acting}, {*now.view, now.acting}); };
  const bool heard = hub_.streams() > 0;
  Events events = heard ? changes() : Events();
  std::unique_lock lock(mutex_);
  if (!heard && hub_.streams() > 0) {
    // Somebody has come meanwhile, who knows `last_`.
    lock.unlock();
    events = changes();
    lock.lock();
  }
  for (const auto& [name, data] : events) hub_.publish(name, data);
  last_ = std::move(now);
}

}  // namespace stellwerk::api
