#include "api/worker_logs.h"

#include <algorithm>

#include "api/live.h"
#include "api/path_parameters.h"
#include "http/proxy.h"
#include "jobs/found_job.h"
#include "logs/log_files.h"

namespace stellwerk::api {
namespace {

using http::ClientResponse;
using http::Request;
using http::Response;
using master::MasterView;

/// Where what a request asks for is: on a worker, under this path.
struct Place {
  std::string worker;
  std::string path;
};
using Find = Result<Place> (*)(const MasterView&, const Request&);

// ---- which worker, which file ----

Result<Place> worker_page(const Request& request, std::string path) {
  return Place{std::string(request.param("taskmanagerid")), std::move(path)};
}

Result<Place> subtask_output(const MasterView& view, const Request& request, std::string_view ending) {
  const auto id = path_job_id(request);
  if (id.has_error()) return id.error();
  const auto vertex = path_vertex_id(request);
  if (vertex.has_error()) return vertex.error();
  const auto subtask = path_number(request, "subtaskindex");
  if (subtask.has_error()) return subtask.error();
  const auto job = view.state ? jobs::find_job(*view.state, *id, true) : std::nullopt;
  if (!job || !job->spec) return Error{Errc::not_found, "Job " + id->text() + " not found"};
  const auto& vertices = job->spec->vertices;
  const auto at = std::find_if(vertices.begin(), vertices.end(),
                               [&](const model::JobVertex& each) { return model::vertex_id(each.name) == *vertex; });
  if (at == vertices.end() || *subtask >= at->parallelism)
    return Error{Errc::not_found, "Job " + id->text() + " has no such subtask"};
  const model::TaskRef task{static_cast<std::int32_t>(at - vertices.begin()), *subtask};
  const auto attempt = view.state->attempt(*id, task);
  if (!attempt) return Error{Errc::not_found, "That subtask has not been started yet"};
  return Place{attempt->worker, "/tasks/" + id->text() + "/" + http::escape_segment(at->name) + "-" +
                                    std::to_string(*subtask) + std::string(ending)};
}

// ---- passing on ----

/// The end of a file is asked for where all of it is wanted, so that no answer is larger than a part: makes of it what
/// was asked for.
Response whole_of(ClientResponse answer) {
  const auto header = answer.header("Content-Range");
  const auto part = header ? http::parse_content_range(*header) : std::nullopt;
  const bool empty = answer.status == 416 && part && part->size == 0;
  if (!part || (answer.status != 206 && !empty)) return http::passed_response(std::move(answer));
  std::erase_if(answer.headers, [](const auto& each) { return http::iequals(each.first, "Content-Range"); });
  if (empty) return http::text_response({});
  answer.status = 200;
  Response response = http::passed_response(std::move(answer));
  if (const auto omitted = part->first.value_or(0); omitted > 0)
    response.add_header(kOmittedHeader, std::to_string(omitted));
  return response;
}

/// One request on its way. Counts itself while it lives.
class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(CorePtr core, std::shared_ptr<std::atomic<std::size_t>> relayed, http::Responder responder)
      : core_(std::move(core)), relayed_(std::move(relayed)), responder_(std::move(responder)) {}
  ~Relay() { relayed_->fetch_sub(1); }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  void to_worker(const MasterView& view, const Place& place) {
    const auto worker = view.workers ? view.workers->find(place.worker) : nullptr;
    if (!worker) return answer(http::error_response(404, "No TaskExecutor registered under " + place.worker + "."));
    if (worker->about.data_port == 0)
      return answer(http::error_response(404, "Worker " + place.worker + " serves no logs"));
    whole_ = !range();
    who_ = "Worker " + place.worker;
    http::ClientRequest request;
    request.target = place.path;
    request.headers.emplace_back("Range", whole_ ? "bytes=-" + std::to_string(logs::kPartBytesMax) : *range());
    send({worker->about.host, static_cast<std::uint16_t>(worker->about.data_port), {}}, std::move(request),
         kLogsRelayMax);
  }

