/// Ports to listen on.
#pragma once

#include <cstdint>

namespace stellwerk::http {

/// Both ends included. {0, 0}: any free port.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

}  // namespace stellwerk::http
