/// `GET /`: the page for people who come with a browser, what `/status` says for everyone else.
#pragma once

#include "api/tagged_page.h"

namespace stellwerk::api {

/// The page with what a browser needs to know about it. Immutable, for any thread.
class Front {
 public:
  Front();

  /// Whether Accept, in one line or several, asks for HTML by name and likes it at least as much as JSON; `*/*` does
  /// not.
  static bool wants_page(const http::Request& request) noexcept;
  /// 200, or 304 if the browser has it.
  http::Response page(const http::Request& request) const;

 private:
  const TaggedPage page_;
};

}  // namespace stellwerk::api
