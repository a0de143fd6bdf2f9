#include "api/job_reads.h"

#include "api/path_parameters.h"
#include "api/reads.h"
#include "jobs/client_views.h"
#include "jobs/exception_views.h"
#include "jobs/job_views.h"
#include "jobs/vertex_views.h"

namespace stellwerk::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;
using jobs::LiveView;
using master::MasterView;

using Text = std::optional<std::string>;

/// What a path says of a view. Errors: not_found.
using Show = std::function<Result<std::string>(const LiveView&, WallMs now)>;

/// What is asked for, read from its path.
struct Asked {
  JobId job;
  std::string target;  ///< the path to ask another master for
  Show show;
};
/// Errors: invalid.
using ReadPath = std::function<Result<Asked>(const Request&)>;

Result<std::string> known(Text text, const LiveView& view, const JobId& id) {
  if (text) return *std::move(text);
  return make_error(Errc::not_found, jobs::no_such_job(view.state, id));
}

LiveView live_view(const MasterView& view) {
  return {*view.state, view.tasks.get(), view.workers.get()};
}

Response job_answer(const Result<std::string>& text) {
  return text.has_value() ? http::json_response(*text) : http::error_response(404, text.error().text);
}

// ---- from what this master has applied ----

Read own_read(const CorePtr& core, const Asked& asked) {
  Read read;
  read.target = asked.target;
  read.render = [core, asked](const MasterView& view) -> std::optional<Response> {
    auto text = asked.show(live_view(view), core->backend.wall_ms());
    if (text.has_error()) return std::nullopt;
    return http::json_response(*std::move(text));
  };
  read.missing = [core, asked](const MasterView& view) -> std::optional<Response> {
    return job_answer(asked.show(live_view(view), core->backend.wall_ms()));
  };
  read.heavy = [id = asked.job](const MasterView& view) { return jobs::is_large(*view.state, id); };
  return read;
}

// ---- of what only the leader hears ----

void show_own(const CorePtr& core, Responder responder, const Asked& asked,
              std::optional<std::chrono::milliseconds> stale) {
  Read read = own_read(core, asked);
  // Whoever could know better was asked already, or is this master.
  read.target.clear();
  read.render = [core, asked, stale](const MasterView& view) -> std::optional<Response> {
    Response response = job_answer(asked.show(live_view(view), core->backend.wall_ms()));
    if (stale) response.add_header(kStaleHeader, std::to_string(stale->count()));
    return response;
  };
  serve_read(core, std::move(responder), std::move(read));
}

/// The leader has just said it, and it is as new as was asked for.
bool will_do(const LiveCopy& copy, const Request& request) {
  if (!copy.page || copy.stale) return false;
  const auto wanted = request.header(kAtLeastHeader);
  if (!wanted) return true;
  const auto position = model::parse_position(*wanted);
  return position.has_value() && copy.position && *copy.position >= *position;
}

void serve_live_job(const std::shared_ptr<LiveReads>& live, const CorePtr& core, Responder responder,
                    const Asked& asked) {
  const auto view = core->backend.view();
  if (view->role == master::Role::leader) {
    live->know();
    return show_own(core, std::move(responder), asked, std::nullopt);
  }
  if (was_passed_on(responder.request())) return responder.answer(not_the_leader(*view));
  auto held = std::make_shared<Responder>(std::move(responder));
  live->ask(asked.target, [core, held, asked](const LiveCopy& copy) {
    if (will_do(copy, held->request())) return answer_copy(core, held, copy);
    show_own(core, std::move(*held), asked, copy.stale);
  });
}

// ---- paths ----

Result<Asked> read_job(const Request& request, const std::string& suffix) {
  auto id = path_job_id(request);
  if (id.has_error()) return id.error();
  return Asked{*id, "/jobs/" + id->text() + suffix, {}};
}

