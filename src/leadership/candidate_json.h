/// What a candidate says of itself in its node, for the others to show and to call.
#pragma once

#include <stellwerk/coordination.h>

#include <string>
#include <string_view>

namespace stellwerk::leadership {

/// Longest string in a candidate, in bytes; longer ones are cut when written, refused when read.
inline constexpr std::size_t kCandidateTextMax = 256;

/// `{"host":...,"id":...,"pid":...,"rest":...,"rpc":...,"since":<ms>}`.
std::string encode_candidate(const Candidate& candidate);

/// Data from outside. Errors: damaged.
Result<Candidate> decode_candidate(std::string_view text);

/// Stands in the list of members for a candidate whose data cannot be read: it is in the queue all
/// the same. `host` is "(unreadable)".
Candidate unreadable_candidate(std::string_view guid);

}  // namespace stellwerk::leadership
