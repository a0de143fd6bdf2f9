#include "api/writes.h"

#include <algorithm>
#include <atomic>

#include "api/waiting.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "http/error_text.h"
#include "http/proxy.h"

namespace stellwerk::api {
namespace {

using http::ClientResponse;
using http::Response;
using jobs::Reply;
using master::MasterView;
using master::ViewPtr;

/// The master that passes a request on hears of a deadline here this much before its own, in parts of
/// a hundred.
constexpr std::int64_t kPassedOnPercent = 90;

/// Of what a caller may say; what counts is at most `rest.await-leader-timeout`.
constexpr std::uint64_t kDeadlineMsMax = 9'223'372'036'854'775'807;

/// Whoever was answered waits for another leader so long at most: there is room for kWaitersMax alone.
constexpr std::chrono::milliseconds kWatchMax{250};

constexpr std::string_view kNothing = "Nothing happened: ";

std::string without_prefix(std::string text) {
  return text.starts_with(kNothing) ? text.substr(kNothing.size()) : text;
}

Response unknown_response(const std::string& text, const JobId& job) {
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("errors").begin_array().value(text).end_array().member("outcome", "unknown");
  if (!job.empty()) out.member("jobid", job.text());
  out.end_object();
  return http::json_response(std::move(body), 504);
}

std::optional<std::uint64_t> read_deadline(std::string_view text) noexcept {
  const auto ms = http::parse_decimal(text);
  return ms && *ms <= kDeadlineMsMax ? ms : std::nullopt;
}

/// One write until its answer. Only one of its steps is under way at a time; each may run on another
/// thread than the one before.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(CorePtr core, http::Responder responder, Write write)
      : core_(std::move(core)),
        backend_(core_->backend),
        responder_(std::move(responder)),
        write_(std::move(write)),
        passed_on_(was_passed_on(responder_.request())),
        deadline_(backend_.now() + patience()) {}

  void next() {
    const ViewPtr view = backend_.view();
    if (backend_.now() >= deadline_ || core_->closed) return give_up();
    if (view->role == master::Role::leader) return perform();
    if (passed_on_)
      return answer(http::unavailable_response("Nothing happened: " + view->self.rest + " does not lead", kRetryAfter));
    if (const auto leader = other_leader(*view)) return pass_on(view, *leader);
    why_ = "no leader is known";
    pause(view);
  }

