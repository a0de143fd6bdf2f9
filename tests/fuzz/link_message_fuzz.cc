/// Any bytes as what a worker, a master or a worker's guard says.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "link/death.h"
#include "link/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace link = stellwerk::link;
  if (const auto death = link::decode_death({reinterpret_cast<const char*>(data), size})) {
    const auto read = link::decode_death(link::encode_death(*death));
    if (!read || *read != *death) __builtin_trap();
  }
  const auto message = link::decode({reinterpret_cast<const char*>(data), size});
  if (!message) {
    if (message.error().text.empty()) __builtin_trap();
    return 0;
  }
  const auto again = link::decode(link::encode(*message));
  if (!again || *again != *message) __builtin_trap();
  return 0;
}
