#include "api/front.h"

#include <algorithm>

#include "base/sha256.h"
#include "page/page.h"

namespace stellwerk::api {
namespace {

constexpr std::string_view kHtmlType = "text/html; charset=UTF-8";

/// Takes the text up to the next separator off the front; one between quotes separates nothing (RFC 9110). None at the
/// end.
std::optional<std::string_view> next_part(std::string_view& text, char separator) noexcept {
  if (text.empty()) return std::nullopt;
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != separator); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (text[end] == '\\' && quoted) ++end;
  }
  end = std::min(end, text.size());
  const std::string_view part = http::trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// Thousandths; what is no number counts as 1.
int weight_of(std::string_view parameters) noexcept {
  while (const auto parameter = next_part(parameters, ';')) {
    if (parameter->size() < 3 || !http::iequals(parameter->substr(0, 2), "q=")) continue;
    if ((*parameter)[2] != '0') return 1000;
    int weight = 0;
    int unit = 100;
    for (std::size_t at = 4; at < parameter->size() && unit > 0; ++at, unit /= 10) {
      const char digit = (*parameter)[at];
      if (digit < '0' || digit > '9') return 1000;
      weight += (digit - '0') * unit;
    }
    return weight;
  }
  return 1000;
}

/// Whether an If-None-Match names this tag; weak and strong count alike (RFC 9110).
bool names(std::string_view list, std::string_view tag) noexcept {
  while (auto element = next_part(list, ',')) {
    if (*element == "*") return true;
    if (element->starts_with("W/")) element->remove_prefix(2);
    if (*element == tag) return true;
  }
  return false;
}

/// How much the two faces of `/` are liked, in thousandths.
struct Liking {
  int html = 0;
  int json = 0;

  void take(std::string_view accept) noexcept {
    while (auto element = next_part(accept, ',')) {
      const std::string_view type = next_part(*element, ';').value_or("");
      const int weight = weight_of(*element);
      if (http::iequals(type, "text/html") || http::iequals(type, "application/xhtml+xml"))
        html = std::max(html, weight);
      else if (http::iequals(type, "application/json"))
        json = std::max(json, weight);
    }
  }
};

}  // namespace

Front::Front() : page_(std::make_shared<const http::Page>(std::string(page::text()))) {
  tag_ = '"' + sha256_hex(page_->bytes()).substr(0, 32) + '"';
  http::Response headers;
  // Weak, because the packed form goes by the same name.
  headers.add_header("ETag", "W/" + tag_);
  headers.add_header("Vary", "Accept");
  headers.add_header("Cache-Control", "no-cache");
  headers.add_header("Content-Security-Policy", page::content_security_policy(page_->bytes()));
  headers.add_header("X-Content-Type-Options", "nosniff");
  headers.add_header("Referrer-Policy", "no-referrer");
  headers_ = std::move(headers.header_lines);
}

bool Front::wants_page(const http::Request& request) noexcept {
  Liking liking;
  // Several lines are one list.
  for (const http::Field& field : request.headers)
    if (http::iequals(field.name, "Accept")) liking.take(field.value);
  return liking.html > 0 && liking.html >= liking.json;
}

http::Response Front::page(const http::Request& request) const {
  http::Response response = http::page_response(page_, kHtmlType);
  const auto known = request.header("If-None-Match");
  if (known && names(*known, tag_)) response.status = 304;
  response.header_lines = headers_;
  return response;
}

}  // namespace stellwerk::api
