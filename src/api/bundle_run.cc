#include "api/bundle_run.h"

#include "api/bundle_spec.h"
#include "api/bundles.h"
#include "api/writes.h"
#include "base/json_writer.h"

namespace stellwerk::api {
namespace {

using http::Responder;
using http::Response;
using jobs::Reply;

struct Run {
  model::BundleId id;
  RunWish wish;  ///< with the job's id
  /// None: this master does not have the bundle, or not any more.
  std::optional<jobs::SubmitJob> change;
};

Response started(const JobId& id) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("jobid", id.text()).end_object();
  return http::json_response(std::move(text));
}

/// The header's, if there is one.
Result<std::optional<JobId>> read_job_id_header(const http::Request& request, const std::optional<JobId>& other) {
  const auto header = request.header(kJobIdHeader);
  if (!header) return std::optional<JobId>();
  auto id = JobId::parse(*header);
  if (id.has_error()) return make_error(Errc::invalid, std::string(kJobIdHeader) + ": " + id.error().text);
  if (other && *other != *id)
    return make_error(Errc::invalid,
                      std::string(kJobIdHeader) + " is " + id->text() + ", but jobId is " + other->text());
  return std::optional<JobId>(std::move(*id));
}

/// Of a run whose bundle is not there: it may have gone with the very job that is asked for.
Reply without_bundle(const master::MasterView& view, const Run& run) {
  const JobId& job = *run.wish.job_id;
  if (view.state) {
    const auto known = view.state->jobs().find(job.text());
    if (known && known->state && known->state->bundle == run.id.uuid) return {Reply::Kind::accepted, job, {}, {}};
    if (find_bundle(*view.state, run.id))
      return {Reply::Kind::unavailable, job, "Nothing happened: the bundle came in this moment", {}};
  }
  return {Reply::Kind::not_found, job, no_such_bundle(run.id), {}};
}

http::ClientRequest passed_of(const Run& run) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.target = "/jars/" + http::escape_segment(run.id.text()) + "/run";
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = run.wish.json();
  return request;
}

Result<void> build(const jobs::ClusterState& state, Run& run) {
  const auto bundle = find_bundle(state, run.id);
  if (!bundle) return {};
  auto spec = spec_of_run(*bundle, run.wish);
  if (spec.has_error()) return spec.error();
  run.change = jobs::SubmitJob{*run.wish.job_id,        spec->canonical,     spec->sha256, spec->spec.name,
                               total_tasks(spec->spec), spec->spec.artifact, run.id.uuid};
  return {};
}

void go_on(const CorePtr& core, Responder responder, std::shared_ptr<const Run> run) {
  Write write;
  write.repeatable = true;
  write.job = *run->wish.job_id;
  write.perform = [run](Backend& backend, Time deadline, Backend::Handler done) {
    if (!run->change) return done(without_bundle(*backend.view(), *run));
    backend.request(*run->change, deadline, std::move(done));
  };
  write.passed = [run] { return passed_of(*run); };
  write.accepted = [run](const Reply&) { return started(*run->wish.job_id); };
  serve_write(core, std::move(responder), std::move(write));
}

}  // namespace

void serve_run(const CorePtr& core, const http::Request& request, Responder responder) {
  auto id = model::parse_bundle_id(request.param("jarid"));
  if (id.has_error()) return responder.answer(http::error_response(404, id.error().text));
  auto wish = read_run(request, request.body);
  if (wish.has_error()) return responder.answer(http::error_response(400, wish.error().text));
  if (auto own = read_job_id_header(request, wish->job_id); own.has_error())
    return responder.answer(http::error_response(400, own.error().text));
  else if (*own)
    wish->job_id = **own;
  if (!wish->job_id) wish->job_id = core->backend.mint_job_id();
  auto run = std::make_shared<Run>(Run{std::move(*id), std::move(*wish), {}});
  auto shared = std::make_shared<Responder>(std::move(responder));
  const auto work = [core, run, shared] {
    const auto view = core->backend.view();
    if (view->state)
      if (auto built = build(*view->state, *run); built.has_error())
        return shared->answer(http::error_response(400, built.error().text));
    go_on(core, std::move(*shared), run);
  };
  if (!core->backend.run_long(work))
    shared->answer(too_much_to_read("Nothing happened: too many job specs are being read"));
}

}  // namespace stellwerk::api
