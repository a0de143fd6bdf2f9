/// Who a worker is, over restarts: what its identity file says.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "worker/protocol.h"

namespace stellwerk::identity {

/// Largest identity file, in bytes.
inline constexpr std::size_t kIdentityBytesMax = 16 * 1024;

struct Identity {
  std::string id;                ///< Flink's resource id
  std::int64_t incarnation = 0;  ///< of the last start
  worker::Place place;

  friend bool operator==(const Identity&, const Identity&) = default;
};

/// One line of JSON with its end.
std::string encode_identity(const Identity& identity);

/// Errors: damaged (names the member), too_large, not_supported (a newer version wrote it).
Result<Identity> decode_identity(std::string_view text);

}  // namespace stellwerk::identity
