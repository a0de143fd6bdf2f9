#include "guard/word.h"

#include <algorithm>
#include <charconv>

#include "base/json_writer.h"

namespace stellwerk::guard::worker_mode {
namespace {

/// Longest text of an answer that is passed on, in bytes.
constexpr std::size_t kAnswerTextMax = 300;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

Answer answer_of(int status) {
  switch (status) {
    case 200:
    case 404: return Answer::settled;  // it leads, and knows no such worker
    case 202: return Answer::taken;
    case 400:
    case 403:
    case 409:
    case 413:
    case 426: return Answer::never;
    default: return Answer::not_now;
  }
}

/// "HTTP/1.1 202 Accepted"; 0: it is none.
int status_of(std::string_view head) {
  constexpr std::string_view kVersion11 = "HTTP/1.1 ";
  int status = 0;
  if (!head.starts_with(kVersion11)) return 0;
  const auto [end, error] = std::from_chars(head.data() + kVersion11.size(), head.data() + head.size(), status);
  return error == std::errc() && end == head.data() + kVersion11.size() + 3 ? status : 0;
}

/// Its first line, without what a log could not bear.
std::string line_of(std::string_view body) {
  std::string line(body.substr(0, std::min(body.find_first_of("\r\n"), kAnswerTextMax)));
  std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return line;
}

}  // namespace

std::string request_of(const effect::Tell& word) {
  std::string body;
  JsonWriter(body)
      .begin_object()
      .member("worker", word.worker.id)
      .member("incarnation", word.worker.incarnation)
      .member("cluster", word.cluster)
      .member("epoch", word.epoch)
      .end_object();
  return "POST /workers/gone HTTP/1.1\r\nHost: " + word.master +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

std::optional<Reply> read_reply(std::string_view bytes, bool whole) {
  const bool all = whole || bytes.size() >= kReplyBytesMax;
  const auto end = bytes.find(kHeadEnd);
  if (end == std::string_view::npos) {
    if (!all) return std::nullopt;
    return Reply{Answer::not_now,
                 bytes.empty() ? "it has closed the connection" : "it does not answer as a master does"};
  }
  const int status = status_of(bytes);
  if (status == 0) return Reply{Answer::never, "it does not speak HTTP/1.1"};
  const std::string_view body = bytes.substr(end + kHeadEnd.size());
  if (!all && body.find('\n') == std::string_view::npos) return std::nullopt;
  return Reply{answer_of(status), std::to_string(status) + " " + line_of(body)};
}

}  // namespace stellwerk::guard::worker_mode
