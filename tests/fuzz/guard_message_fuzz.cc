/// Any bytes as what a master tells its guard.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "guard/guard.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace guard = stellwerk::guard;
  const auto message = guard::decode({reinterpret_cast<const char*>(data), size});
  if (!message) return 0;
  const auto again = guard::decode(guard::encode(*message));
  if (!again || *again != *message) __builtin_trap();
  guard::Guard core({});
  core.step({}, guard::event::Told{*message});
  core.step({}, guard::event::MasterDied{});
  return 0;
}
