#include "api/flink_paths.h"

#include <sys/utsname.h>

#include "api/overview.h"
#include "api/path_parameters.h"
#include "api/reads.h"
#include "base/json_writer.h"
#include "jobs/job_views.h"

namespace stellwerk::api {
namespace {

using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using master::MasterView;

constexpr std::string_view kNoProfiles = R"({"profilingList":[]})";

std::string url_json(std::string_view url) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("url", url).end_object();
  return text;
}

/// For people who look for the threads of a JVM.
std::string no_threads_json(std::string_view host, std::int64_t pid) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("threadInfos").begin_array().begin_object().member("threadName", "stellwerk");
  out.member("stringifiedThreadInfo", "This is no Java process. Its threads, on " + std::string(host) + ": ps -T -p " +
                                          std::to_string(pid) + "\n");
  out.end_object().end_array().end_object();
  return text;
}

std::string environment_json(const Facts& facts) {
  utsname system{};
  uname(&system);
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("jvm").begin_object().member("version", "none: Stellwerk " + facts.version);
  out.member("arch", std::string_view(system.machine)).key("options").begin_array().end_array().end_object();
  out.key("classpath").begin_array().end_array().end_object();
  return text;
}

/// Of a job that must exist; `worker` is the path's, if it has one.
using OfJob = std::function<Response(const Core&, const MasterView&, const std::string& worker)>;

/// `suffix`: of the path, behind the job's id.
void serve_of_job(const CorePtr& core, Responder responder, const std::string& suffix, const OfJob& make) {
  const Request& request = responder.request();
  const auto id = path_job_id(request);
  if (id.has_error()) return responder.answer(http::error_response(400, id.error().text));
  const std::string worker(request.param("taskmanagerid"));
  Read read;
  read.target = "/jobs/" + id->text() + suffix;
  read.method = request.method == Method::patch ? Method::patch : Method::get;
  read.render = [core, id = *id, make, worker](const MasterView& view) -> std::optional<Response> {
    if (!jobs::job_status_json(*view.state, id)) return std::nullopt;
    return make(*core, view, worker);
  };
  read.missing = [id = *id](const MasterView& view) -> std::optional<Response> {
    return http::error_response(404, jobs::no_such_job(*view.state, id));
  };
  serve_read(core, std::move(responder), std::move(read));
}

Response master_log_url(const Core& core, const MasterView& view, const std::string&) {
  const auto* leader = shown_leader(view);
  return http::json_response(url_json((leader != nullptr ? leader->address.rest : core.self()) + "/jobmanager/log"));
}

/// Any master passes it on.
Response worker_log_url(const Core& core, const MasterView&, const std::string& worker) {
  return http::json_response(url_json(core.self() + "/taskmanagers/" + http::escape_segment(worker) + "/log"));
}

/// Jobs do not depend on who submitted them.
Response heartbeat(const Core&, const MasterView&, const std::string&) {
  return http::json_response("{}", 202);
}

class Paths {
 public:
  explicit Paths(CorePtr core) : core_(std::move(core)) {}

  void add(Method method, std::string pattern, http::Handler handler) {
    all.push_back({method, std::move(pattern), std::move(handler)});
  }
  void add_page(std::string pattern, std::string text) {
    add(Method::get, std::move(pattern),
        [page = std::make_shared<const http::Page>(std::move(text))](const Request&, Responder responder) {
          responder.answer(http::page_response(page));
        });
  }
  void add_of_job(Method method, const std::string& suffix, OfJob make) {
    add(method, "/jobs/:jobid" + suffix,
        [core = core_, suffix, make = std::move(make)](const Request& request, Responder responder) {
          std::string path = suffix;
          const std::string_view worker = request.param("taskmanagerid");
          if (const auto at = path.find(":taskmanagerid"); at != std::string::npos)
            path.replace(at, std::string_view(":taskmanagerid").size(), http::escape_segment(worker));
          serve_of_job(core, std::move(responder), path, make);
        });
  }

  std::vector<FlinkPath> all;

 private:
  const CorePtr core_;
};

void add_of_jobs(Paths& paths, const Facts& facts) {
  paths.add_of_job(Method::patch, "/clientHeartbeat", heartbeat);
  paths.add_of_job(Method::get, "/jobmanager/log-url", master_log_url);
  paths.add_of_job(Method::get, "/taskmanagers/:taskmanagerid/log-url", worker_log_url);
  const auto shared = [](std::string text) -> OfJob {
    return [page = std::make_shared<const http::Page>(std::move(text))](
               const Core&, const MasterView&, const std::string&) { return http::page_response(page); };
  };
  paths.add_of_job(Method::get, "/jobmanager/config", shared(configuration_json(facts)));
  paths.add_of_job(Method::get, "/jobmanager/environment", shared(environment_json(facts)));
}

}  // namespace

std::vector<FlinkPath> flink_paths(const CorePtr& core, const WorkerReads& workers) {
  Paths paths(core);
  add_of_jobs(paths, core->facts);
  paths.add_page("/datasets", R"({"dataSets":[]})");
  paths.add_page("/jobmanager/environment", environment_json(core->facts));
  paths.add_page("/jobmanager/profiler", std::string(kNoProfiles));
  paths.add(Method::get, "/jobmanager/thread-dump", [core](const Request&, Responder responder) {
    const auto view = core->backend.view();
    responder.answer(http::json_response(no_threads_json(view->self.host, view->self.pid)));
  });
  const auto of_worker = [&](std::string suffix, std::string (*make)(const jobs::WorkerEntry&)) {
    paths.add(Method::get, "/taskmanagers/:taskmanagerid" + suffix,
              [workers, suffix, make](const Request&, Responder responder) {
                workers.serve_about(std::move(responder), suffix, make);
              });
  };
  of_worker("/profiler", [](const jobs::WorkerEntry&) { return std::string(kNoProfiles); });
  of_worker("/thread-dump",
            [](const jobs::WorkerEntry& worker) { return no_threads_json(worker.about.host, worker.about.pid); });
  return std::move(paths.all);
}

}  // namespace stellwerk::api
