/// Which pages of other origins may read and write here (`web.access-control-allow-origin`).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace stellwerk::http {

/// `*` lets every page read, none write: a page in an operator's browser must not cancel jobs because
/// somebody put it on the internet. A named origin may read and write. Immutable, for any thread.
class CorsPolicy {
 public:
  /// `value`: "*", origins separated by commas, both, or nothing for same-origin only.
  explicit CorsPolicy(std::string_view value = "*");

  /// Whether the request may be carried out as far as its Origin is concerned. Safe methods always
  /// may; so may requests without an Origin (no browser) and from our own pages.
  bool permits(const Request& request) const;

  /// Appends the header lines that let the page read the answer.
  void add_headers(const Request& request, std::string& lines) const;
  /// Appends those of an answer to OPTIONS; `allow` as in the Allow header.
  void add_preflight(const Request& request, std::string_view allow, std::string& lines) const;

 private:
  bool names(std::string_view origin) const noexcept;

  bool any_ = false;
  std::vector<std::string> origins_;
};

}  // namespace stellwerk::http
