#include "http/gzip.h"

#include <zlib.h>

#include "http/body.h"
#include "http/syntax.h"

namespace stellwerk::http {
namespace {

/// zlib: 15 bits of window, and 16 to ask for gzip's header instead of its own.
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;

/// "0", "0.", "0.0", ...: RFC 9110 section 12.4.2 says not acceptable.
bool is_zero(std::string_view weight) noexcept {
  return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

std::string gzip(std::string_view bytes, GzipEffort effort) {
  z_stream stream{};
  const int level = effort == GzipEffort::fast ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION;
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(bytes.size(), '\0');
  // zlib's interface is older than const: it does not write through next_in.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(result == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  bool any = false;
  while (const auto element = next_element(accept_encoding)) {
    const std::size_t semicolon = element->find(';');
    const std::string_view coding = trim(element->substr(0, semicolon));
    bool refused = false;
    if (semicolon != std::string_view::npos) {
      const std::string_view weight = trim(element->substr(semicolon + 1));
      refused = weight.size() > 2 && iequals(weight.substr(0, 2), "q=") && is_zero(trim(weight.substr(2)));
    }
    if (iequals(coding, "gzip") || iequals(coding, "x-gzip")) return !refused;
    if (coding == "*") any = !refused;
  }
  return any;
}

bool wants_gzip(const Request& request) noexcept {
  const auto accepted = request.header("Accept-Encoding");
  return accepted && accepts_gzip(*accepted);
}

void pack_ahead(const Request& request, Response& response) {
  if (response.body_bytes().size() <= kGzipHereBytesMax || !wants_gzip(request)) return;
  if (auto* text = std::get_if<std::string>(&response.body))
    response.body = std::make_shared<const Page>(std::move(*text));
  if (const auto* page = std::get_if<std::shared_ptr<const Page>>(&response.body)) (*page)->gzip();
}

const std::string& Page::gzip() const {
  std::call_once(packed_, [this] {
    gzip_ = http::gzip(bytes_, GzipEffort::small);
    is_packed_.store(true, std::memory_order_release);
  });
  return gzip_;
}

}  // namespace stellwerk::http
