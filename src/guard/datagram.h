/// One datagram of the socket between a master and its guard, with the descriptors that travel along.
#pragma once

#include <sys/types.h>

#include <array>
#include <span>
#include <string_view>

namespace stellwerk::guard {

/// Most descriptors with one datagram.
inline constexpr std::size_t kDescriptorsMax = 2;

struct Datagram {
  ssize_t size = -1;  ///< as recv() returns it
  /// The caller's to close; -1 where there is none.
  std::array<int, kDescriptorsMax> descriptors{-1, -1};
};

/// Without waiting. The receiver gets copies of the descriptors. False: errno says why; EAGAIN means that nobody
/// reads, EINVAL that there are more than kDescriptorsMax.
bool send_datagram(int socket, std::string_view bytes, std::span<const int> descriptors = {});
/// Without waiting. What is longer than `into` is cut: have room for one byte more than is accepted.
Datagram receive_datagram(int socket, std::span<char> into);

}  // namespace stellwerk::guard
