/// Any bytes as what a master's /status says to a worker.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "link/message.h"
#include "worker/worker_ports.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto ports = stellwerk::worker::read_worker_ports({reinterpret_cast<const char*>(data), size});
  if (!ports) {
    if (ports.error().text.empty()) __builtin_trap();
    return 0;
  }
  if (ports->leader && ports->masters.empty()) __builtin_trap();
  for (const auto& each : ports->masters)
    if (each.empty() || each.size() > stellwerk::link::kTextBytesMax || !stellwerk::is_printable_text(each))
      __builtin_trap();
  return 0;
}
