#include "http/answer.h"

#include <array>
#include <charconv>
#include <ctime>

#include "http/gzip.h"

namespace stellwerk::http {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

bool is_text(std::string_view content_type) noexcept {
  return content_type.starts_with("application/json") || content_type.starts_with("text/");
}

/// Picks the plain or the packed form, and says so in `out`.
std::string_view choose_coding(const Request& request, Response& response, std::string& out) {
  const std::string_view plain = response.body_bytes();
  if (plain.size() < kGzipBytesMin || !is_text(response.content_type)) return plain;
  out += "Vary: Accept-Encoding\r\n";
  if (!wants_gzip(request)) return plain;
  std::string_view packed;
  const bool here = plain.size() <= kGzipHereBytesMax;
  if (const auto* page = std::get_if<std::shared_ptr<const Page>>(&response.body)) {
    if (here || (*page)->packed()) packed = (*page)->gzip();
  } else if (here) {
    std::string bytes = gzip(plain, GzipEffort::fast);
    if (bytes.empty()) return plain;
    packed = response.body.emplace<std::string>(std::move(bytes));
  }
  if (packed.empty()) return plain;
  out += "Content-Encoding: gzip\r\n";
  return packed;
}

void add_length(std::string& out, std::uint64_t length) {
  out += "Content-Length: ";
  append_number(out, length);
  out += "\r\n";
}

RenderedBody frame_source(const BodySource& source, const Request& request, std::string& out) {
  RenderedBody body;
  body.from_source = request.method != Method::head;
  if (const auto length = source.length()) {
    add_length(out, *length);
  } else if (request.minor_version == 1) {
    out += "Transfer-Encoding: chunked\r\n";
    body.chunked = true;
  } else {
    body.until_close = true;
  }
  return body;
}

}  // namespace

RenderedBody render_answer(const AnswerContext& context, Response& response, std::string& out) {
  const Request& request = context.request;
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  out += context.date_line;
  context.cors.add_headers(request, out);
  out += response.header_lines;

  RenderedBody body;
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) {
    if (!response.content_type.empty()) {
      out += "Content-Type: ";
      out += response.content_type;
      out += "\r\n";
    }
    if (const auto* source = std::get_if<std::unique_ptr<BodySource>>(&response.body)) {
      body = frame_source(**source, request, out);
    } else {
      body.bytes = choose_coding(request, response, out);
      add_length(out, body.bytes.size());
      if (request.method == Method::head) body.bytes = {};
    }
  }
  if (!context.keep_alive || body.until_close) {
    out += "Connection: close\r\n";
  } else if (request.minor_version == 0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return body;
}

std::string date_line(std::int64_t unix_seconds) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = unix_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n",
                                 kDays.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                 kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                                 parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace stellwerk::http
