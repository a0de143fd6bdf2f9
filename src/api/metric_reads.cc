#include "api/metric_reads.h"

#include "api/metric_query.h"
#include "api/path_parameters.h"
#include "http/syntax.h"
#include "jobs/job_views.h"

namespace stellwerk::api {
namespace {

using http::Request;
using http::Responder;
using jobs::LiveView;
using jobs::Metrics;
using master::MasterView;

/// Numbers that are asked for, read from path and query.
struct AskedMetrics {
  std::string target;  ///< to ask another master for
  /// Errors: not_found.
  std::function<Result<std::string>(const LiveView&, WallMs now)> show;
  bool of_vertex = false;  ///< a job's spec is read for it, which may be large
  JobId job{};
};
/// Errors: invalid.
using ReadMetrics = std::function<Result<AskedMetrics>(const Core&, const Request&)>;

const jobs::WorkerTable& workers_in(const LiveView& view) {
  static const jobs::WorkerTable kNobody;
  return view.workers != nullptr ? *view.workers : kNobody;
}

LiveView live_metrics(const MasterView& view) {
  static const jobs::ClusterState kNothing;
  return {view.state ? *view.state : kNothing, view.tasks.get(), view.workers.get()};
}

void add_own(Metrics& out, const Core& core) {
  if (!core.facts.own_usage) return;
  const model::TaskUsage usage = core.facts.own_usage();
  for (auto& metric : jobs::process_metrics(usage.memory_bytes, usage.cpu_ms)) out.push_back(std::move(metric));
}

Result<AskedMetrics> read_master(const Core& core, const Request& request) {
  const auto query = read_metric_query(request);
  if (query.has_error()) return query.error();
  return AskedMetrics{"/jobmanager/metrics" + query->text, [&core, query = *query](const LiveView& view, WallMs) {
                        Metrics all = jobs::cluster_metrics(view.state, workers_in(view));
                        add_own(all, core);
                        return Result<std::string>(metrics_json(all, query));
                      }};
}

Result<AskedMetrics> read_workers(const Core&, const Request& request) {
  const auto query = read_metric_query(request, MetricFilter::ids, "taskmanagers");
  if (query.has_error()) return query.error();
  return AskedMetrics{
      "/taskmanagers/metrics" + query->text, [query = *query](const LiveView& view, WallMs) {
        std::vector<Metrics> all;
        workers_in(view).entries().for_each([&](const std::string& id, const jobs::WorkerEntry& worker) {
          if (wants_id(query, id)) all.push_back(jobs::worker_metrics(worker));
        });
        return Result<std::string>(aggregated_json(all, query));
      }};
}

Result<AskedMetrics> read_worker(const Core&, const Request& request) {
  const auto query = read_metric_query(request);
  if (query.has_error()) return query.error();
  const std::string id(request.param("taskmanagerid"));
  return AskedMetrics{"/taskmanagers/" + http::escape_segment(id) + "/metrics" + query->text,
                      [id, query = *query](const LiveView& view, WallMs) -> Result<std::string> {
                        const auto worker = workers_in(view).find(id);
                        if (!worker) return make_error(Errc::not_found, "No TaskExecutor registered under " + id + ".");
                        return metrics_json(jobs::worker_metrics(*worker), query);
                      }};
}

Result<AskedMetrics> read_jobs(const Core&, const Request& request) {
  const auto query = read_metric_query(request, MetricFilter::ids, "jobs");
  if (query.has_error()) return query.error();
  return AskedMetrics{"/jobs/metrics" + query->text, [query = *query](const LiveView& view, WallMs now) {
                        std::vector<Metrics> all;
                        view.state.jobs().for_each([&](const std::string& id, const jobs::JobEntry& job) {
                          if (job.state && !is_terminal(job.state->status) && wants_id(query, id))
                            all.push_back(jobs::job_metrics(*job.state, now));
                        });
                        return Result<std::string>(aggregated_json(all, query));
                      }};
}

Result<AskedMetrics> read_one_job(const Core&, const Request& request) {
  const auto id = path_job_id(request);
  if (id.has_error()) return id.error();
  const auto query = read_metric_query(request);
  if (query.has_error()) return query.error();
  return AskedMetrics{"/jobs/" + id->text() + "/metrics" + query->text,
                      [id = *id, query = *query](const LiveView& view, WallMs now) -> Result<std::string> {
                        const auto metrics = jobs::metrics_of_job(view, id, now);
                        if (metrics.has_error()) return metrics.error();
                        return metrics_json(*metrics, query);
                      }};
}

struct VertexOfMetrics {
  JobId job;
  std::string vertex;

