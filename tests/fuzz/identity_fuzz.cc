/// Any bytes as a worker's identity file.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "identity/identity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace identity = stellwerk::identity;
  const auto read = identity::decode_identity({reinterpret_cast<const char*>(data), size});
  if (!read) {
    if (read.error().text.empty()) __builtin_trap();
    return 0;
  }
  const auto again = identity::decode_identity(identity::encode_identity(*read));
  if (!again || *again != *read) __builtin_trap();
  return 0;
}