 private:
  std::chrono::milliseconds patience() const {
    const auto own = core_->facts.await_leader;
    const auto given = responder_.request().header(kDeadlineHeader);
    if (!given) return own;
    const auto ms = read_deadline(*given).value_or(0);
    const auto most = static_cast<std::uint64_t>(own.count());
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(ms, most)));
  }

  void perform() {
    const ViewPtr view = backend_.view();
    write_.perform(backend_, deadline_,
                   [self = shared_from_this(), view](Reply reply) { self->on_reply(view, std::move(reply)); });
  }

  void on_reply(const ViewPtr& before, Reply reply) {
    if (reply.job.empty()) reply.job = write_.job;
    switch (reply.kind) {
      case Reply::Kind::accepted: return answer(write_.accepted(reply));
      case Reply::Kind::not_found:
      case Reply::Kind::conflict:
      case Reply::Kind::refused: return answer(reply_response(reply));
      case Reply::Kind::overloaded:
      case Reply::Kind::no_space:
        if (!maybe_) return answer(reply_response(reply));
        break;
      case Reply::Kind::unavailable:
        if (!maybe_ && (passed_on_ || !write_.repeatable)) return answer(reply_response(reply));
        break;
      case Reply::Kind::unknown: maybe_ = true; break;
    }
    why_ = reply.text;
    try_again(before);
  }

  /// True until the first of answer and next leader has come.
  using Open = std::shared_ptr<std::atomic<bool>>;

  void pass_on(const ViewPtr& view, const http::Endpoint& leader) {
    const auto left = std::chrono::milliseconds(std::max<std::int64_t>(1, to_ms(deadline_ - backend_.now())));
    if (asked_ && left < kPassOnAgainMin) return give_up();
    asked_ = true;
    http::ClientRequest request = write_.passed();
    request.headers.emplace_back(http::kForwardedHeader, view->self.rest);
    request.headers.emplace_back(kDeadlineHeader, std::to_string(left.count() * kPassedOnPercent / 100));
    const Open open = std::make_shared<std::atomic<bool>>(true);
    core_->client.send(
        leader, std::move(request),
        [self = shared_from_this(), view, open](Result<ClientResponse> result) {
          if (open->exchange(false)) self->on_answer(view, std::move(result));
        },
        left);
    if (write_.repeatable) watch(view, open);
  }

  /// A leader that stands still answers when it wakes; the next one can be asked at once.
  void watch(const ViewPtr& before, const Open& open) {
    const auto over = [before, open](const MasterView& view) { return !*open || view.epoch != before->epoch; };
    const Time until = std::min<Time>(deadline_, backend_.now() + kWatchMax);
    const bool already = wait_for_view(backend_, until, over, [self = shared_from_this(), before, open](Waited how) {
      if (how == Waited::met) return self->overtaken(open);
      if (how == Waited::late && *open && self->backend_.now() < self->deadline_) self->watch(before, open);
    });
    if (already) overtaken(open);
  }

  void overtaken(const Open& open) {
    if (!open->exchange(false)) return;
    maybe_ = true;
    why_ = "another master leads, and the leader before it has not answered";
    next();
  }

  void on_answer(const ViewPtr& before, Result<ClientResponse> result) {
    if (result.has_error()) {
      why_ = result.error().text;
      if (result.error().code == Errc::invalid) return answer(http::error_response(500, why_));
      if (result.error().code != Errc::unavailable) maybe_ = true;
      return try_again(before);
    }
    const int status = result->status;
    const bool overloaded = result->header(kOverloadedHeader).has_value();
    const bool nothing_now = status == 503 || status == 507;
    const bool unclear = status >= 500 && !nothing_now;
    if (unclear) maybe_ = true;
    // The leader changed, or is about to: whatever else it says rests on its state.
    const bool not_now = status == 503 && !overloaded && write_.repeatable;
    if (unclear || not_now || (nothing_now && maybe_)) {
      why_ = "the leader answered: " + without_prefix(http::error_text(*result));
      return try_again(before);
    }
    settle(std::move(*result));
  }

  /// The leader's answer is the answer; it is given once this master shows what it rests on.
  void settle(ClientResponse from) {
    const auto header = from.header(kPositionHeader);
    const auto position = header ? model::parse_position(*header) : model::parse_position("");
    Response response = http::passed_response(std::move(from));
    if (position.has_error()) return answer(std::move(response));
    held_ = std::move(response);
    const model::Position at = *position;
    const Time until = std::min<Time>(deadline_, backend_.now() + kApplyWaitMax);
    const bool there =
        wait_for_view(backend_, until, at, [self = shared_from_this(), at](Waited how) { self->release(how, at); });
    if (there) release(Waited::met, at);
  }

  void release(Waited how, model::Position at) {
    if (how != Waited::met) held_.add_header(kPositionHeader, to_string(at));
    answer(std::move(held_));
  }

  void try_again(const ViewPtr& before) {
    if (passed_on_ || (maybe_ && !write_.repeatable)) return give_up();
    pause(before);
  }

  /// Until somebody else leads, or for a moment.
  void pause(const ViewPtr& before) {
    const Time until = std::min<Time>(deadline_, backend_.now() + pause_);
    // Without a leader there is nothing to try: only the view can bring one.
    const bool nobody = before->role != master::Role::leader && !other_leader(*before);
    pause_ = std::min(pause_ * 2, kRetryPauseMax);
    const auto changed = [before](const MasterView& view) {
      return view.epoch != before->epoch || view.role != before->role || view.leader != before->leader;
    };
    const bool already = wait_for_view(backend_, nobody ? deadline_ : until, changed,
                                       [self = shared_from_this()](Waited how) { self->resume(how); });
    if (already) resume(Waited::met);
  }

  void resume(Waited how) {
    if (how != Waited::crowded) return next();
    why_ = "too many requests wait for a leader";
    give_up();
  }

  void give_up() {
    const std::string why = why_.empty() ? "the leader did not answer in time" : why_;
    if (maybe_) return answer(unknown_response("Whether it happened is unknown: " + why, write_.job));
    const std::string text = why.starts_with(kNothing) ? why : std::string(kNothing) + why;
    answer(http::unavailable_response(text, kRetryAfter));
  }

  void answer(Response response) { responder_.answer(std::move(response)); }

  const CorePtr core_;
  Backend& backend_;
  http::Responder responder_;
  const Write write_;
  const bool passed_on_;
  const Time deadline_;
  std::chrono::milliseconds pause_ = kRetryPauseMin;
  /// A leader was asked before.
  bool asked_ = false;
  /// An earlier try may have had its effect.
  bool maybe_ = false;
  /// Why it is not done yet.
  std::string why_;
  Response held_;
};

}  // namespace

void serve_write(const CorePtr& core, http::Responder responder, Write write) {
  if (const auto given = responder.request().header(kDeadlineHeader); given && !read_deadline(*given))
    return responder.answer(http::error_response(400, std::string(kDeadlineHeader) + " is " + shown(*given) +
                                                          ", must be a whole number of milliseconds, 0 to " +
                                                          std::to_string(kDeadlineMsMax)));
  std::make_shared<Attempt>(core, std::move(responder), std::move(write))->next();
}

Response reply_response(const Reply& reply) {
  const auto text = [&](std::string_view otherwise) {
    return reply.text.empty() ? std::string(otherwise) : reply.text;
  };
  switch (reply.kind) {
    case Reply::Kind::accepted: return http::json_response("{}", 202);
    case Reply::Kind::not_found: return http::error_response(404, text("Job " + reply.job.text() + " not found"));
    case Reply::Kind::conflict: return http::error_response(409, text("It contradicts what stands"));
    case Reply::Kind::refused: return http::error_response(409, text("It cannot be done"));
    case Reply::Kind::overloaded: {
      Response response = http::unavailable_response(text("Nothing happened: too much is waiting"), kRetryAfter);
      response.add_header(kOverloadedHeader, "1");
      return response;
    }
    case Reply::Kind::no_space: return http::error_response(507, text("Nothing happened: the storage is full"));
    case Reply::Kind::unavailable:
      return http::unavailable_response(text("Nothing happened: this master does not lead"), kRetryAfter);
    case Reply::Kind::unknown: return unknown_response(text("Whether it happened is unknown"), reply.job);
  }
  return http::error_response(500, "An unknown kind of reply");
}

}  // namespace stellwerk::api
