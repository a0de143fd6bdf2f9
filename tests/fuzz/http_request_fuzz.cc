/// Any bytes as requests on one connection: however they arrive, the same requests are read and the
/// same refusal ends them; what is read is bounded and plain.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "http/request_parser.h"
#include "http/syntax.h"

namespace {

using stellwerk::http::Request;
using stellwerk::http::RequestParser;

/// Small, so that they are met.
constexpr stellwerk::http::ParserLimits kLimits{512, 12};
constexpr std::size_t kBodyBytesMax = 1000;

struct Reading {
  std::vector<std::string> requests;
  int status = 0;  ///< of a refusal
  std::string why;
};

std::string shown(const Request& request) {
  std::string out(to_string(request.method));
  out.append(" ").append(request.target).append(request.keep_alive ? " keep" : " close");
  for (const auto& segment : request.segments) out.append("/").append(segment);
  for (const auto& [name, value] : request.query) out.append("?").append(name).append("=").append(value);
  for (const auto& [name, value] : request.headers) out.append("\n").append(name).append(":").append(value);
  return out.append("\n").append(request.body);
}

void check(const Request& request) {
  STELLWERK_ASSERT(request.head_bytes.size() <= kLimits.head_bytes_max, "a head is longer than allowed");
  STELLWERK_ASSERT(request.headers.size() <= kLimits.headers_max, "more headers than allowed");
  STELLWERK_ASSERT(request.body.size() <= kBodyBytesMax, "a body is longer than allowed");
  const bool both = request.header_count("Content-Length") + request.header_count("Transfer-Encoding") > 1;
  STELLWERK_ASSERT(!both, "a request says twice how long it is");
  for (const std::string_view segment : request.segments) {
    STELLWERK_ASSERT(stellwerk::http::is_utf8(segment), "a part of a path is not UTF-8");
    STELLWERK_ASSERT(!segment.empty() && segment != "." && segment != "..", "a path leads elsewhere");
    const bool control = std::any_of(segment.begin(), segment.end(),
                                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    STELLWERK_ASSERT(!control, "a path holds a control character");
  }
}

/// As a connection does: `held` grows by pieces, and the parser takes from its front.
Reading read(std::string_view bytes, std::size_t piece) {
  Reading out;
  RequestParser parser(kLimits);
  Request request;
  std::string held;
  bool in_body = false;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    held.append(bytes.substr(at, piece));
    std::string_view data = held;
    while (!data.empty() || in_body) {
      const auto state = in_body ? parser.take_body(data, request, kBodyBytesMax) : parser.take_head(data, request);
      if (state == RequestParser::State::more) break;
      if (state == RequestParser::State::refused) {
        out.status = parser.refusal().status;
        out.why = parser.refusal().text;
        STELLWERK_ASSERT(out.status >= 400 && out.status < 600, "a refusal is none");
        return out;
      }
      if (!in_body && parser.has_body()) {
        in_body = true;
        continue;
      }
      in_body = false;
      check(request);
      out.requests.push_back(shown(request));
      request.clear();
      parser.reset();
    }
    held.erase(0, held.size() - data.size());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const Reading whole = read(bytes, bytes.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100}}) {
    const Reading pieces = read(bytes, piece);
    STELLWERK_ASSERT(pieces.requests == whole.requests, "requests depend on how they arrive");
    STELLWERK_ASSERT(pieces.status == whole.status && pieces.why == whole.why, "a refusal depends on how it arrives");
  }
  return 0;
}
