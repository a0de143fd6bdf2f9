#include "guard/datagram.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace stellwerk::guard {
namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(int) * kDescriptorsMax);

/// With what belongs to it aligned as the kernel wants it.
struct Parts {
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  iovec body{};
  msghdr header{};

  Parts(char* bytes, std::size_t size) : body{bytes, size} {
    header.msg_iov = &body;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
};

}  // namespace

bool send_datagram(int socket, std::string_view bytes, std::span<const int> descriptors) {
  if (descriptors.size() > kDescriptorsMax) {
    errno = EINVAL;
    return false;
  }
  Parts parts(const_cast<char*>(bytes.data()), bytes.size());
  const std::size_t size = descriptors.size() * sizeof(int);
  parts.header.msg_controllen = descriptors.empty() ? 0 : CMSG_SPACE(size);
  if (!descriptors.empty()) {
    cmsghdr* const control = CMSG_FIRSTHDR(&parts.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(control), descriptors.data(), size);
  }
  return ::sendmsg(socket, &parts.header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

Datagram receive_datagram(int socket, std::span<char> into) {
  Parts parts(into.data(), into.size());
  Datagram out;
  out.size = ::recvmsg(socket, &parts.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (out.size < 0) return out;
  for (cmsghdr* control = CMSG_FIRSTHDR(&parts.header); control != nullptr;
       control = CMSG_NXTHDR(&parts.header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = std::min((control->cmsg_len - CMSG_LEN(0)) / sizeof(int), kDescriptorsMax);
    std::memcpy(out.descriptors.data(), CMSG_DATA(control), count * sizeof(int));
  }
  return out;
}

}  // namespace stellwerk::guard
