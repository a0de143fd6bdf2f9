#include "http/response_parser.h"

#include <algorithm>

namespace stellwerk::http {
namespace {

constexpr std::size_t kHeadersMax = 200;
/// "HTTP/1.1 200" and a blank or the end.
constexpr std::size_t kStatusEnd = 12;

std::optional<int> parse_status(std::string_view line) noexcept {
  if (line.size() < kStatusEnd || !line.starts_with("HTTP/1.") || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
    return std::nullopt;
  if (line.size() > kStatusEnd && line[kStatusEnd] != ' ') return std::nullopt;
  const auto status = parse_decimal(line.substr(9, 3));
  if (!status || *status < 100 || *status > 599) return std::nullopt;
  return static_cast<int>(*status);
}

}  // namespace

ResponseParser::State ResponseParser::fail(std::string_view why) noexcept {
  fault_ = why;
  return State::bad;
}

ResponseParser::State ResponseParser::feed(std::string_view data) {
  started_ = started_ || !data.empty();
  while (!in_body_) {
    head_.append(data);
    data = {};
    const HeadEnd end = find_head_end(std::string_view(head_).substr(0, head_bytes_max_), checked_);
    if (!end.fault.empty()) return fail(end.fault);
    if (end.size == 0) return head_.size() < head_bytes_max_ ? State::more : fail("its headers are too long");
    const std::string whole = std::exchange(head_, {});
    checked_ = 0;
    if (const State state = on_head(std::string_view(whole).substr(0, end.size)); state == State::bad) return state;
    head_ = whole.substr(end.size);
  }
  if (!head_.empty()) {
    const std::string first = std::exchange(head_, {});
    return take_body(first);
  }
  return take_body(data);
}

ResponseParser::State ResponseParser::on_head(std::string_view head) {
  const std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const auto status = parse_status(line);
  if (!status) return fail("it does not begin with an HTTP/1.1 status");
  std::vector<Field> fields;
  if (const auto fault = parse_fields(head.substr(line_end + 2), kHeadersMax, fields); !fault.empty())
    return fail(fault);
  // Interim answers (100 Continue) are followed by the real one.
  if (*status < 200) return State::more;
  response_.status = *status;
  keep_alive_ = line[7] == '1';
  for (const Field& field : fields) {
    response_.headers.emplace_back(field.name, field.value);
    std::string_view list = field.value;
    if (!iequals(field.name, "Connection")) continue;
    while (const auto option = next_element(list)) keep_alive_ = keep_alive_ && !iequals(*option, "close");
  }
  in_body_ = true;
  return set_framing(fields);
}

ResponseParser::State ResponseParser::set_framing(const std::vector<Field>& fields) {
  if (to_ == Method::head || response_.status == 204 || response_.status == 304) return State::more;
  framing_ = Framing::until_end;
  for (const Field& field : fields) {
    const bool is_length = iequals(field.name, "Content-Length");
    if (!is_length && !iequals(field.name, "Transfer-Encoding")) continue;
    if (framing_ != Framing::until_end) return fail("its length is given twice");
    if (is_length) {
      const auto length = parse_decimal(field.value);
      if (!length) return fail("its Content-Length is not a number");
      if (*length > body_bytes_max_) return fail("it is too long");
      length_ = *length;
      framing_ = Framing::length;
    } else {
      if (!iequals(field.value, "chunked")) return fail("its Transfer-Encoding is unknown");
      framing_ = Framing::chunked;
    }
  }
  keep_alive_ = keep_alive_ && framing_ != Framing::until_end;
  return State::more;
}

ResponseParser::State ResponseParser::take_body(std::string_view data) {
  std::string& body = response_.body;
  switch (framing_) {
    case Framing::none: break;
    case Framing::length: {
      const std::string_view taken = data.substr(0, static_cast<std::size_t>(length_) - body.size());
      body.append(taken);
      data.remove_prefix(taken.size());
      if (body.size() < length_) return State::more;
      break;
    }
    case Framing::chunked:
      switch (chunks_.feed(data, body, body_bytes_max_)) {
        case ChunkDecoder::State::more: return State::more;
        case ChunkDecoder::State::too_large: return fail("it is too long");
        case ChunkDecoder::State::bad: return fail(chunks_.fault());
        case ChunkDecoder::State::done: break;
      }
      break;
    case Framing::until_end:
      if (data.size() > body_bytes_max_ - body.size()) return fail("it is too long");
      body.append(data);
      return State::more;
  }
  return data.empty() ? State::ready : fail("bytes follow its end");
}

ResponseParser::State ResponseParser::finish() {
  if (in_body_ && framing_ == Framing::until_end) return State::ready;
  return fail("the connection ended before it was complete");
}

}  // namespace stellwerk::http
