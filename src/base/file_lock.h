/// Locks of open file descriptions (F_OFD_SETLK): of a whole file, and given back by the kernel when the last
/// descriptor goes, however its process dies. Descriptors must be close-on-exec, and nobody may fork without exec:
/// a child would keep the lock.
#pragma once

namespace stellwerk {

/// 1 taken, 0 another has it, or -errno. Never waits.
int try_lock(int fd);
/// Best effort; closing the descriptor is sure.
void unlock(int fd);
/// True if some open file description, ours or another's, holds a lock on the file behind `fd`. Negative: -errno.
int is_locked(int fd);

}  // namespace stellwerk
