#include "api/tagged_page.h"

#include "api/header_list.h"
#include "base/sha256.h"

namespace stellwerk::api {
namespace {

/// Whether an If-None-Match names this tag; weak and strong count alike (RFC 9110).
bool names(std::string_view list, std::string_view tag) noexcept {
  while (auto element = next_part(list, ',')) {
    if (*element == "*") return true;
    if (element->starts_with("W/")) element->remove_prefix(2);
    if (*element == tag) return true;
  }
  return false;
}

}  // namespace

void tag_response(const http::Request& request, std::string_view tag, http::Response& response) {
  response.add_header("ETag", "W/" + std::string(tag));
  response.add_header("Cache-Control", "no-cache");
  const auto known = request.header("If-None-Match");
  if (known && names(*known, tag)) response.status = 304;
}

TaggedPage::TaggedPage(std::string bytes, std::string_view content_type, std::string_view more)
    : page_(std::make_shared<const http::Page>(std::move(bytes))), content_type_(content_type), more_(more) {
  tag_ = '"' + sha256_hex(page_->bytes()).substr(0, 32) + '"';
}

http::Response TaggedPage::answer(const http::Request& request) const {
  http::Response response = http::page_response(page_, content_type_);
  tag_response(request, tag_, response);
  response.header_lines += more_;
  return response;
}

}  // namespace stellwerk::api
