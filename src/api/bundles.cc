#include "api/bundles.h"

#include "api/bundle_run.h"
#include "api/bundle_spec.h"
#include "api/bundle_upload.h"
#include "api/reads.h"
#include "api/writes.h"
#include "jobs/bundle_views.h"
#include "jobs/job_views.h"

namespace stellwerk::api {
namespace {

using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using master::MasterView;

/// What a form has besides the file.
constexpr std::size_t kFormBytesMax = 64 * 1024;
constexpr std::size_t kRunBytesMax = 256 * 1024;

void serve_list(const CorePtr& core, Responder responder) {
  const auto render = [core](const MasterView& view) -> std::optional<Response> {
    return http::json_response(jobs::bundle_list_json(*view.state, core->self()));
  };
  serve_read(core, std::move(responder), {render, "/jars", render, {}});
}

void serve_plan(const CorePtr& core, const Request& request, Responder responder) {
  auto id = model::parse_bundle_id(request.param("jarid"));
  if (id.has_error()) return responder.answer(http::error_response(404, id.error().text));
  const auto wish = read_run(request, request.body);
  if (wish.has_error()) return responder.answer(http::error_response(400, wish.error().text));
  const JobId job = wish->job_id ? *wish->job_id : core->backend.mint_job_id();
  const auto render = [id = *id, wish = *wish, job](const MasterView& view) -> std::optional<Response> {
    const auto bundle = find_bundle(*view.state, id);
    if (!bundle) return std::nullopt;
    auto spec = spec_of_run(*bundle, wish);
    if (spec.has_error()) return http::error_response(400, spec.error().text);
    return http::json_response(jobs::spec_plan_json(std::move(spec->spec), job));
  };
  const auto missing = [id = *id](const MasterView&) -> std::optional<Response> {
    return http::error_response(404, no_such_bundle(id));
  };
  const std::size_t query = request.target.find('?');
  std::string target = "/jars/" + http::escape_segment(id->text()) + "/plan";
  if (query != std::string_view::npos) target += request.target.substr(query);
  const bool posted = request.method == Method::post;
  serve_read(core, std::move(responder),
             {render, std::move(target), missing, [](const MasterView&) { return true; },
              posted ? Method::post : Method::get, posted ? request.body : std::string()});
}

void serve_delete(const CorePtr& core, const Request& request, Responder responder) {
  auto id = model::parse_bundle_id(request.param("jarid"));
  if (id.has_error()) return responder.answer(http::error_response(404, id.error().text));
  Write write;
  write.perform = [id = *id](Backend& backend, Time deadline, Backend::Handler done) {
    backend.request(jobs::RemoveBundle{id}, deadline, std::move(done));
  };
  write.passed = [id = *id] {
    http::ClientRequest passed;
    passed.method = Method::del;
    passed.target = "/jars/" + http::escape_segment(id.text());
    return passed;
  };
  write.accepted = [](const jobs::Reply&) { return http::json_response("{}"); };
  serve_write(core, std::move(responder), std::move(write));
}

}  // namespace

std::optional<model::Bundle> find_bundle(const jobs::ClusterState& state, const model::BundleId& id) {
  const auto known = state.bundles().find(id.uuid);
  if (!known || known->artifact.name != id.name) return std::nullopt;
  model::Bundle out = *known;
  out.spec = state.bundle_spec(id.uuid);
  return out;
}

std::string no_such_bundle(const model::BundleId& id) {
  return "Jar " + id.text() + " does not exist";
}

std::vector<BundlePath> bundle_paths(const CorePtr& core) {
  using Serve = void (*)(const CorePtr&, const Request&, Responder);
  const auto handler = [core](Serve serve) -> http::Handler {
    return [core, serve](const Request& request, Responder responder) { serve(core, request, std::move(responder)); };
  };
  const auto uploads = std::make_shared<Uploads>(core);
  std::vector<BundlePath> out;
  out.push_back({Method::post,
                 "/jars/upload",
                 [uploads](const Request&, Responder responder) { uploads->serve(std::move(responder)); },
                 {static_cast<std::size_t>(model::kArtifactBytesMax) + kFormBytesMax}});
  out.push_back(
      {Method::get, "/jars", [core](const Request&, Responder responder) { serve_list(core, std::move(responder)); }});
  out.push_back({Method::del, "/jars/:jarid", handler(serve_delete)});
  out.push_back({Method::post, "/jars/:jarid/run", handler(serve_run), {kRunBytesMax}});
  out.push_back({Method::get, "/jars/:jarid/plan", handler(serve_plan)});
  out.push_back({Method::post, "/jars/:jarid/plan", handler(serve_plan), {kRunBytesMax}});
  return out;
}

}  // namespace stellwerk::api
