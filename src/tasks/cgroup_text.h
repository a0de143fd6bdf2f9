/// The small texts of which control groups are made.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace stellwerk::tasks {

/// What stands between separators, without what is empty. They point into `text`.
std::vector<std::string_view> pieces(std::string_view text, char separator);
/// None: it is not one, or negative.
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace stellwerk::tasks
