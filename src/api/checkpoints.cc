#include "api/checkpoints.h"

#include <algorithm>
#include <array>

#include "api/path_parameters.h"
#include "api/reads.h"
#include "api/writes.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "jobs/checkpoint_views.h"
#include "jobs/job_views.h"

namespace stellwerk::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;
using master::MasterView;

using ShowCheckpoints = std::function<Result<std::string>(const jobs::ClusterState&)>;

/// What is asked for, read from its path.
struct CheckpointPath {
  std::string target;
  ShowCheckpoints show;
};
using ReadCheckpointPath = std::function<Result<CheckpointPath>(const Request&, const JobId&)>;

Result<std::string> or_no_such_job(std::optional<std::string> text, const jobs::ClusterState& state, const JobId& id) {
  if (text) return *std::move(text);
  return make_error(Errc::not_found, jobs::no_such_job(state, id));
}

Read recorded_read(const CheckpointPath& path) {
  Read read;
  read.target = path.target;
  read.render = [show = path.show](const MasterView& view) -> std::optional<Response> {
    auto text = show(*view.state);
    if (text.has_error()) return std::nullopt;
    return http::json_response(*std::move(text));
  };
  read.missing = [show = path.show](const MasterView& view) -> std::optional<Response> {
    const auto text = show(*view.state);
    return text.has_value() ? http::json_response(*text) : http::error_response(404, text.error().text);
  };
  return read;
}

Result<std::string> path_trigger_id(const Request& request) {
  const auto id = JobId::parse(request.param("triggerid"));  // the same 32 digits as a job's
  if (id.has_error())
    return bad_parameter("path", "triggerid", request.param("triggerid"), "It must be 32 hexadecimal digits");
  return id->text();
}

std::string target_of(const JobId& id, const std::string& suffix) {
  return "/jobs/" + id.text() + "/checkpoints" + suffix;
}

// ---- what is read ----

Result<CheckpointPath> read_all(const Request&, const JobId& id) {
  return CheckpointPath{target_of(id, ""), [id](const jobs::ClusterState& state) {
                          return or_no_such_job(jobs::checkpoints_json(state, id), state, id);
                        }};
}

Result<CheckpointPath> read_one(const Request& request, const JobId& id) {
  const auto number = path_number(request, "checkpointid");
  if (number.has_error()) return number.error();
  return CheckpointPath{
      target_of(id, "/details/" + std::to_string(*number)),
      [id, number = *number](const jobs::ClusterState& state) { return jobs::checkpoint_json(state, id, number); }};
}

Result<CheckpointPath> read_vertex_of_one(const Request& request, const JobId& id) {
  const auto number = path_number(request, "checkpointid");
  if (number.has_error()) return number.error();
  const auto vertex = path_vertex_id(request);
  if (vertex.has_error()) return vertex.error();
  return CheckpointPath{target_of(id, "/details/" + std::to_string(*number) + "/subtasks/" + *vertex),
                        [id, number = *number, vertex = *vertex](const jobs::ClusterState& state) {
                          return jobs::checkpoint_vertex_json(state, id, number, vertex);
                        }};
}

Result<CheckpointPath> read_trigger(const Request& request, const JobId& id) {
  const auto trigger = path_trigger_id(request);
  if (trigger.has_error()) return trigger.error();
  return CheckpointPath{target_of(id, "/" + *trigger), [id, trigger = *trigger](const jobs::ClusterState& state) {
                          return jobs::trigger_json(state, id, trigger);
                        }};
}

// ---- what is asked for ----

/// The caller's own id for what it asks, or none. Errors: invalid.
Result<std::string> own_trigger(std::string_view body) {
  if (body.empty()) return std::string();
  const auto value = parse_json(body, "the body");
  if (value.has_error()) return make_error(Errc::invalid, value.error().text);
  const json::object* const object = value->if_object();
  if (object == nullptr) return make_error(Errc::invalid, "The body must be a JSON object");
  if (const json::value* const type = object->if_contains("checkpointType"); type != nullptr && !type->is_null()) {
    constexpr std::array<std::string_view, 3> kTypes{"CONFIGURED", "FULL", "INCREMENTAL"};
    const json::string* const word = type->if_string();
    if (word == nullptr || std::find(kTypes.begin(), kTypes.end(), std::string_view(*word)) == kTypes.end())
      return make_error(Errc::invalid,
                        "checkpointType must be CONFIGURED, FULL or INCREMENTAL, which are all the same here");
  }
  const json::value* const trigger = object->if_contains("triggerId");
  if (trigger == nullptr || trigger->is_null()) return std::string();
  const json::string* const text = trigger->if_string();
  const auto id = JobId::parse(text != nullptr ? std::string_view(*text) : std::string_view());
  if (id.has_error()) return make_error(Errc::invalid, "triggerId must be 32 hexadecimal digits");
  return id->text();
}

Write checkpoint_write(const JobId& id, const std::string& trigger) {
  Write write;
  write.repeatable = true;
  write.job = id;
  write.perform = [id, trigger](Backend& backend, Time deadline, Backend::Handler done) {
    backend.request(jobs::AskCheckpoint{id, trigger}, deadline, std::move(done));
  };
  write.passed = [id, trigger] {
    http::ClientRequest request;
    request.method = http::Method::post;
    request.target = target_of(id, "");
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = R"({"triggerId":")" + trigger + "\"}";
    return request;
  };
  write.accepted = [trigger](const jobs::Reply&) {
    return http::json_response(R"({"request-id":")" + trigger + "\"}", 202);
  };
  return write;
}

}  // namespace

std::vector<std::pair<std::string, http::Handler>> checkpoint_paths(const CorePtr& core) {
  std::vector<std::pair<std::string, http::Handler>> out;
  const auto add = [&](const std::string& suffix, ReadCheckpointPath read) {
    out.emplace_back("/jobs/:jobid/checkpoints" + suffix,
                     [core, read = std::move(read)](const Request& request, Responder responder) {
                       const auto id = path_job_id(request);
                       if (id.has_error()) return responder.answer(http::error_response(400, id.error().text));
                       const auto path = read(request, *id);
                       if (path.has_error()) return responder.answer(http::error_response(400, path.error().text));
                       serve_read(core, std::move(responder), recorded_read(*path));
                     });
  };
  add("", read_all);
  add("/config", [core](const Request&, const JobId& id) -> Result<CheckpointPath> {
    return CheckpointPath{target_of(id, "/config"), [core, id](const jobs::ClusterState& state) {
                            return or_no_such_job(jobs::checkpoint_config_json(state, id, core->facts.checkpoints),
                                                  state, id);
                          }};
  });
  add("/details/:checkpointid", read_one);
  add("/details/:checkpointid/subtasks/:vertexid", read_vertex_of_one);
  add("/:triggerid", read_trigger);
  return out;
}

void serve_checkpoint(const CorePtr& core, const Request& request, Responder responder) {
  const auto id = path_job_id(request);
  if (id.has_error()) return responder.answer(http::error_response(400, id.error().text));
  auto trigger = own_trigger(request.body);
  if (trigger.has_error()) return responder.answer(http::error_response(400, trigger.error().text));
  if (trigger->empty()) *trigger = core->backend.mint_job_id().text();
  serve_write(core, std::move(responder), checkpoint_write(*id, *trigger));
}

}  // namespace stellwerk::api
