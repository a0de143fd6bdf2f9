/// The word of a worker's guard: that worker is dead, and nothing that it ran is left.
///
/// A POST to a master's port for workers, because the guard has no more to say than this and no time to lose. Said
/// again until a leader answers that it need not be (docs/adr/0012-the-workers-guard.md).
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace stellwerk::link {

/// Where it is posted to.
inline constexpr std::string_view kDeathTarget = "/workers/gone";
/// Largest, in bytes.
inline constexpr std::size_t kDeathBytesMax = 8 * 1024;

struct Death {
  std::string worker;
  std::int64_t incarnation = 0;
  std::string cluster;     ///< uuid that it belonged to
  std::int64_t epoch = 0;  ///< highest that it was welcomed in: a leader of a lower one is none any more

  friend bool operator==(const Death&, const Death&) = default;
};

/// {"worker":"w-1","incarnation":3,"cluster":"<uuid>","epoch":5}
std::string encode_death(const Death& death);
/// Errors: damaged (names the member), too_large.
Result<Death> decode_death(std::string_view text);

}  // namespace stellwerk::link
