#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace stellwerk {

void assertion_failed(const char* condition, const char* file, int line, std::string_view why) noexcept {
  std::fprintf(stderr, "stellwerk: broken invariant: %.*s (%s, %s:%d)\n", static_cast<int>(why.size()), why.data(),
               condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace stellwerk
