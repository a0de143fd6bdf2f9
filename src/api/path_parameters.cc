#include "api/path_parameters.h"

#include <charconv>

#include "base/text.h"

namespace stellwerk::api {

Error bad_parameter(std::string_view kind, std::string_view name, std::string_view value, std::string_view why) {
  return {Errc::invalid, "Bad request, could not parse parameters: Cannot resolve " + std::string(kind) +
                             " parameter (" + std::string(name) + ") from value " + shown(value) + ". " +
                             std::string(why)};
}

Result<JobId> path_job_id(const http::Request& request) {
  auto id = JobId::parse(request.param("jobid"));
  if (id.has_error()) return bad_parameter("path", "jobid", request.param("jobid"), id.error().text);
  return id;
}

Result<std::string> path_vertex_id(const http::Request& request) {
  // The same 32 digits as a job's.
  const auto vertex = JobId::parse(request.param("vertexid"));
  if (vertex.has_error())
    return bad_parameter("path", "vertexid", request.param("vertexid"), "It must be 32 hexadecimal digits");
  return vertex->text();
}

std::optional<std::int32_t> read_number(std::string_view text, std::int32_t least) noexcept {
  std::int32_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size() || number < least) return std::nullopt;
  return number;
}

Result<std::int32_t> path_number(const http::Request& request, std::string_view name) {
  const auto number = read_number(request.param(name), 0);
  if (!number) return bad_parameter("path", name, request.param(name), "It must be a number from 0 to 2147483647");
  return *number;
}

}  // namespace stellwerk::api
