/// The names of candidates in the queue, and the order that they stand for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::leadership {

/// `<guid>-latch-<sequence>`, as a server completes it: the sequence has ten digits, a minus counts
/// as one of them, and below -999999999 there are eleven characters.
struct CandidateName {
  std::string text;
  std::string guid;
  std::int32_t sequence = 0;

  friend bool operator==(const CandidateName&, const CandidateName&) = default;
};

/// `<guid>-latch-`: what a create appends the sequence to.
std::string candidate_prefix(std::string_view guid);

/// Nothing if it is not a candidate's name.
std::optional<CandidateName> parse_candidate_name(std::string_view name);

/// Sorts from the first in the queue to the last. The sequence is a signed 32-bit counter that wraps,
/// so the numbers lie on a circle: the queue begins after the widest gap. Candidates that are alive
/// together span far less than half of it, and then this is the order of their making; for any
/// other set of numbers it is still one order, the same for everybody who sees the same set.
std::vector<CandidateName> in_queue_order(std::vector<CandidateName> names);

}  // namespace stellwerk::leadership
