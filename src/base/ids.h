/// Names that nobody else has: guids for processes and clusters, ids for jobs.
///
/// Nothing here is random by itself: the bits come from the caller (main's entropy, a simulator's
/// seed), so that a run can be repeated.
#pragma once

#include <stellwerk/result.h>

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/executor.h"

namespace stellwerk {

/// 128 bits as a caller's entropy source gave them.
using RandomBits = std::array<std::uint64_t, 2>;

/// A version-4 UUID in its usual text form, 36 characters, lower case.
std::string make_uuid(RandomBits bits);
bool is_uuid(std::string_view text) noexcept;

/// 32 lower-case hexadecimal digits, as Flink's. Ids that we mint begin with 48 bits of wall time in
/// ms, so that ids sort by age and an id older than anything still remembered can be recognised.
class JobId {
 public:
  JobId() = default;

  static JobId mint(WallMs now, RandomBits bits);
  /// Takes upper-case digits too. Errors: invalid.
  static Result<JobId> parse(std::string_view text);

  const std::string& text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  /// The wall time inside, ms; of an id that a caller made up, whatever its digits say.
  WallMs minted_ms() const noexcept;

  friend auto operator<=>(const JobId&, const JobId&) = default;

 private:
  explicit JobId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace stellwerk
