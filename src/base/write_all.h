/// All of some bytes into a descriptor that blocks. From any thread, not on a loop; says nothing of durability.
#pragma once

#include <string_view>

namespace stellwerk {

/// 0, or -errno with some of `bytes` written (-EIO: the system takes no more without saying why). Goes on after
/// signals.
int write_all(int fd, std::string_view bytes);

}  // namespace stellwerk