/// A path that shows `make(state, id)`.
ReadPath job_path(const std::string& suffix, Text (*make)(const jobs::ClusterState&, const JobId&)) {
  return [suffix, make](const Request& request) -> Result<Asked> {
    auto asked = read_job(request, suffix);
    if (asked.has_error()) return asked;
    asked->show = [make, id = asked->job](const LiveView& view, WallMs) {
      return known(make(view.state, id), view, id);
    };
    return asked;
  };
}

Result<Asked> read_exceptions(const Request& request) {
  constexpr std::string_view kMost = "maxExceptions";
  auto asked = read_job(request, "/exceptions");
  if (asked.has_error()) return asked;
  std::size_t most = jobs::kExceptionsShown;
  if (const auto value = request.query_value(kMost)) {
    const auto number = read_number(*value, 1);
    if (!number) return bad_parameter("query", kMost, *value, "It must be a number, 1 or more");
    most = static_cast<std::size_t>(*number);
    asked->target += "?" + std::string(kMost) + "=" + std::to_string(most);
  }
  asked->show = [most, id = asked->job](const LiveView& view, WallMs) {
    return known(jobs::job_exceptions_json(view.state, id, most), view, id);
  };
  return asked;
}

Result<Asked> read_details(const Request& request) {
  auto asked = read_job(request, "");
  if (asked.has_error()) return asked;
  asked->show = [id = asked->job](const LiveView& view, WallMs now) {
    return known(jobs::job_details_json(view, id, now), view, id);
  };
  return asked;
}

struct VertexPath {
  Asked asked;
  std::string vertex;
};

Result<VertexPath> read_vertex(const Request& request) {
  auto asked = read_job(request, "/vertices/");
  if (asked.has_error()) return asked.error();
  auto vertex = path_vertex_id(request);
  if (vertex.has_error()) return vertex.error();
  asked->target += *vertex;
  return VertexPath{*std::move(asked), *std::move(vertex)};
}

using ShowVertex = Result<std::string> (*)(const LiveView&, const JobId&, std::string_view, WallMs);

ReadPath vertex_path(const std::string& suffix, ShowVertex make) {
  return [suffix, make](const Request& request) -> Result<Asked> {
    auto path = read_vertex(request);
    if (path.has_error()) return path.error();
    path->asked.target += suffix;
    path->asked.show = [make, id = path->asked.job, which = path->vertex](const LiveView& view, WallMs now) {
      return make(view, id, which, now);
    };
    return std::move(path->asked);
  };
}

Result<Asked> read_subtask(const Request& request, bool of_attempt) {
  auto path = read_vertex(request);
  if (path.has_error()) return path.error();
  const auto subtask = path_number(request, "subtaskindex");
  if (subtask.has_error()) return subtask.error();
  path->asked.target += "/subtasks/" + std::to_string(*subtask);
  std::optional<std::int32_t> attempt;
  if (of_attempt) {
    const auto number = path_number(request, "attempt");
    if (number.has_error()) return number.error();
    attempt = *number;
    path->asked.target += "/attempts/" + std::to_string(*attempt);
  }
  path->asked.show = [id = path->asked.job, which = path->vertex, at = *subtask, attempt](const LiveView& view,
                                                                                          WallMs now) {
    return jobs::subtask_json(view, id, which, at, attempt, now);
  };
  return std::move(path->asked);
}

Result<Asked> read_attempt_accumulators(const Request& request) {
  auto path = read_vertex(request);
  if (path.has_error()) return path.error();
  const auto subtask = path_number(request, "subtaskindex");
  if (subtask.has_error()) return subtask.error();
  const auto attempt = path_number(request, "attempt");
  if (attempt.has_error()) return attempt.error();
  path->asked.target +=
      "/subtasks/" + std::to_string(*subtask) + "/attempts/" + std::to_string(*attempt) + "/accumulators";
  path->asked.show = [id = path->asked.job, which = path->vertex, at = *subtask, of = *attempt](const LiveView& view,
                                                                                                WallMs) {
    return jobs::attempt_accumulators_json(view, id, which, at, of);
  };
  return std::move(path->asked);
}

