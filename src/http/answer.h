/// Turns a Response into bytes: the one place that decides framing, packing and connection headers.
/// Internal to the server.
#pragma once

#include <string>
#include <string_view>

#include "http/cors.h"
#include "http/message.h"

namespace stellwerk::http {

struct AnswerContext {
  const Request& request;
  const CorsPolicy& cors;
  /// "Date: ... CR LF"
  std::string_view date_line;
  bool keep_alive = true;
};

struct RenderedBody {
  /// What follows the head at once; points into the response.
  std::string_view bytes;
  /// The response's source follows; its pieces are wrapped as chunks.
  bool from_source = false;
  bool chunked = false;
  /// The end of the connection is the end of the body: HTTP/1.0 knows no chunks.
  bool until_close = false;
};

/// Appends the head to `out`. May pack the response's body in place.
RenderedBody render_answer(const AnswerContext& context, Response& response, std::string& out);

/// "Date: Sat, 21 Nov 2026 09:21:31 GMT CR LF" for seconds since 1970.
std::string date_line(std::int64_t unix_seconds);

}  // namespace stellwerk::http
