#include "api/submit.h"

#include "api/writes.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "model/job_spec_reader.h"

namespace stellwerk::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;

/// What a submission is after its spec was read.
struct Submission {
  JobId id;
  model::ReadSpec spec;
};

/// The caller's own id, from the spec or the header; none if neither has one.
Result<std::optional<JobId>> own_id(const Request& request, const model::ReadSpec& spec) {
  const auto header = request.header(kJobIdHeader);
  if (!header) return spec.job_id;
  auto id = JobId::parse(*header);
  if (id.has_error()) return make_error(Errc::invalid, std::string(kJobIdHeader) + ": " + id.error().text);
  if (spec.job_id && *spec.job_id != *id)
    return make_error(Errc::invalid, std::string(kJobIdHeader) + " is " + id->text() + ", but the spec's jobId is " +
                                         spec.job_id->text());
  return std::optional<JobId>(std::move(*id));
}

jobs::SubmitJob change_of(const Submission& submission) {
  const model::ReadSpec& spec = submission.spec;
  return {submission.id,
          spec.canonical,
          spec.sha256,
          spec.spec.name,
          model::total_tasks(spec.spec),
          spec.spec.artifact,
          {}};
}

http::ClientRequest passed_of(const Submission& submission) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.target = "/jobs";
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back(kJobIdHeader, submission.id.text());
  request.body = submission.spec.canonical;
  return request;
}

Response accepted(const JobId& id) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("jobid", id.text()).member("jobUrl", "/jobs/" + id.text()).end_object();
  return http::json_response(std::move(text), 202);
}

}  // namespace

void Submissions::serve(Responder responder) {
  const Request& request = responder.request();
  const std::string_view type = request.header("Content-Type").value_or("");
  if (http::iequals(type.substr(0, 10), "multipart/"))
    return responder.answer(http::error_response(
        415, "POST /jobs takes a job spec as application/json or application/yaml, not " + shown(type)));
  // std::function wants to be copied.
  auto shared = std::make_shared<Responder>(std::move(responder));
  if (!core_->backend.run_long([self = shared_from_this(), shared] { self->read(std::move(*shared)); }))
    shared->answer(too_much_to_read("Nothing happened: too many job specs are being read"));
}

void Submissions::read(Responder responder) {
  const Request& request = responder.request();
  const std::string body = responder.take_body();
  const DocKind kind = detect_document_kind(request.header("Content-Type").value_or(""), body);
  auto spec = model::read_job_spec(body, kind);
  if (spec.has_error())
    return responder.answer(http::error_response(spec.error().code == Errc::too_large ? 413 : 400, spec.error().text));
  auto own = own_id(request, *spec);
  if (own.has_error()) return responder.answer(http::error_response(400, own.error().text));
  auto submission = std::make_shared<Submission>();
  submission->spec = std::move(*spec);
  submission->id = *own ? **own : core_->backend.mint_job_id();

  Write write;
  write.repeatable = true;
  write.job = submission->id;
  write.perform = [submission](Backend& backend, Time deadline, Backend::Handler done) {
    backend.request(change_of(*submission), deadline, std::move(done));
  };
  write.passed = [submission] { return passed_of(*submission); };
  write.accepted = [id = submission->id](const jobs::Reply&) { return accepted(id); };
  serve_write(core_, std::move(responder), std::move(write));
}

}  // namespace stellwerk::api
