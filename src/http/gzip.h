/// Packing of answers (RFC 1952).
#pragma once

#include <string>
#include <string_view>

namespace stellwerk::http {

/// Bodies below this are not worth packing, in bytes.
inline constexpr std::size_t kGzipBytesMin = 1024;
/// A body that is packed for one answer only must not hold a thread for long, in bytes.
inline constexpr std::size_t kGzipOnceBytesMax = 8 * 1024 * 1024;

enum class GzipEffort { fast, small };

/// Empty if the result would not be smaller or memory is short: send the plain bytes then.
std::string gzip(std::string_view bytes, GzipEffort effort);

/// Whether an Accept-Encoding header allows gzip.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

}  // namespace stellwerk::http
