#include "model/position.h"

#include <charconv>

namespace stellwerk::model {
namespace {

bool read_number(std::string_view text, std::int64_t max, std::int64_t& out) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc{} && end == text.data() + text.size() && out >= 0 && out <= max && text.front() != '-';
}

}  // namespace

std::string to_string(Position position) {
  return std::to_string(position.epoch) + '-' + std::to_string(position.seq);
}

Result<Position> parse_position(std::string_view text) {
  Position position;
  const auto dash = text.find('-');
  const bool ok = dash != std::string_view::npos && dash > 0 && dash + 1 < text.size() &&
                  read_number(text.substr(0, dash), kEpochMax, position.epoch) &&
                  read_number(text.substr(dash + 1), kSeqMax, position.seq);
  if (ok) return position;
  return make_error(Errc::invalid, "a position is written <epoch>-<seq> in decimal, for example 7-42");
}

}  // namespace stellwerk::model
