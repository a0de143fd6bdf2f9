#include "http/message.h"

#include <array>
#include <utility>

namespace stellwerk::http {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> kMethods{{{Method::get, "GET"},
                                                                       {Method::head, "HEAD"},
                                                                       {Method::post, "POST"},
                                                                       {Method::put, "PUT"},
                                                                       {Method::patch, "PATCH"},
                                                                       {Method::del, "DELETE"},
                                                                       {Method::options, "OPTIONS"}}};

std::optional<std::string_view> find(const std::vector<Field>& fields, std::string_view name) noexcept {
  for (const Field& field : fields)
    if (field.name == name) return field.value;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Method method) noexcept {
  return kMethods[static_cast<std::size_t>(method)].second;
}

std::optional<Method> parse_method(std::string_view name) noexcept {
  for (const auto& [method, text] : kMethods)
    if (text == name) return method;
  return std::nullopt;
}

bool is_safe(Method method) noexcept {
  return method == Method::get || method == Method::head || method == Method::options;
}

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
  for (const Field& field : headers)
    if (iequals(field.name, name)) return field.value;
  return std::nullopt;
}

std::size_t Request::header_count(std::string_view name) const noexcept {
  std::size_t count = 0;
  for (const Field& field : headers) count += iequals(field.name, name) ? 1 : 0;
  return count;
}

std::optional<std::string_view> Request::query_value(std::string_view name) const noexcept {
  return find(query, name);
}

std::string_view Request::param(std::string_view name) const noexcept {
  return find(params, name).value_or(std::string_view());
}

void Request::clear() noexcept {
  method = Method::get;
  minor_version = 1;
  keep_alive = true;
  target = {};
  path = {};
  segments.clear();
  query.clear();
  headers.clear();
  params.clear();
  std::string().swap(body);
  peer.reset();
  head_bytes.clear();
  decoded_bytes.clear();
}

void Response::add_header(std::string_view name, std::string_view value) {
  header_lines += name;
  header_lines += ": ";
  for (const char c : value) header_lines += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  header_lines += "\r\n";
}

std::string_view Response::body_bytes() const noexcept {
  if (const auto* text = std::get_if<std::string>(&body)) return *text;
  const auto* page = std::get_if<std::shared_ptr<const Page>>(&body);
  return page != nullptr && *page != nullptr ? std::string_view((*page)->bytes()) : std::string_view();
}

Response json_response(std::string text, int status) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

Response text_response(std::string text, std::string_view content_type) {
  Response response;
  response.content_type = content_type;
  response.body = std::move(text);
  return response;
}

Response page_response(std::shared_ptr<const Page> page, std::string_view content_type) {
  Response response;
  response.content_type = content_type;
  response.body = std::move(page);
  return response;
}

Response error_response(int status, std::string_view text) {
  std::string body = "{\"errors\":[\"";
  body += json_escape(text);
  body += "\"]}";
  return json_response(std::move(body), status);
}

Response unavailable_response(std::string_view text, std::chrono::seconds retry_after) {
  Response response = error_response(503, text);
  response.add_header("Retry-After", std::to_string(retry_after.count()));
  return response;
}

std::string json_escape(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const bool ascii_only = !is_utf8(text);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    } else {
      out += ascii_only && byte >= 0x80 ? '?' : c;
    }
  }
  return out;
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

}  // namespace stellwerk::http
