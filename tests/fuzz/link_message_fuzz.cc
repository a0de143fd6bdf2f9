/// Any bytes as what a worker or a master says.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "link/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace link = stellwerk::link;
  const auto message = link::decode({reinterpret_cast<const char*>(data), size});
  if (!message) {
    if (message.error().text.empty()) __builtin_trap();
    return 0;
  }
  const auto again = link::decode(link::encode(*message));
  if (!again || *again != *message) __builtin_trap();
  return 0;
}
