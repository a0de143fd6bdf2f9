#include "http/request_parser.h"

#include <algorithm>

namespace stellwerk::http {
namespace {

/// What a path and a query may hold unescaped: visible ASCII without the characters that programs
/// read differently. Queries are sent less carefully by people, so they may hold more.
bool is_path(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("\"#<>?\\^`{|}").find(c) == std::string_view::npos;
  });
}

bool is_query(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

bool is_host(std::string_view text) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~' || c == '%';
  };
  std::string_view port;
  std::string_view name = text;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    name = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!std::all_of(name.begin(), name.end(), [&](char c) { return allowed(c) || c == ':'; })) return false;
  } else {
    const std::size_t colon = text.find(':');
    name = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
    if (!std::all_of(name.begin(), name.end(), allowed)) return false;
  }
  if (name.empty()) return false;
  if (port.empty() || port == ":") return true;
  const auto number = port.front() == ':' ? parse_decimal(port.substr(1)) : std::nullopt;
  return number && *number <= 65535;
}

/// Decodes `text` into the request's own memory, which was reserved so that it never moves.
std::optional<std::string_view> decode(std::string_view text, bool is_query, Request& out) {
  const std::string_view special = is_query ? std::string_view("%+") : std::string_view("%");
  if (text.find_first_of(special) == std::string_view::npos) return text;
  const std::size_t start = out.decoded_bytes.size();
  if (!percent_decode(text, is_query, out.decoded_bytes)) return std::nullopt;
  return std::string_view(out.decoded_bytes).substr(start);
}

}  // namespace

void RequestParser::reset() {
  refusal_ = {};
  checked_ = 0;
  authority_ = {};
  blank_line_skipped_ = false;
  has_body_ = false;
  expects_continue_ = false;
  length_.reset();
  chunks_ = {};
}

RequestParser::State RequestParser::refuse(int status, std::string_view text) {
  refusal_.status = status;
  refusal_.text = text;
  return State::refused;
}

RequestParser::State RequestParser::take_head(std::string_view& data, Request& out) {
  if (data.starts_with("\r\n") && !blank_line_skipped_) {
    // RFC 9112 section 2.2: some clients send an empty line after a body.
    blank_line_skipped_ = true;
    data.remove_prefix(2);
    checked_ = 0;
  }
  if (data.empty() || (data == "\r" && !blank_line_skipped_)) return State::more;
  if (!is_token(data.substr(0, 1))) return refuse(400, "Bad request: it must begin with a method such as GET");
  const HeadEnd end = find_head_end(data.substr(0, limits_.head_bytes_max), checked_);
  if (!end.fault.empty()) return refuse(400, "Bad request: " + std::string(end.fault));
  if (end.size == 0) {
    if (data.size() < limits_.head_bytes_max) return State::more;
    return refuse(
        431, "The request line and headers must be at most " + std::to_string(limits_.head_bytes_max) + " bytes long");
  }
  out.head_bytes.assign(data.data(), end.size);
  data.remove_prefix(end.size);
  return parse_head(out);
}

RequestParser::State RequestParser::parse_head(Request& out) {
  const std::string_view head = out.head_bytes;
  const std::size_t line_end = head.find("\r\n");
  if (!parse_request_line(head.substr(0, line_end), out)) return State::refused;
  const std::string_view fault = parse_fields(head.substr(line_end + 2), limits_.headers_max, out.headers);
  if (!fault.empty()) return refuse(400, "Bad request: " + std::string(fault));
  if (!check_host(out) || !check_framing(out) || !check_connection(out)) return State::refused;
  return State::ready;
}

bool RequestParser::parse_request_line(std::string_view line, Request& out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    refuse(400, "Bad request: the first line must be \"METHOD /path HTTP/1.1\"");
    return false;
  }
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    refuse(400, "Bad request: the version must be HTTP/1.1 or HTTP/1.0");
    return false;
  }
  out.minor_version = version.back() - '0';
  out.target = line.substr(first + 1, last - first - 1);
  const std::string_view name = line.substr(0, first);
  const auto method = parse_method(name);
  if (!method) {
    if (is_token(name)) {
      refuse(501, "Unknown method: " + std::string(name.substr(0, 32)));
    } else {
      refuse(400, "Bad request: the method must be a token");
    }
    return false;
  }
  out.method = *method;
  return parse_target(out);
}

/// RFC 9112 section 3.2.2: a target may be a whole URL, as clients send it to proxies.
bool RequestParser::take_authority(Request& out) {
  constexpr std::string_view kScheme = "http://";
  if (!iequals(out.target.substr(0, kScheme.size()), kScheme)) return true;
  const std::string_view rest = out.target.substr(kScheme.size());
  const std::size_t end = rest.find_first_of("/?#");
  authority_ = rest.substr(0, end);
  out.target = end == std::string_view::npos ? std::string_view("/") : rest.substr(end);
  if (is_host(authority_)) return true;
  refuse(400, "Bad request: the target's host must be host or host:port");
  return false;
}

