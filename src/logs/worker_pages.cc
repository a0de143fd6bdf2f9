#include "logs/worker_pages.h"

#include <utility>

#include "base/ids.h"
#include "logs/log_files.h"

namespace stellwerk::logs {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kThisWorker = "this worker";

/// The output folder of the job in the path; empty: that is no job id.
std::string job_folder(const WorkerFiles& files, const Request& request) {
  const auto job = JobId::parse(std::string(request.param("jobid")));
  return job.has_error() ? std::string() : files.output + "/" + job->text();
}

Response list_output(const WorkerFiles& files, const Request& request) {
  return http::json_response(log_list_json(job_folder(files, request), is_output_name));
}

Response one_output(const WorkerFiles& files, const Request& request) {
  return log_file_response(request, job_folder(files, request), request.param("name"), kThisWorker, is_output_name);
}

}  // namespace

void add_worker_pages(http::Router& router, const WorkerFiles& files) {
  const auto page = [&](std::string_view pattern, Response (*make)(const WorkerFiles&, const Request&)) {
    router.add(http::Method::get, pattern, [files, make](const Request& request, http::Responder responder) {
      responder.answer(make(files, request));
    });
  };
  page("/logs", [](const WorkerFiles& own, const Request&) { return http::json_response(log_list_json(own.log_dir)); });
  page("/logs/:name", [](const WorkerFiles& own, const Request& request) {
    return log_file_response(request, own.log_dir, request.param("name"), kThisWorker);
  });
  page("/log", [](const WorkerFiles& own, const Request& request) {
    return own_log_response(request, own.log_file, false, kThisWorker);
  });
  page("/stdout", [](const WorkerFiles& own, const Request& request) {
    return own_log_response(request, own.log_file, true, kThisWorker);
  });
  page("/tasks/:jobid", list_output);
  page("/tasks/:jobid/:name", one_output);
}

}  // namespace stellwerk::logs
