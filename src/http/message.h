/// Requests and answers as handlers see them: plain values, no sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/body.h"
#include "http/syntax.h"

namespace stellwerk::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };

std::string_view to_string(Method method) noexcept;
/// Methods are case-sensitive (RFC 9110). None for one that we do not know.
std::optional<Method> parse_method(std::string_view name) noexcept;
/// GET, HEAD and OPTIONS: they change nothing and may be repeated.
bool is_safe(Method method) noexcept;

/// Who sent a request.
struct Peer {
  std::string address;
  std::uint16_t port = 0;
  bool loopback = false;
};

/// One complete request, body and all. Views point into the request itself and are good as long as
/// it is; it never moves. Handlers get it read-only, see http/responder.h for how long.
struct Request {
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  Method method = Method::get;
  /// The x of HTTP/1.x.
  int minor_version = 1;
  bool keep_alive = true;
  /// As sent: path and query; visible ASCII, begins with '/', or is "*" (OPTIONS).
  std::string_view target;
  /// The target without its query, escapes as sent.
  std::string_view path;
  /// The path's segments with escapes decoded: UTF-8 without control characters, never empty, "." or
  /// "..". One may hold an escaped '/': never join it to a file's name unchecked.
  std::vector<std::string_view> segments;
  /// Query parameters in their order, decoded; one without '=' has an empty value.
  std::vector<Field> query;
  std::vector<Field> headers;
  /// What the route's `:name` segments matched; set by the router.
  std::vector<Field> params;
  std::string body;
  std::shared_ptr<const Peer> peer;

  /// The first header of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// Number of headers of that name.
  std::size_t header_count(std::string_view name) const noexcept;
  /// The first query parameter of that name.
  std::optional<std::string_view> query_value(std::string_view name) const noexcept;
  /// A path parameter of the route; empty if the route has none of that name.
  std::string_view param(std::string_view name) const noexcept;
  bool from_loopback() const noexcept { return peer != nullptr && peer->loopback; }

  /// Makes it empty, keeping memory for the next one.
  void clear() noexcept;

  /// Where the views point. Only for those who fill in a request.
  std::string head_bytes;
  std::string decoded_bytes;
};

inline constexpr std::string_view kJsonType = "application/json; charset=UTF-8";
inline constexpr std::string_view kTextType = "text/plain; charset=UTF-8";
inline constexpr std::string_view kEventsType = "text/event-stream; charset=UTF-8";

/// One answer. Framing, Date, CORS, Vary and packing are the server's.
struct Response {
  using Body = std::variant<std::string, std::shared_ptr<const Page>, std::unique_ptr<BodySource>>;

  int status = 200;
  /// Must outlive the answer: a literal. Empty: no Content-Type, or one set by `add_header`.
  std::string_view content_type = kJsonType;
  Body body;
  /// Lines of "name: value CR LF", as `add_header` makes them; a ready-made block may be appended.
  std::string header_lines;
  /// Close the connection after this answer.
  bool close = false;

  /// Control characters in the value become '?', so that no value can begin another header.
  void add_header(std::string_view name, std::string_view value);
  /// The bytes of a body that is not a source, else empty.
  std::string_view body_bytes() const noexcept;
};

/// 200 with a body of JSON, text, or a shared page.
Response json_response(std::string text, int status = 200);
Response text_response(std::string text, std::string_view content_type = kTextType);
Response page_response(std::shared_ptr<const Page> page, std::string_view content_type = kJsonType);
/// `{"errors":["..."]}`.
Response error_response(int status, std::string_view text);
/// 503: certainly nothing happened; the same again after `retry_after` may work.
Response unavailable_response(std::string_view text, std::chrono::seconds retry_after);

/// The text between quotes of a JSON string; bytes that are not UTF-8 become '?'.
std::string json_escape(std::string_view text);

std::string_view reason_phrase(int status) noexcept;

}  // namespace stellwerk::http
