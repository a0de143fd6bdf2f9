#include "api/front.h"

#include <algorithm>

#include "api/header_list.h"
#include "page/page.h"

namespace stellwerk::api {
namespace {

constexpr std::string_view kHtmlType = "text/html; charset=UTF-8";

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

std::string page_headers() {
  http::Response headers;
  headers.add_header("Vary", "Accept");
  headers.add_header("Content-Security-Policy", page::content_security_policy(page::text()));
  headers.add_header("X-Content-Type-Options", "nosniff");
  headers.add_header("Referrer-Policy", "no-referrer");
  return std::move(headers.header_lines);
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

Front::Front() : page_(std::string(page::text()), kHtmlType, page_headers()) {}

bool Front::wants_page(const http::Request& request) noexcept {
  Liking liking;
  // Several lines are one list.
  for (const http::Field& field : request.headers)
    if (http::iequals(field.name, "Accept")) liking.take(field.value);
  return liking.html > 0 && liking.html >= liking.json;
}

http::Response Front::page(const http::Request& request) const {
  return page_.answer(request);
}

}  // namespace stellwerk::api
