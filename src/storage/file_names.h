/// Names and modes inside a cluster's folder.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <cstddef>

namespace stellwerk::storage {

/// Files are made here and then linked to their names. '~' keeps it apart from every blob name.
inline constexpr char kTemporaryFolder[] = "~tmp";
/// Holds the cluster's uuid; whoever has seen it knows the folder again.
inline constexpr char kIdentityFile[] = "cluster.json";
inline constexpr std::size_t kIdentityBytesMax = 64 * 1024;

/// Less the umask. Specs of jobs may hold secrets, so nothing is for everybody.
inline constexpr mode_t kFolderMode = 0770;
inline constexpr mode_t kFileMode = 0640;

inline constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
/// O_NONBLOCK: somebody may have put a pipe there, and opening it must not wait for a writer.
inline constexpr int kOpenFile = O_RDONLY | O_NONBLOCK | O_CLOEXEC;

}  // namespace stellwerk::storage
