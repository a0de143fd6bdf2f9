/// Any bytes as another master's answer: however they arrive, the same answer is read, or the same fault
/// ends it; what is read is bounded.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "http/response_parser.h"

namespace {

using stellwerk::http::Method;
using stellwerk::http::ResponseParser;

/// Small, so that they are met.
constexpr std::size_t kHeadBytesMax = 512;
constexpr std::size_t kBodyBytesMax = 1000;

std::string read(Method to, std::string_view bytes, std::size_t piece) {
  ResponseParser parser(to, kHeadBytesMax, kBodyBytesMax);
  ResponseParser::State state = ResponseParser::State::more;
  for (std::size_t at = 0; at < bytes.size() && state == ResponseParser::State::more; at += piece)
    state = parser.feed(bytes.substr(at, piece));
  if (state == ResponseParser::State::more) state = parser.finish();
  if (state != ResponseParser::State::ready) return "not an answer";
  const auto& response = parser.response();
  STELLWERK_ASSERT(response.status >= 100 && response.status <= 999, "a status that is none");
  STELLWERK_ASSERT(response.body.size() <= kBodyBytesMax, "a body is longer than allowed");
  STELLWERK_ASSERT(to != Method::head || response.body.empty(), "an answer to HEAD has a body");
  std::string out = std::to_string(response.status) + '\n';
  for (const auto& [name, value] : response.headers) out.append(name).append(":").append(value).append("\n");
  return out + response.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const Method to : {Method::get, Method::head}) {
    const std::string one_by_one = read(to, bytes, 1);
    // What stands behind an answer is a fault only if it comes with it, so whole and in pieces may
    // differ in that, and in nothing else.
    const std::string whole = read(to, bytes, size + 1);
    STELLWERK_ASSERT(whole == one_by_one || whole == "not an answer", "an answer depends on how it arrives");
  }
  return 0;
}
