/// Packing of answers (RFC 1952).
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace stellwerk::http {

/// Bodies below this are not worth packing, in bytes.
inline constexpr std::size_t kGzipBytesMin = 1024;
/// What an HTTP thread packs while others wait for it, in bytes: some 20 ms. More is sent packed only if it
/// was packed before (pack_ahead, Page::gzip).
inline constexpr std::size_t kGzipHereBytesMax = 512 * 1024;

enum class GzipEffort { fast, small };

/// Empty if the result would not be smaller or memory is short: send the plain bytes then.
std::string gzip(std::string_view bytes, GzipEffort effort);

/// Whether an Accept-Encoding header allows gzip.
bool accepts_gzip(std::string_view accept_encoding) noexcept;
bool wants_gzip(const Request& request) noexcept;

/// Packs a body that is too big for an HTTP thread, if the request wants it packed: for handlers, on
/// threads that may work long.
void pack_ahead(const Request& request, Response& response);

}  // namespace stellwerk::http
