#include "storage/directory_entries.h"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/file_descriptor.h"

namespace stellwerk::storage {

int for_each_entry(int folder, const std::function<bool(const char*, unsigned char)>& each) {
  FileDescriptor own(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return -errno;
  const auto close_dir = [](DIR* dir) { ::closedir(dir); };
  std::unique_ptr<DIR, decltype(close_dir)> stream(::fdopendir(own.get()), close_dir);
  if (!stream) return -errno;
  own.release();
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) return -errno;
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    if (!each(entry->d_name, entry->d_type)) return 0;
  }
}

}  // namespace stellwerk::storage
