/// For how long something is still tried, as people are told it.
#pragma once

#include <chrono>
#include <string>

#include "cli/host.h"
#include "config/quantity.h"

namespace stellwerk::cli {

/// In whole seconds, rounded up: "60 s" that a few milliseconds of are gone.
inline std::string time_left(Milliseconds left) {
  return config::format_duration(std::chrono::ceil<std::chrono::seconds>(left));
}

}  // namespace stellwerk::cli
