#include "api/endpoints.h"

#include "api/bundles.h"
#include "api/checkpoints.h"
#include "api/commands.h"
#include "api/core.h"
#include "api/event_feed.h"
#include "api/flink_paths.h"
#include "api/front.h"
#include "api/health.h"
#include "api/job_reads.h"
#include "api/job_schema.h"
#include "api/jobs_overview.h"
#include "api/metric_reads.h"
#include "api/metrics.h"
#include "api/openapi_document.h"
#include "api/overview.h"
#include "api/page_cache.h"
#include "api/reads.h"
#include "api/status_view.h"
#include "api/submit.h"
#include "api/tagged_page.h"
#include "api/worker_logs.h"
#include "api/worker_reads.h"
#include "jobs/job_views.h"
#include "logs/log_files.h"
#include "model/job_spec.h"

namespace stellwerk::api {

using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using master::MasterView;

struct Endpoints::Parts {
  Parts(Backend& backend, Facts facts, http::Client& client, Stats stats_)
      : core(std::make_shared<Core>(backend, std::move(facts), client)), stats(std::move(stats_)) {}

  const CorePtr core;
  const Stats stats;
  StatusView status;
  const std::shared_ptr<Readiness> readiness = std::make_shared<Readiness>(core);
  const std::shared_ptr<Submissions> submissions = std::make_shared<Submissions>(core);
  const std::shared_ptr<EventFeed> events = std::make_shared<EventFeed>(core);
  const std::string edition = core->facts.version + ' ' + core->facts.revision;
  const std::shared_ptr<PageCache> list = std::make_shared<PageCache>(
      core->backend, kJobStatusesSubject,
      [](const MasterView& view, WallMs) {
        return std::make_shared<const http::Page>(jobs::job_list_json(*view.state));
      },
      edition);
  const std::shared_ptr<PageCache> overview = std::make_shared<PageCache>(
      core->backend, kJobsSubject,
      [pieces = std::make_shared<JobsOverview>()](const MasterView& view, WallMs now) {
        return pieces->make(view.state, now);
      },
      edition);
  const WorkerReads workers{core};
  const WorkerLogs worker_logs{core};
  const JobReads jobs{core};
  const MetricReads metrics{core};
};

namespace {

/// Whose logs they are, in answers that do not find them.
constexpr std::string_view kThisMaster = "this master";

/// Of jobs what this master has applied, of workers what the leader knows.
Response overview_response(const Core& core, const MasterView& view, const WorkerReads::Counted& workers) {
  Response response = http::json_response(overview_json(*view.state, workers.counts, core.facts));
  if (workers.stale) response.add_header(kStaleHeader, std::to_string(workers.stale->count()));
  return response;
}

/// It is asked for often and costs little: no state of its own for the usual case.
void answer_overview(const CorePtr& core, Responder responder, const WorkerReads::Counted& workers) {
  const auto view = core->backend.view();
  if (!view->state || responder.request().header(kAtLeastHeader)) {
    const auto render = [core, workers](const MasterView& shown) -> std::optional<Response> {
      return overview_response(*core, shown, workers);
    };
    return serve_read(core, std::move(responder), {render, "/overview", render, {}});
  }
  Response response = overview_response(*core, *view, workers);
  response.add_header(kPositionHeader, to_string(view->applied));
  if (view->role != master::Role::leader) response.add_header(kLagHeader, std::to_string(lag(*core, *view).count()));
  responder.answer(std::move(response));
}

void serve_overview(const CorePtr& core, const WorkerReads& workers, Responder responder) {
  const auto view = core->backend.view();
  if (view->role != master::Role::leader && was_passed_on(responder.request()))
    return responder.answer(not_the_leader(*view));
  auto held = std::make_shared<Responder>(std::move(responder));
  workers.count(
      [core, held](const WorkerReads::Counted& counted) { answer_overview(core, std::move(*held), counted); });
}

}  // namespace

Endpoints::Endpoints(Backend& backend, Facts facts, http::Client& client, Stats stats)
    : parts_(std::make_shared<Parts>(backend, std::move(facts), client, std::move(stats))) {
  add_health();
  add_overview();
  add_jobs();
  add_writes();
  if (parts_->core->facts.web_submit) add_bundles();
  add_process();
  for (auto& path : flink_paths(parts_->core, parts_->workers))
    add(path.method, std::move(path.pattern), std::move(path.handler));
}

Endpoints::~Endpoints() {
  close();
}

void Endpoints::add(Method method, std::string pattern, http::Handler handler, http::RouteOptions options) {
  paths_.push_back({method, std::move(pattern), std::move(handler), options});
}

void Endpoints::add_to(http::Router& router) const {
  for (const Path& path : paths_) router.add(path.method, path.pattern, path.handler, path.options);
}

void Endpoints::add_health() {
  const auto plain = [&](std::string pattern, Response (*make)(const Core&)) {
    add(Method::get, std::move(pattern),
        [core = parts_->core, make](const Request&, Responder responder) { responder.answer(make(*core)); });
  };
  plain("/leader", leader_answer);
  plain("/follower", follower_answer);
  plain("/livez", live_answer);
  plain("/liveness", live_answer);
  plain("/healthz", health_answer);
  plain("/health", health_answer);
  for (const char* pattern : {"/readyz", "/readiness"})
    add(Method::get, pattern,
        [ready = parts_->readiness](const Request&, Responder responder) { ready->serve(std::move(responder)); });
}

void Endpoints::add_overview() {
  const auto status = [parts = parts_] { return http::json_response(parts->status.render(*parts->core)); };
  add(Method::get, "/status", [status](const Request&, Responder responder) { responder.answer(status()); });
  add(Method::get, "/", [status, front = std::make_shared<const Front>()](const Request& request, Responder responder) {
    if (Front::wants_page(request)) return responder.answer(front->page(request));
    Response response = status();
    response.add_header("Vary", "Accept");
    responder.answer(std::move(response));
  });
  add(Method::get, "/overview", [parts = parts_](const Request&, Responder responder) {
    serve_overview(parts->core, parts->workers, std::move(responder));
  });
  add(Method::get, "/taskmanagers",
      [parts = parts_](const Request&, Responder responder) { parts->workers.serve_list(std::move(responder)); });
  add(Method::get, "/taskmanagers/:taskmanagerid",
      [parts = parts_](const Request&, Responder responder) { parts->workers.serve_one(std::move(responder)); });
  for (auto& [pattern, handler] : parts_->worker_logs.paths()) add(Method::get, std::move(pattern), std::move(handler));
  for (auto& [pattern, handler] : parts_->metrics.paths()) add(Method::get, std::move(pattern), std::move(handler));
  const auto config = std::make_shared<const http::Page>(dashboard_config_json(parts_->core->facts));
  add(Method::get, "/config",
      [config](const Request&, Responder responder) { responder.answer(http::page_response(config)); });
  const auto document = [&](std::string pattern, std::string text) {
    add(Method::get, std::move(pattern),
        [page = std::make_shared<const TaggedPage>(std::move(text))](const Request& request, Responder responder) {
          responder.answer(page->answer(request));
        });
  };
  document("/job.schema.json", std::string(job_schema()));
  document("/openapi.json", openapi_document());
  add(Method::get, "/events", [events = parts_->events](const Request& request, Responder responder) {
    // HEAD has no stream to hold.
    if (request.method == Method::head) return responder.answer(http::text_response({}, http::kEventsType));
    responder.answer(events->subscribe());
  });
  add(Method::get, "/metrics", [parts = parts_](const Request&, Responder responder) {
    const auto stats = parts->stats ? parts->stats() : std::nullopt;
    responder.answer(http::text_response(metrics_text(*parts->core, parts->events->counts(), stats), kMetricsType));
  });
}

void Endpoints::add_jobs() {
  const auto page = [&](std::string pattern, std::shared_ptr<PageCache> pages) {
    add(Method::get, pattern,
        [core = parts_->core, pages = std::move(pages), pattern](const Request&, Responder responder) {
          serve_page(core, std::move(responder), pages, pattern);
        });
  };
  page("/jobs", parts_->list);
  page("/jobs/overview", parts_->overview);
  for (auto& [pattern, handler] : parts_->jobs.paths()) add(Method::get, std::move(pattern), std::move(handler));
  for (auto& [pattern, handler] : checkpoint_paths(parts_->core))
    add(Method::get, std::move(pattern), std::move(handler));
}

void Endpoints::add_writes() {
  add(Method::post, "/jobs",
      [submissions = parts_->submissions](const Request&, Responder responder) {
        submissions->serve(std::move(responder));
      },
      {model::kJobSpecBytesMax});
  using Serve = void (*)(const CorePtr&, const Request&, Responder);
  const auto write = [&](Method method, std::string pattern, Serve serve) {
    add(method, std::move(pattern), [core = parts_->core, serve](const Request& request, Responder responder) {
      serve(core, request, std::move(responder));
    });
  };
  write(Method::patch, "/jobs/:jobid", serve_cancel);
  write(Method::post, "/jobs/:jobid/checkpoints", serve_checkpoint);
  write(Method::get, "/jobs/:jobid/yarn-cancel", serve_yarn_cancel);
  write(Method::post, "/leader/transfer", serve_transfer);
  write(Method::del, "/cluster", serve_end_cluster);
}

void Endpoints::add_bundles() {
  for (auto& path : bundle_paths(parts_->core))
    add(path.method, std::move(path.pattern), std::move(path.handler), path.options);
}

void Endpoints::add_process() {
  const auto configuration = std::make_shared<const http::Page>(configuration_json(parts_->core->facts));
  add(Method::get, "/jobmanager/config",
      [configuration](const Request&, Responder responder) { responder.answer(http::page_response(configuration)); });
  add(Method::get, "/jobmanager/logs", [core = parts_->core](const Request&, Responder responder) {
    auto shared = std::make_shared<Responder>(std::move(responder));
    core->backend.run_off_thread(
        [core, shared] { shared->answer(http::json_response(logs::log_list_json(core->facts.log_dir))); });
  });
  add(Method::get, "/jobmanager/logs/:name", [core = parts_->core](const Request& request, Responder responder) {
    responder.answer(logs::log_file_response(request, core->facts.log_dir, request.param("name"), kThisMaster));
  });
  add(Method::get, "/jobmanager/log", [core = parts_->core](const Request& request, Responder responder) {
    responder.answer(logs::own_log_response(request, core->facts.log_file, false, kThisMaster));
  });
  add(Method::get, "/jobmanager/stdout", [core = parts_->core](const Request& request, Responder responder) {
    responder.answer(logs::own_log_response(request, core->facts.log_file, true, kThisMaster));
  });
}

std::function<void(const Request&, Response&)> Endpoints::decorator() const {
  return [core = parts_->core](const Request&, Response& response) {
    const auto view = core->backend.view();
    // What an answer already says about what it shows, or what it rests on, is better than this.
    const bool has_position = response.header_lines.find(kPositionHeader) != std::string::npos;
    response.add_header("Stellwerk-Role", to_string(view->role));
    response.add_header("Stellwerk-Epoch", std::to_string(view->epoch));
    if (view->role == master::Role::leader)
      response.add_header("Stellwerk-Leader", view->self.rest);
    else if (other_leader(*view))
      response.add_header("Stellwerk-Leader", view->leader->address.rest);
    if (!has_position) response.add_header(kPositionHeader, to_string(view->applied));
  };
}

void Endpoints::watch() {
  parts_->events->start();
}

void Endpoints::close() {
  parts_->core->closed = true;
  parts_->events->stop();
}

}  // namespace stellwerk::api
