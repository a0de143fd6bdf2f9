#include "leadership/candidate_name.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace stellwerk::leadership {
namespace {

constexpr std::string_view kMark = "-latch-";
constexpr std::size_t kSequenceCharsMin = 10;
constexpr std::size_t kSequenceCharsMax = 11;
constexpr std::size_t kGuidCharsMax = 64;

std::uint32_t on_circle(const CandidateName& name) {
  return static_cast<std::uint32_t>(name.sequence);
}

}  // namespace

std::string candidate_prefix(std::string_view guid) {
  return std::string(guid) + std::string(kMark);
}

std::optional<CandidateName> parse_candidate_name(std::string_view name) {
  const auto mark = name.find(kMark);
  if (mark == std::string_view::npos || mark == 0 || mark > kGuidCharsMax) return std::nullopt;
  const std::string_view digits = name.substr(mark + kMark.size());
  if (digits.size() < kSequenceCharsMin || digits.size() > kSequenceCharsMax) return std::nullopt;
  CandidateName out{std::string(name), std::string(name.substr(0, mark)), 0};
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, out.sequence);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return out;
}

std::vector<CandidateName> in_queue_order(std::vector<CandidateName> names) {
  if (names.empty()) return names;
  std::sort(names.begin(), names.end(), [](const CandidateName& a, const CandidateName& b) {
    return std::make_tuple(on_circle(a), std::string_view(a.text)) <
           std::make_tuple(on_circle(b), std::string_view(b.text));
  });
  // The gap before each number; before the first one lies the gap over the end of the circle. Of
  // several widest gaps the first one found counts.
  std::size_t first = 0;
  std::uint32_t widest = on_circle(names.front()) - on_circle(names.back());
  for (std::size_t i = 1; i < names.size(); ++i) {
    const std::uint32_t gap = on_circle(names[i]) - on_circle(names[i - 1]);
    if (gap <= widest) continue;
    widest = gap;
    first = i;
  }
  std::rotate(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(first), names.end());
  return names;
}

}  // namespace stellwerk::leadership
