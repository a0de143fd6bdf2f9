/// What is the same for as long as the program runs, and goes by a tag, so that who has it need not fetch it again.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace stellwerk::api {

/// Names the answer by `tag`, which is quoted; with 304 if `If-None-Match` has it. Caches ask each time. The tag is
/// sent as a weak one, because the packed form goes by the same name.
void tag_response(const http::Request& request, std::string_view tag, http::Response& response);

/// Immutable, for any thread.
class TaggedPage {
 public:
  /// `content_type`: a literal. `more`: lines of further headers, as Response has them.
  explicit TaggedPage(std::string bytes, std::string_view content_type = http::kJsonType, std::string_view more = {});

  /// 200, or 304 if `If-None-Match` names it; with `ETag` in both.
  http::Response answer(const http::Request& request) const;

  const std::string& bytes() const noexcept { return page_->bytes(); }

 private:
  const std::shared_ptr<const http::Page> page_;
  const std::string_view content_type_;
  std::string tag_;
  const std::string more_;
};

}  // namespace stellwerk::api
