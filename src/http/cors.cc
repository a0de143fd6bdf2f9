#include "http/cors.h"

#include <algorithm>

namespace stellwerk::http {
namespace {

constexpr std::string_view kReads = "GET, HEAD, OPTIONS";
/// How long a browser may remember a preflight answer, in seconds.
constexpr std::string_view kMaxAgeSeconds = "600";

bool is_same_origin(const Request& request, std::string_view origin) noexcept {
  const std::size_t scheme = origin.find("://");
  const auto host = request.header("Host");
  return scheme != std::string_view::npos && host && iequals(origin.substr(scheme + 3), *host);
}

void add_line(std::string& lines, std::string_view name, std::string_view value) {
  lines += name;
  lines += ": ";
  lines += value;
  lines += "\r\n";
}

/// Only names of headers are echoed, so that nothing else can get into our answer.
bool is_token_list(std::string_view list) noexcept {
  while (const auto element = next_element(list))
    if (!is_token(*element)) return false;
  return true;
}

}  // namespace

CorsPolicy::CorsPolicy(std::string_view value) {
  while (const auto element = next_element(value)) {
    if (*element == "*") {
      any_ = true;
    } else if (!element->empty()) {
      origins_.emplace_back(*element);
    }
  }
}

bool CorsPolicy::names(std::string_view origin) const noexcept {
  return std::any_of(origins_.begin(), origins_.end(), [&](const std::string& o) { return iequals(o, origin); });
}

bool CorsPolicy::permits(const Request& request) const {
  if (is_safe(request.method)) return true;
  const auto origin = request.header("Origin");
  if (!origin) return true;
  return request.header_count("Origin") == 1 && (is_same_origin(request, *origin) || names(*origin));
}

void CorsPolicy::add_headers(const Request& request, std::string& lines) const {
  const auto origin = origins_.empty() ? std::nullopt : request.header("Origin");
  if (origin && names(*origin)) {
    add_line(lines, "Access-Control-Allow-Origin", *origin);
  } else if (any_) {
    lines += "Access-Control-Allow-Origin: *\r\n";
  }
  if (!origins_.empty()) lines += "Vary: Origin\r\n";
}

void CorsPolicy::add_preflight(const Request& request, std::string_view allow, std::string& lines) const {
  add_line(lines, "Allow", allow);
  const auto origin = request.header("Origin");
  const bool trusted = origin && (names(*origin) || is_same_origin(request, *origin));
  if (!trusted && !any_) return;
  add_line(lines, "Access-Control-Allow-Methods", trusted ? allow : kReads);
  const auto wanted = request.header("Access-Control-Request-Headers");
  if (wanted && is_token_list(*wanted)) add_line(lines, "Access-Control-Allow-Headers", *wanted);
  add_line(lines, "Access-Control-Max-Age", kMaxAgeSeconds);
}

}  // namespace stellwerk::http
