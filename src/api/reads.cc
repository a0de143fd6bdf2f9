#include "api/reads.h"

#include <algorithm>

#include "api/tagged_page.h"
#include "api/waiting.h"
#include "http/gzip.h"
#include "http/proxy.h"

namespace stellwerk::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;
using master::MasterView;
using master::ViewPtr;

/// A read on its way to its answer.
struct Call {
  CorePtr core;
  Responder responder;

  const Request& request() const { return responder.request(); }
  void answer(const MasterView& view, model::Position position, Response response) {
    response.add_header(kPositionHeader, to_string(position));
    if (view.role != master::Role::leader) response.add_header(kLagHeader, std::to_string(lag(*core, view).count()));
    responder.answer(std::move(response));
  }
};
using CallPtr = std::shared_ptr<Call>;

/// Called with a view that is new enough, on a thread that may work.
using Serve = std::function<void(const CallPtr&, const ViewPtr&)>;

Response not_read_yet() {
  return http::unavailable_response("This master has not read the journal yet", kRetryAfter);
}

/// It leads, as far as it knows, but may not act: it stood still, or hears nothing, and another one may lead long
/// since.
bool may_be_deposed(const Core& core, const MasterView& view) {
  return view.role == master::Role::leader && !core.backend.liveness()->acting(core.backend.now());
}

/// What the leader is asked.
struct Question {
  std::string target;  ///< empty: nothing
  http::Method method = http::Method::get;
  std::string body{};
};

/// Asks the leader; `otherwise` runs if there is none, or none that answers.
void ask_leader(const CallPtr& call, const Question& question, std::function<void()> otherwise) {
  const ViewPtr view = call->core->backend.view();
  const auto leader = other_leader(*view);
  if (question.target.empty() || !leader || was_passed_on(call->request()) || call->core->closed) return otherwise();
  http::ClientRequest ask;
  ask.method = question.method;
  ask.target = question.target;
  ask.headers.emplace_back(http::kForwardedHeader, view->self.rest);
  if (!question.body.empty()) ask.headers.emplace_back("Content-Type", "application/json");
  ask.body = question.body;
  call->core->client.send(
      *leader, std::move(ask),
      [call, otherwise = std::move(otherwise)](Result<http::ClientResponse> answer) {
        if (answer.has_error() || answer->status >= 500) return otherwise();
        // The header's text is the answer's, which moves on.
        const std::string position{answer->header(kPositionHeader).value_or("")};
        Response response = http::passed_response(std::move(*answer));
        if (!position.empty()) response.add_header(kPositionHeader, position);
        call->responder.answer(std::move(response));
      },
      kAskLeaderMax);
}

/// Goes on with `serve` as soon as the view is as new as the request wants it.
void when_new_enough(const CallPtr& call, const Question& question, Serve serve) {
  Backend& backend = call->core->backend;
  const auto go_on = [call, question, serve](const ViewPtr& view) {
    if (view->state) return serve(call, view);
    ask_leader(call, question, [call] { call->responder.answer(not_read_yet()); });
  };
  const auto wanted = call->request().header(kAtLeastHeader);
  const ViewPtr view = backend.view();
  if (!wanted) return go_on(view);
  const auto position = model::parse_position(*wanted);
  if (position.has_error())
    return call->responder.answer(http::error_response(
        400, std::string(kAtLeastHeader) + " must be a position, <epoch>-<seq>: " + position.error().text));
  if (view->applied >= *position) return go_on(view);
  const auto refuse = [call, at = *position](Waited how) {
    const std::string where = to_string(call->core->backend.view()->applied);
    call->responder.answer(http::unavailable_response(
        how == Waited::crowded ? "Too many requests wait for a position"
                               : "This master has applied " + where + ", not yet " + to_string(at),
        kRetryAfter));
  };
  const auto wait = std::min<std::chrono::milliseconds>(kAtLeastWaitMax, call->core->facts.await_leader);
  // What follows may take long, so it leaves the master's loop.
  const bool there = wait_for_view(backend, backend.now() + wait, *position, [call, go_on, refuse](Waited how) {
    if (how != Waited::met) return refuse(how);
    call->core->backend.run_off_thread([call, go_on] { go_on(call->core->backend.view()); });
  });
  if (there) go_on(backend.view());
}

}  // namespace

void serve_read(const CorePtr& core, Responder responder, Read read) {
  auto call = std::make_shared<Call>(Call{core, std::move(responder)});
  Question question{read.target, read.method, read.body};
  when_new_enough(call, question, [read = std::move(read), question](const CallPtr& c, const ViewPtr& view) {
    const bool heavy = read.heavy && read.heavy(*view);
    const auto show = [c, read, question, view, heavy] {
      if (auto response = read.render(*view)) {
        if (heavy) http::pack_ahead(c->request(), *response);
        return c->answer(*view, view->applied, std::move(*response));
      }
      ask_leader(c, question, [c, read, view] {
        if (may_be_deposed(*c->core, *view))
          return c->responder.answer(
              http::unavailable_response("This master does not know whether it still leads", kRetryAfter));
        auto missing = read.missing(*view);
        c->answer(*view, view->applied,
                  missing ? std::move(*missing) : http::error_response(404, "Not found: " + read.target));
      });
    };
    if (!heavy) return show();
    if (!c->core->backend.run_long(show)) c->responder.answer(too_much_to_read("Too many job specs are being read"));
  });
}

void serve_page(const CorePtr& core, Responder responder, const std::shared_ptr<PageCache>& pages, std::string target) {
  auto call = std::make_shared<Call>(Call{core, std::move(responder)});
  when_new_enough(call, {std::move(target)}, [pages](const CallPtr& c, const ViewPtr& view) {
    const auto show = [c, view](const PageCache::Made& made) {
      Response response = http::page_response(made.page);
      tag_response(c->request(), made.tag, response);
      c->answer(*view, made.position, std::move(response));
    };
    if (const auto made = pages->get(view, http::wants_gzip(c->request()), show)) show(*made);
  });
}

}  // namespace stellwerk::api
