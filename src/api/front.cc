#include "api/front.h"

#include <algorithm>

#include "base/sha256.h"
#include "page/page.h"

namespace stellwerk::api {
namespace {

constexpr std::string_view kHtmlType = "text/html; charset=UTF-8";

/// Thousandths; what is no number counts as 1.
int weight_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view parameter = http::trim(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    if (parameter.size() < 3 || !http::iequals(parameter.substr(0, 2), "q=")) continue;
    if (parameter[2] != '0') return 1000;
    int weight = 0;
    int unit = 100;
    for (std::size_t at = 4; at < parameter.size() && unit > 0; ++at, unit /= 10) {
      const char digit = parameter[at];
      if (digit < '0' || digit > '9') return 1000;
      weight += (digit - '0') * unit;
    }
    return weight;
  }
  return 1000;
}

/// Whether an If-None-Match names this tag; weak and strong count alike (RFC 9110).
bool names(std::string_view list, std::string_view tag) noexcept {
  while (auto element = http::next_element(list)) {
    if (*element == "*") return true;
    if (element->starts_with("W/")) element->remove_prefix(2);
    if (*element == tag) return true;
  }
  return false;
}

}  // namespace

bool prefers_html(std::string_view accept) noexcept {
  int html = 0;
  int json = 0;
  while (const auto element = http::next_element(accept)) {
    const std::size_t end = std::min(element->find(';'), element->size());
    const std::string_view type = http::trim(element->substr(0, end));
    const int weight = weight_of(element->substr(std::min(end + 1, element->size())));
    if (http::iequals(type, "text/html") || http::iequals(type, "application/xhtml+xml"))
      html = std::max(html, weight);
    else if (http::iequals(type, "application/json"))
      json = std::max(json, weight);
  }
  return html > 0 && html >= json;
}

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
  const auto accept = request.header("Accept");
  return accept && prefers_html(*accept);
}

http::Response Front::page(const http::Request& request) const {
  http::Response response = http::page_response(page_, kHtmlType);
  const auto known = request.header("If-None-Match");
  if (known && names(*known, tag_)) response.status = 304;
  response.header_lines = headers_;
  return response;
}

}  // namespace stellwerk::api
