/// Packing of answers (RFC 1952).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace stellwerk::http {

/// Bodies below this are not worth packing, in bytes.
inline constexpr std::size_t kGzipBytesMin = 1024;
/// What an HTTP thread packs while others wait for it, in bytes: some 20 ms. More is sent packed only if it
/// was packed before (pack_ahead, Page::gzip).
inline constexpr std::size_t kGzipHereBytesMax = 512 * 1024;

enum class GzipEffort { fast, small };

/// A part of what is packed: it can stand behind any other.
struct PackedPart {
  std::string bytes;
  std::uint32_t crc = 0;   ///< of the plain bytes
  std::size_t length = 0;  ///< theirs
};

/// Packs parts, one after the other; each effort begins with some hundred KiB of memory.
class PartPacker {
 public:
  explicit PartPacker(GzipEffort effort);
  ~PartPacker();
  PartPacker(const PartPacker&) = delete;
  PartPacker& operator=(const PartPacker&) = delete;

  /// None: memory is short.
  std::optional<PackedPart> pack(std::string_view bytes);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;  ///< null: memory is short
};
/// The whole, in the order of the parts.
std::string join_parts(const std::vector<std::shared_ptr<const PackedPart>>& parts);

/// Empty if the result would not be smaller or memory is short: send the plain bytes then.
std::string gzip(std::string_view bytes, GzipEffort effort);

/// Whether an Accept-Encoding header allows gzip.
bool accepts_gzip(std::string_view accept_encoding) noexcept;
bool wants_gzip(const Request& request) noexcept;

/// Packs a body that is too big for an HTTP thread, if the request wants it packed: for handlers, on
/// threads that may work long.
void pack_ahead(const Request& request, Response& response);

}  // namespace stellwerk::http
