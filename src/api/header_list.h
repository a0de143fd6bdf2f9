/// Header values that are lists (RFC 9110). Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace stellwerk::api {

/// Takes the text up to the next separator off the front, without blanks around it; one between quotes separates
/// nothing. None at the end.
std::optional<std::string_view> next_part(std::string_view& text, char separator) noexcept;

}  // namespace stellwerk::api
