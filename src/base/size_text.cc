#include "base/size_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace stellwerk {
namespace {

constexpr int kKilo = 10, kMega = 20, kGiga = 30, kTera = 40;

struct SizeUnit {
  std::string_view label;
  int shift;
};

constexpr std::array kSizeUnits = std::to_array<SizeUnit>({
    {"", 0},
    {"b", 0},
    {"bytes", 0},
    {"k", kKilo},
    {"kb", kKilo},
    {"kib", kKilo},
    {"m", kMega},
    {"mb", kMega},
    {"mib", kMega},
    {"g", kGiga},
    {"gb", kGiga},
    {"gib", kGiga},
    {"t", kTera},
    {"tb", kTera},
    {"tib", kTera},
    {"kibibytes", kKilo},
    {"mebibytes", kMega},
    {"gibibytes", kGiga},
    {"tebibytes", kTera},
});

std::string_view without_blanks(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  text = without_blanks(text);
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit;
  if (fault == std::errc{}) unit = without_blanks(text.substr(static_cast<std::size_t>(end - text.data())));
  for (char& c : unit)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto* known =
      std::find_if(kSizeUnits.begin(), kSizeUnits.end(), [&](const SizeUnit& each) { return each.label == unit; });
  if (text.empty() || fault != std::errc{} || known == kSizeUnits.end())
    return make_error(Errc::invalid,
                      "is not a size; accepted is a number with a unit (b, kb, mb, gb, tb), for example 64 mb; a bare "
                      "number counts bytes");
  const std::uint64_t most = std::uint64_t{std::numeric_limits<std::int64_t>::max()} >> known->shift;
  if (number > most) return make_error(Errc::invalid, "is too large; accepted is less than 8388608 tb");
  return number << known->shift;
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array<std::pair<int, const char*>, 4> kShown{
      {{kTera, " TiB"}, {kGiga, " GiB"}, {kMega, " MiB"}, {kKilo, " KiB"}}};
  for (const auto& [shift, label] : kShown)
    if (bytes != 0 && (bytes >> shift) << shift == bytes) return std::to_string(bytes >> shift) + label;
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

}  // namespace stellwerk