  void to_leader(const MasterView& view, const http::Endpoint& leader) {
    who_ = "The leader";
    http::ClientRequest request;
    request.target = std::string(responder_.request().path);
    request.headers.emplace_back(http::kForwardedHeader, view.self.rest);
    if (const auto wanted = range()) request.headers.emplace_back("Range", *wanted);
    send(leader, std::move(request), kLogsByLeaderMax);
  }

  const Request& request() const { return responder_.request(); }
  void answer(Response response) { responder_.answer(std::move(response)); }

 private:
  std::optional<std::string> range() const {
    const auto header = responder_.request().header("Range");
    return header ? std::optional(std::string(*header)) : std::nullopt;
  }

  void send(const http::Endpoint& to, http::ClientRequest request, std::chrono::seconds wait) {
    core_->client.send(
        to, std::move(request),
        [self = shared_from_this()](Result<ClientResponse> result) { self->on_answer(std::move(result)); }, wait);
  }

  void on_answer(Result<ClientResponse> result) {
    if (result.has_error()) return answer(http::error_response(502, who_ + " does not answer: " + result.error().text));
    answer(whole_ ? whole_of(*std::move(result)) : http::passed_response(*std::move(result)));
  }

  const CorePtr core_;
  const std::shared_ptr<std::atomic<std::size_t>> relayed_;
  http::Responder responder_;
  std::string who_;
  bool whole_ = false;
};

void serve(const CorePtr& core, const std::shared_ptr<std::atomic<std::size_t>>& relayed, http::Responder responder,
           Find find) {
  const auto view = core->backend.view();
  const bool leads = view->role == master::Role::leader;
  if (!leads && was_passed_on(responder.request())) return responder.answer(not_the_leader(*view));
  const auto leader = other_leader(*view);
  if (!leads && !leader)
    return responder.answer(http::unavailable_response("No leader is known, and only it knows workers", kRetryAfter));
  if (relayed->fetch_add(1) >= kLogsRelayedMax) {
    relayed->fetch_sub(1);
    return responder.answer(too_much_to_read("Too many logs are being read; try again later"));
  }
  const auto relay = std::make_shared<Relay>(core, relayed, std::move(responder));
  if (!leads) return relay->to_leader(*view, *leader);
  const auto place = find(*view, relay->request());
  if (place.has_error())
    return relay->answer(http::error_response(place.error().code == Errc::not_found ? 404 : 400, place.error().text));
  relay->to_worker(*view, *place);
}

}  // namespace

std::vector<std::pair<std::string, http::Handler>> WorkerLogs::paths() const {
  std::vector<std::pair<std::string, http::Handler>> out;
  const auto add = [&](std::string pattern, Find find) {
    out.emplace_back(std::move(pattern),
                     [core = core_, relayed = relayed_, find](const Request&, http::Responder responder) {
                       serve(core, relayed, std::move(responder), find);
                     });
  };
  const std::string worker = "/taskmanagers/:taskmanagerid";
  add(worker + "/logs", [](const MasterView&, const Request& request) { return worker_page(request, "/logs"); });
  add(worker + "/logs/:name", [](const MasterView&, const Request& request) {
    return worker_page(request, "/logs/" + http::escape_segment(request.param("name")));
  });
  add(worker + "/log", [](const MasterView&, const Request& request) { return worker_page(request, "/log"); });
  add(worker + "/stdout", [](const MasterView&, const Request& request) { return worker_page(request, "/stdout"); });
  const std::string subtask = "/jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex";
  add(subtask + "/stdout",
      [](const MasterView& view, const Request& request) { return subtask_output(view, request, ".out"); });
  add(subtask + "/stderr",
      [](const MasterView& view, const Request& request) { return subtask_output(view, request, ".err"); });
  return out;
}

}  // namespace stellwerk::api
