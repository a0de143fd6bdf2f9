#include "api/status_view.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/json_writer.h"

namespace stellwerk::api {
namespace {

using master::MasterView;
using master::Role;

void write_candidate(JsonWriter& out, const Candidate& master) {
  out.begin_object().member("id", master.id).member("rest", master.rest);
  if (master.rpc.empty())
    out.member("rpc", nullptr);
  else
    out.member("rpc", master.rpc);
  out.member("host", master.host).member("pid", master.pid).member("since", master.since_ms).end_object();
}

void write_leader(JsonWriter& out, const MasterView& view) {
  const auto* leader = shown_leader(view);
  if (leader == nullptr) {
    out.member("leader", nullptr);
    return;
  }
  out.key("leader").begin_object();
  out.member("id", leader->address.id).member("rest", leader->address.rest);
  if (leader->address.rpc.empty())
    out.member("rpc", nullptr);
  else
    out.member("rpc", leader->address.rpc);
  out.member("epoch", leader->epoch).member("since", leader->since_ms).end_object();
}

void write_quarantined(JsonWriter& out, const jobs::ClusterState& state) {
  out.key("quarantined").begin_array();
  const auto all = state.quarantined().sorted();
  for (std::size_t i = 0; i < std::min(all.size(), kQuarantinedShownMax); ++i) {
    const auto& [id, quarantine] = all[i];
    out.begin_object().member("id", id).member("key", quarantine->key).member("source", quarantine->source);
    out.member("why", quarantine->why).member("since", quarantine->since_ms).end_object();
  }
  out.end_array().member("quarantined-total", all.size());
}

void write_history(JsonWriter& out, const jobs::ClusterState& state) {
  out.key("takeovers").begin_array();
  std::size_t shown = 0;
  for (auto it = state.takeovers().rbegin(); it != state.takeovers().rend() && shown < kTakeoversShownMax; ++it) {
    if (it->second == nullptr || !it->second->starts_with('{')) continue;
    out.raw(*it->second);
    ++shown;
  }
  out.end_array().key("evicted").begin_object();
  out.member("count", state.evicted_count()).member("up-to", state.evicted_up_to_ms()).end_object();
}

std::string message(const MasterView& view) {
  std::string text = view.message;
  const auto* leader = view.role == Role::leader || view.role == Role::follower ? shown_leader(view) : nullptr;
  if (leader != nullptr && leader->since_ms > 0) text += " since " + utc_text(leader->since_ms);
  return text;
}

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// The end of a sentence.
std::string slow_storage(std::chrono::milliseconds longest) {
  if (longest <= master::kSlowAnswer) return {};
  const auto tenths = longest.count() / 100;
  return "; storageDir is slow: one answer takes " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) +
         " s";
}

}  // namespace

std::string utc_text(WallMs ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::shared_ptr<const StatusView::Parts> StatusView::parts_for(const Core& core, const master::ViewPtr& view) {
  {
    const std::lock_guard lock(mutex_);
    if (parts_ && parts_->view == view) return parts_;
  }
  auto parts = std::make_shared<Parts>();
  parts->view = view;
  std::string text;
  JsonWriter out(text);
  const auto cut = [&](std::string& part) { part = std::exchange(text, {}); };

  out.begin_object().member("role", to_string(view->role)).member("message", message(*view));
  text.pop_back();  // the sentence may go on
  cut(parts->to_message_end);

  text = "\"";
  out.member("id", view->self.id).member("rest", view->self.rest);
  if (view->self.rpc.empty())
    out.member("rpc", nullptr);
  else
    out.member("rpc", view->self.rpc);
  out.member("epoch", view->epoch);
  write_leader(out, *view);
  out.key("masters").begin_array();
  for (std::size_t i = 0; i < std::min(view->members.size(), kMastersShownMax); ++i)
    write_candidate(out, view->members[i]);
  out.end_array().member("cluster-id", view->cluster_id).member("cluster", view->cluster);
  out.key("acting");
  cut(parts->to_acting);

  out.raw("").member("eligible", view->eligible).member("eligible-reason", view->eligible_reason);
  out.key("coordination").begin_object();
  out.member("type", view->coordination.type).member("state", view->coordination.state);
  out.member("session", view->coordination.session).member("timeout-ms", view->coordination.timeout_ms);
  out.member("detail", view->coordination.detail).end_object();
  out.member("durable", view->durable);
  out.key("journal").begin_object();
  out.member("epoch", view->committed.epoch).member("seq", view->committed.seq);
  out.member("applied", to_string(view->applied)).key("lag-ms");
  cut(parts->to_lag);

  out.raw("").end_object().key("storage").begin_object().key("slowest-ms");
  cut(parts->to_storage);

  out.raw("").end_object();
  static const jobs::ClusterState kNothing;
  const jobs::ClusterState& state = view->state ? *view->state : kNothing;
  write_quarantined(out, state);
  write_history(out, state);
  out.member("version", core.facts.version).member("pid", view->self.pid).key("uptime-ms");
  cut(parts->to_uptime);

  const std::lock_guard lock(mutex_);
  parts_ = parts;
  return parts;
}

std::string StatusView::render(const Core& core) {
  const master::ViewPtr view = core.backend.view();
  const auto parts = parts_for(core, view);
  const Time now = core.backend.now();
  const bool acting = view->role == Role::leader && core.backend.liveness()->acting(now);
  const std::string_view suspended = view->role == Role::leader && !acting
                                         ? "; it may not act now: the coordination has not confirmed it in time"
                                         : "";
  const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(view->storage.longest(now));
  const std::string slow = slow_storage(longest);
  std::string text;
  text.reserve(parts->to_message_end.size() + suspended.size() + slow.size() + parts->to_acting.size() +
               parts->to_lag.size() + parts->to_uptime.size() + 64);
  text += parts->to_message_end;
  text += suspended;
  text += slow;
  text += parts->to_acting;
  text += acting ? "true" : "false";
  text += parts->to_lag;
  append_number(text, lag(core, *view).count());
  text += parts->to_storage;
  append_number(text, longest.count());
  text += parts->to_uptime;
  append_number(text, std::max<std::int64_t>(0, to_ms(now - core.started)));
  text += '}';
  return text;
}

}  // namespace stellwerk::api
