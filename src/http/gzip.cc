#include "http/gzip.h"

#include <zlib.h>

#include "http/syntax.h"

namespace stellwerk::http {
namespace {

/// zlib: 15 bits of window, and 16 to ask for gzip's header instead of its own.
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;
/// What the end of a part may take besides.
constexpr std::size_t kFlushBytes = 64;

/// "0", "0.", "0.0", ...: RFC 9110 section 12.4.2 says not acceptable.
bool is_zero(std::string_view weight) noexcept {
  return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

int level_of(GzipEffort effort) noexcept {
  return effort == GzipEffort::fast ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION;
}

}  // namespace

std::string gzip(std::string_view bytes, GzipEffort effort) {
  z_stream stream{};
  if (deflateInit2(&stream, level_of(effort), Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
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

struct PartPacker::Stream {
  z_stream z{};
  bool good = false;

  explicit Stream(GzipEffort effort) {
    // Negative: without a frame, which join_parts() puts around all.
    good = deflateInit2(&z, level_of(effort), Z_DEFLATED, -15, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Stream() {
    if (good) deflateEnd(&z);
  }
};

PartPacker::PartPacker(GzipEffort effort) : stream_(std::make_unique<Stream>(effort)) {}
PartPacker::~PartPacker() = default;

std::optional<PackedPart> PartPacker::pack(std::string_view bytes) {
  if (!stream_->good) return std::nullopt;
  z_stream& z = stream_->z;
  PackedPart out;
  out.length = bytes.size();
  out.crc = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
  out.bytes.resize(deflateBound(&z, bytes.size()) + kFlushBytes);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.bytes.data());
  z.avail_out = static_cast<uInt>(out.bytes.size());
  // Whole bytes, and nothing that follows refers to what came before.
  if (deflate(&z, Z_FULL_FLUSH) != Z_OK || z.avail_in != 0 || z.avail_out == 0) return std::nullopt;
  out.bytes.resize(out.bytes.size() - z.avail_out);
  out.bytes.shrink_to_fit();
  return out;
}

std::string join_parts(const std::vector<std::shared_ptr<const PackedPart>>& parts) {
  // RFC 1952: no name, no time, made on Unix; behind the parts an empty last block, the checksum and the length.
  constexpr std::string_view kHead("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  constexpr std::string_view kLastBlock("\x03\0", 2);
  std::size_t size = kHead.size() + kLastBlock.size() + 2 * sizeof(std::uint32_t);
  for (const auto& part : parts) size += part->bytes.size();
  std::string out;
  out.reserve(size);
  out += kHead;
  uLong crc = crc32(0, nullptr, 0);
  std::size_t length = 0;
  for (const auto& part : parts) {
    out += part->bytes;
    crc = crc32_combine(crc, part->crc, static_cast<z_off_t>(part->length));
    length += part->length;
  }
  out += kLastBlock;
  for (const std::size_t number : {static_cast<std::size_t>(crc), length})
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((number >> shift) & 0xff);
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

}  // namespace stellwerk::http