/// Whatever is asked for, it is not there; but what cannot be asked for is refused.
Result<Asked> read_flamegraph(const Request& request) {
  auto path = read_vertex(request);
  if (path.has_error()) return path.error();
  path->asked.target += "/flamegraph";
  const std::string_view type = request.query_value("type").value_or("full");
  if (!http::iequals(type, "full") && !http::iequals(type, "on_cpu") && !http::iequals(type, "off_cpu"))
    return bad_parameter("query", "type", type, "It must be full, on_cpu or off_cpu");
  std::optional<std::int32_t> subtask;
  if (const auto value = request.query_value("subtaskindex")) {
    subtask = read_number(*value, 0);
    if (!subtask) return bad_parameter("query", "subtaskindex", *value, "It must be a number from 0 to 2147483647");
    path->asked.target += "?subtaskindex=" + std::to_string(*subtask);
  }
  path->asked.show = [id = path->asked.job, which = path->vertex, subtask](const LiveView& view, WallMs) {
    return jobs::vertex_flamegraph_json(view, id, which, subtask);
  };
  return std::move(path->asked);
}

}  // namespace

JobReads::JobReads(CorePtr core)
    : core_(std::move(core)), live_(std::make_shared<LiveReads>(core_, LiveReads::Copies::none)) {}

std::vector<std::pair<std::string, http::Handler>> JobReads::paths() const {
  std::vector<std::pair<std::string, http::Handler>> out;
  const auto add = [&](const std::string& suffix, bool live, ReadPath read) {
    out.emplace_back("/jobs/:jobid" + suffix, [core = core_, reads = live_, live, read = std::move(read)](
                                                  const Request& request, Responder responder) {
      const auto asked = read(request);
      if (asked.has_error()) return responder.answer(http::error_response(400, asked.error().text));
      if (live) return serve_live_job(reads, core, std::move(responder), *asked);
      serve_read(core, std::move(responder), own_read(core, *asked));
    });
  };
  add("/status", false, job_path("/status", jobs::job_status_json));
  add("/config", false, job_path("/config", jobs::job_config_json));
  add("/plan", false, job_path("/plan", jobs::job_plan_json));
  add("/exceptions", false, read_exceptions);
  add("/execution-result", false, job_path("/execution-result", jobs::job_result_json));
  add("/accumulators", false, job_path("/accumulators", jobs::job_accumulators_json));
  add("", true, read_details);
  const std::string one = "/vertices/:vertexid";
  add(one, true, vertex_path("", jobs::vertex_json));
  add(one + "/subtasktimes", true, vertex_path("/subtasktimes", jobs::subtask_times_json));
  add(one + "/taskmanagers", true, vertex_path("/taskmanagers", jobs::vertex_workers_json));
  add(one + "/accumulators", false, vertex_path("/accumulators", jobs::vertex_accumulators_json));
  add(one + "/subtasks/accumulators", false, vertex_path("/subtasks/accumulators", jobs::subtasks_accumulators_json));
  add(one + "/watermarks", false, vertex_path("/watermarks", jobs::vertex_watermarks_json));
  add(one + "/backpressure", false, vertex_path("/backpressure", jobs::vertex_backpressure_json));
  add(one + "/flamegraph", false, read_flamegraph);
  const auto subtask = [](bool of_attempt) {
    return [of_attempt](const Request& request) { return read_subtask(request, of_attempt); };
  };
  add(one + "/subtasks/:subtaskindex", true, subtask(false));
  add(one + "/subtasks/:subtaskindex/attempts/:attempt", true, subtask(true));
  add(one + "/subtasks/:subtaskindex/attempts/:attempt/accumulators", false, read_attempt_accumulators);
  return out;
}

}  // namespace stellwerk::api
