/// Ports to listen on, as `rest.bind-port` and its like name them.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace stellwerk::http {

/// Both ends included. {0, 0}: any free port.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// Reads "8081", "50100-50200" or "50100,50101-50105"; "0" is any free port. Errors: invalid; `what`
/// names the key in the message.
Result<std::vector<PortRange>> parse_ports(std::string_view text, std::string_view what);

}  // namespace stellwerk::http
