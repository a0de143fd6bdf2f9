#include "api/health.h"

#include "base/json_writer.h"

namespace stellwerk::api {
namespace {

using http::Response;
using master::MasterView;
using master::Role;

Response yes(const MasterView& view) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("role", to_string(view.role)).member("epoch", view.epoch).member("rest", view.self.rest);
  out.end_object();
  return http::json_response(std::move(text));
}

Response no(std::string_view why) {
  return http::error_response(503, why);
}

constexpr std::string_view kHung = "The loop of this master has not turned for too long";

/// Why this master cannot serve what it should; empty if the leader's word decides.
std::string unready_reason(const Core& core, const MasterView& view) {
  const Time now = core.backend.now();
  if (!core.backend.liveness()->alive(now)) return std::string(kHung);
  switch (view.role) {
    case Role::starting: return view.message;
    case Role::claiming: return "It is taking over";
    case Role::leader:
      return core.backend.liveness()->acting(now)
                 ? std::string()
                 : "It leads but may not act: the coordination has not confirmed it in time";
    case Role::follower: break;
  }
  if (!view.eligible) return "It may not lead: " + view.eligible_reason;
  if (!view.state) return "It has not read the journal yet";
  if (const auto behind = lag(core, view); behind >= kReadyLagMax)
    return "It is " + std::to_string(behind.count()) + " ms behind";
  if (!other_leader(view)) return "No leader is known";
  return {};
}

/// What is wrong with a leader that answered so; empty if nothing is.
std::string fault_of(const Result<http::ClientResponse>& answer) {
  if (answer.has_error()) return "It cannot reach the leader: " + answer.error().text;
  if (answer->status != 200) return "The leader answers " + std::to_string(answer->status) + " when asked if it lives";
  return {};
}

}  // namespace

Response leader_answer(const Core& core) {
  const auto view = core.backend.view();
  if (view->role != Role::leader) return no(view->message);
  if (!core.backend.liveness()->acting(core.backend.now()))
    return no("I lead but may not act: the coordination has not confirmed it in time");
  return yes(*view);
}

Response follower_answer(const Core& core) {
  const auto view = core.backend.view();
  if (view->role != Role::follower) return no(view->message);
  if (!core.backend.liveness()->alive(core.backend.now())) return no(kHung);
  return yes(*view);
}

Response live_answer(const Core& core) {
  if (!core.backend.liveness()->alive(core.backend.now())) return no(kHung);
  return yes(*core.backend.view());
}

Response health_answer(const Core& core) {
  const auto view = core.backend.view();
  if (!core.backend.liveness()->alive(core.backend.now())) return no(kHung);
  if (view->role != Role::leader && !view->eligible) return no("It may not lead: " + view->eligible_reason);
  return yes(*view);
}

void Readiness::serve(http::Responder responder) {
  const auto view = core_->backend.view();
  if (const std::string why = unready_reason(*core_, *view); !why.empty()) return responder.answer(no(why));
  const auto leader = other_leader(*view);
  if (!leader || core_->closed) return responder.answer(yes(*view));
  const std::string url = leader->url();
  bool first = false;
  {
    std::unique_lock lock(mutex_);
    if (asked_url_ == url && core_->backend.now() - asked_at_ < kProbeDeadline) {
      const std::string fault = fault_;
      lock.unlock();
      return responder.answer(fault.empty() ? yes(*view) : no(fault));
    }
    Waiting& waiting = waiting_[url];
    first = waiting.empty();
    waiting.push_back(std::make_shared<http::Responder>(std::move(responder)));
  }
  if (first) ask(*leader);
}

void Readiness::ask(const http::Endpoint& leader) {
  http::ClientRequest request;
  request.target = "/livez";
  core_->client.send(
      leader, std::move(request),
      [self = shared_from_this(), url = leader.url()](Result<http::ClientResponse> answer) {
        self->on_answer(url, fault_of(answer));
      },
      kProbeDeadline);
}

void Readiness::on_answer(const std::string& url, const std::string& fault) {
  Waiting waiting;
  {
    const std::lock_guard lock(mutex_);
    asked_url_ = url;
    fault_ = fault;
    asked_at_ = core_->backend.now();
    waiting = std::move(waiting_.extract(url).mapped());
  }
  const auto view = core_->backend.view();
  for (const auto& responder : waiting) responder->answer(fault.empty() ? yes(*view) : no(fault));
}

}  // namespace stellwerk::api