bool RequestParser::parse_target(Request& out) {
  if (!take_authority(out)) return false;
  out.path = out.target;
  if (out.target == "*" && out.method == Method::options) return true;
  if (!out.target.starts_with('/')) {
    refuse(400, "Bad request: the target must be a path that begins with /");
    return false;
  }
  out.decoded_bytes.reserve(out.target.size());
  const std::size_t question = out.target.find('?');
  out.path = out.target.substr(0, question);
  if (!parse_path(out)) return false;
  return question == std::string_view::npos || parse_query(out.target.substr(question + 1), out);
}

bool RequestParser::parse_path(Request& out) {
  if (!is_path(out.path)) {
    refuse(400, "Bad request: the path holds a character that must be escaped");
    return false;
  }
  std::string_view rest = out.path.substr(1);
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const auto segment = decode(rest.substr(0, slash), false, out);
    if (!segment) {
      refuse(400,
             "Bad request: the path holds a broken escape, an escaped control character or text that is not UTF-8");
      return false;
    }
    if (segment->empty() || *segment == "." || *segment == "..") {
      refuse(400, "Bad request: the path must not hold empty segments, \".\" or \"..\"");
      return false;
    }
    out.segments.push_back(*segment);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  }
  return true;
}

bool RequestParser::parse_query(std::string_view text, Request& out) {
  if (!is_query(text)) {
    refuse(400, "Bad request: the query holds a character that must be escaped");
    return false;
  }
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const auto name = decode(pair.substr(0, equals), true, out);
    const auto value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    const auto decoded = decode(value, true, out);
    if (!name || !decoded) {
      refuse(400,
             "Bad request: the query holds a broken escape, an escaped control character or text that is not UTF-8");
      return false;
    }
    out.query.push_back({*name, *decoded});
  }
  return true;
}

bool RequestParser::check_host(const Request& request) {
  const std::size_t count = request.header_count("Host");
  if (count == 0 && request.minor_version == 0) return true;
  if (count == 1 && is_host(*request.header("Host"))) {
    // Who goes by the one and who by the other would see different hosts.
    if (authority_.empty() || iequals(authority_, *request.header("Host"))) return true;
    refuse(400, "Bad request: the Host header must be the host of the target");
    return false;
  }
  refuse(400, "Bad request: there must be exactly one Host header, and it must be host or host:port");
  return false;
}

bool RequestParser::check_framing(const Request& request) {
  const std::size_t lengths = request.header_count("Content-Length");
  const std::size_t codings = request.header_count("Transfer-Encoding");
  if (lengths + codings > 1) {
    refuse(400, "Bad request: there must be at most one Content-Length or Transfer-Encoding header");
    return false;
  }
  if (lengths == 1) {
    length_ = parse_decimal(*request.header("Content-Length"));
    if (!length_) refuse(400, "Bad request: Content-Length must be one decimal number");
    has_body_ = length_.value_or(0) > 0;
    return length_.has_value();
  }
  if (codings == 0) return true;
  if (request.minor_version == 0 || !iequals(*request.header("Transfer-Encoding"), "chunked")) {
    refuse(400, "Bad request: the only Transfer-Encoding is \"chunked\", and only in HTTP/1.1");
    return false;
  }
  has_body_ = true;
  return true;
}

bool RequestParser::check_connection(Request& request) {
  request.keep_alive = request.minor_version == 1;
  bool close = false;
  for (const Field& field : request.headers) {
    if (iequals(field.name, "Connection")) {
      std::string_view list = field.value;
      while (const auto option = next_element(list)) {
        close = close || iequals(*option, "close");
        if (iequals(*option, "keep-alive")) request.keep_alive = true;
      }
    } else if (iequals(field.name, "Expect")) {
      if (!iequals(field.value, "100-continue")) {
        refuse(417, "The only Expect header that is understood is \"100-continue\"");
        return false;
      }
      expects_continue_ = request.minor_version == 1 && has_body_;
    }
  }
  if (close) request.keep_alive = false;
  return true;
}

RequestParser::State RequestParser::take_body(std::string_view& data, Request& out, std::size_t body_max) {
  const auto too_large = [&] {
    return refuse(413, "The body must be at most " + std::to_string(body_max) + " bytes long");
  };
  if (length_) {
    if (*length_ > body_max) return too_large();
    const std::size_t missing = static_cast<std::size_t>(*length_) - out.body.size();
    const std::string_view taken = data.substr(0, missing);
    out.body.append(taken);
    data.remove_prefix(taken.size());
    return taken.size() == missing ? State::ready : State::more;
  }
  switch (chunks_.feed(data, out.body, body_max)) {
    case ChunkDecoder::State::more: return State::more;
    case ChunkDecoder::State::done: return State::ready;
    case ChunkDecoder::State::too_large: return too_large();
    case ChunkDecoder::State::bad: break;
  }
  return refuse(400, "Bad request: " + std::string(chunks_.fault()));
}

}  // namespace stellwerk::http
