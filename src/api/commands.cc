#include "api/commands.h"

#include "api/operators.h"
#include "api/path_parameters.h"
#include "api/writes.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace stellwerk::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;
using jobs::Reply;

void cancel(const CorePtr& core, const JobId& id, Responder responder) {
  Write write;
  write.repeatable = true;
  write.job = id;
  write.perform = [id](Backend& backend, Time deadline, Backend::Handler done) {
    backend.request(jobs::CancelJob{id}, deadline, std::move(done));
  };
  write.passed = [id] {
    http::ClientRequest request;
    request.method = http::Method::patch;
    request.target = "/jobs/" + id.text() + "?mode=cancel";
    return request;
  };
  write.accepted = [](const Reply&) { return http::json_response("{}", 202); };
  serve_write(core, std::move(responder), std::move(write));
}

}  // namespace

void serve_cancel(const CorePtr& core, const Request& request, Responder responder) {
  const auto id = path_job_id(request);
  if (id.has_error()) return responder.answer(http::error_response(400, id.error().text));
  const std::string_view mode = request.query_value("mode").value_or("cancel");
  if (mode != "cancel")
    return responder.answer(http::error_response(
        400, "Bad request, could not parse parameters: Cannot resolve query parameter (mode) from value " +
                 shown(mode) + "; accepted is cancel"));
  cancel(core, *id, std::move(responder));
}

void serve_yarn_cancel(const CorePtr& core, const Request& request, Responder responder) {
  const auto id = path_job_id(request);
  if (id.has_error()) return responder.answer(http::error_response(400, id.error().text));
  if (request.method != http::Method::get) {
    Response response = http::error_response(405, "Only GET cancels here");
    response.add_header("Allow", "GET");
    return responder.answer(std::move(response));
  }
  const std::string_view site = request.header("Sec-Fetch-Site").value_or("none");
  if (site != "none" && site != "same-origin")
    return responder.answer(http::error_response(403, "A page of another site may not cancel jobs"));
  cancel(core, *id, std::move(responder));
}

void serve_transfer(const CorePtr& core, const Request& request, Responder responder) {
  if (auto refusal = refuse_stranger(*core, request, "A transfer of leadership"))
    return responder.answer(std::move(*refusal));
  Write write;
  write.perform = [](Backend& backend, Time deadline, Backend::Handler done) {
    backend.transfer(deadline, std::move(done));
  };
  write.passed = [] {
    http::ClientRequest request_;
    request_.method = http::Method::post;
    request_.target = "/leader/transfer";
    return request_;
  };
  write.accepted = [](const Reply& reply) {
    std::string text;
    JsonWriter out(text);
    out.begin_object().member("next", reply.text).end_object();
    return http::json_response(std::move(text), 202);
  };
  serve_write(core, std::move(responder), std::move(write));
}

void serve_end_cluster(const CorePtr& core, const Request& request, Responder responder) {
  if (auto refusal = refuse_stranger(*core, request, "The end of the cluster"))
    return responder.answer(std::move(*refusal));
  Write write;
  write.perform = [](Backend& backend, Time deadline, Backend::Handler done) {
    backend.end_cluster(deadline, std::move(done));
  };
  write.passed = [] {
    http::ClientRequest request_;
    request_.method = http::Method::del;
    request_.target = "/cluster";
    return request_;
  };
  write.accepted = [](const Reply&) { return http::json_response("{}", 200); };
  serve_write(core, std::move(responder), std::move(write));
}

}  // namespace stellwerk::api
