/// Checks of the program's own promises. On in every build; a broken one ends the process, because a
/// restart is cheap and tested, and going on with a wrong state is neither.
#pragma once

#include <string_view>

namespace stellwerk {

/// Prints the condition and `why` to stderr and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line, std::string_view why) noexcept;

}  // namespace stellwerk

/// Never for what comes from outside: bad input is a Result.
#define STELLWERK_ASSERT(condition, why)                                                    \
  do {                                                                                      \
    if (!(condition)) ::stellwerk::assertion_failed(#condition, __FILE__, __LINE__, (why)); \
  } while (false)