  std::string path() const { return "/jobs/" + job.text() + "/vertices/" + vertex; }
};

Result<VertexOfMetrics> read_vertex_of(const Request& request) {
  const auto id = path_job_id(request);
  if (id.has_error()) return id.error();
  auto vertex = path_vertex_id(request);
  if (vertex.has_error()) return vertex.error();
  return VertexOfMetrics{*id, *std::move(vertex)};
}

using OfSubtasks = std::function<Result<std::string>(const std::vector<Metrics>&)>;

AskedMetrics about_subtasks(const VertexOfMetrics& of, const std::string& suffix, OfSubtasks make) {
  return {of.path() + suffix,
          [of, make = std::move(make)](const LiveView& view, WallMs) -> Result<std::string> {
            const auto all = jobs::metrics_of_subtasks(view, of.job, of.vertex);
            if (all.has_error()) return all.error();
            return make(*all);
          },
          true, of.job};
}

/// By Flink's names: those of a subtask, behind its number.
Result<AskedMetrics> read_vertex_metrics(const Core&, const Request& request) {
  const auto of = read_vertex_of(request);
  if (of.has_error()) return of.error();
  const auto query = read_metric_query(request);
  if (query.has_error()) return query.error();
  return about_subtasks(*of, "/metrics" + query->text, [query = *query](const std::vector<Metrics>& all) {
    Metrics out;
    for (std::size_t i = 0; i < all.size(); ++i)
      for (const auto& metric : all[i]) out.push_back({std::to_string(i) + "." + metric.id, metric.value});
    return Result<std::string>(metrics_json(out, query));
  });
}

Result<AskedMetrics> read_all_subtasks(const Core&, const Request& request) {
  const auto of = read_vertex_of(request);
  if (of.has_error()) return of.error();
  const auto query = read_metric_query(request, MetricFilter::indices, "subtasks");
  if (query.has_error()) return query.error();
  return about_subtasks(*of, "/subtasks/metrics" + query->text, [query = *query](const std::vector<Metrics>& all) {
    std::vector<Metrics> wanted;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (wants_index(query, static_cast<std::int32_t>(i))) wanted.push_back(all[i]);
    return Result<std::string>(aggregated_json(wanted, query));
  });
}

Result<AskedMetrics> read_one_subtask(const Core&, const Request& request) {
  const auto of = read_vertex_of(request);
  if (of.has_error()) return of.error();
  const auto index = path_number(request, "subtaskindex");
  if (index.has_error()) return index.error();
  const auto query = read_metric_query(request);
  if (query.has_error()) return query.error();
  const auto show = [at = static_cast<std::size_t>(*index),
                     query = *query](const std::vector<Metrics>& all) -> Result<std::string> {
    if (at >= all.size())
      return make_error(Errc::not_found, "Subtask " + std::to_string(at) + " not found: there are 0 to " +
                                             std::to_string(all.size() - 1));
    return metrics_json(all[at], query);
  };
  return about_subtasks(*of, "/subtasks/" + std::to_string(*index) + "/metrics" + query->text, show);
}

http::Response metrics_answer(const Result<std::string>& text) {
  return text.has_value() ? http::json_response(*text) : http::error_response(404, text.error().text);
}

void show_metrics(const CorePtr& core, const std::shared_ptr<LiveReads>& live, Responder responder,
                  const AskedMetrics& asked) {
  const auto view = core->backend.view();
  if (view->role != master::Role::leader) return serve_live(live, core, std::move(responder), asked.target);
  auto held = std::make_shared<Responder>(std::move(responder));
  const auto show = [core, held, view, asked] {
    held->answer(metrics_answer(asked.show(live_metrics(*view), core->backend.wall_ms())));
  };
  if (asked.of_vertex && view->state && jobs::is_large(*view->state, asked.job))
    return core->backend.run_off_thread(show);
  show();
}

}  // namespace

MetricReads::MetricReads(CorePtr core) : core_(std::move(core)), live_(std::make_shared<LiveReads>(core_)) {}

std::vector<std::pair<std::string, http::Handler>> MetricReads::paths() const {
  std::vector<std::pair<std::string, http::Handler>> out;
  const auto add = [&](std::string pattern, ReadMetrics read) {
    out.emplace_back(std::move(pattern),
                     [core = core_, live = live_, read = std::move(read)](const Request& request, Responder responder) {
                       const auto asked = read(*core, request);
                       if (asked.has_error()) return responder.answer(http::error_response(400, asked.error().text));
                       show_metrics(core, live, std::move(responder), *asked);
                     });
  };
  add("/jobmanager/metrics", read_master);
  add("/taskmanagers/metrics", read_workers);
  add("/taskmanagers/:taskmanagerid/metrics", read_worker);
  add("/jobs/metrics", read_jobs);
  add("/jobs/:jobid/metrics", read_one_job);
  const std::string vertex = "/jobs/:jobid/vertices/:vertexid";
  add(vertex + "/metrics", read_vertex_metrics);
  add(vertex + "/subtasks/metrics", read_all_subtasks);
  add(vertex + "/subtasks/:subtaskindex/metrics", read_one_subtask);
  return out;
}

}  // namespace stellwerk::api
