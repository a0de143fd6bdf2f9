#include <sys/stat.h>

#include <cerrno>

#include "storage/file_blob_store.h"
#include "storage/file_names.h"
#include "storage/storage_errors.h"

namespace stellwerk::storage {
namespace {

/// As much as a file system hands out at once, so that a full one is noticed.
constexpr std::size_t kProbeBytes = 4096;

}  // namespace

Result<void> FileBlobStore::probe() {
  const auto folder = root_.verify(StorageRoot::IfMissing::make);
  if (!folder) return folder.error();
  if (root_.take_replaced())
    return make_error(Errc::unavailable,
                      location_.describe() +
                          " is another folder than before (mounted anew, or a copy?); what it holds is "
                          "looked at again");
  if (auto error = prove_writing(**folder)) return *error;
  return {};
}

std::optional<Error> FileBlobStore::prove_writing(OpenFolder& folder) {
  const int root = folder.fd.get();
  const std::string bytes(kProbeBytes, 'p');
  const auto file = temporaries_.write(root, bytes);
  if (!file) return storage_error(file.error(), "writing to", location_.describe());

  const TemporaryFile second(*calls_, root, FileDescriptor(), temporaries_.next_path());
  if (const int rc = calls_->link_at(root, file->path().c_str(), second.path().c_str()); rc < 0)
    return storage_error(-rc, "making a hard link in", location_.describe());
  if (calls_->link_at(root, file->path().c_str(), second.path().c_str()) != -EEXIST)
    return make_error(Errc::refused, location_.describe() +
                                         " is on a file system whose hard links replace files; use a local file "
                                         "system, NFS, or another that refuses");

  const int fd = calls_->open_at(root, second.path().c_str(), kOpenFile, 0);
  if (fd < 0) return storage_error(-fd, "reading from", location_.describe());
  const FileDescriptor owner(fd);
  std::string back(kProbeBytes, '\0');
  const ssize_t got = calls_->read_at(fd, back.data(), back.size(), 0);
  if (got < 0) return storage_error(static_cast<int>(-got), "reading from", location_.describe());
  if (back != bytes)
    return make_error(Errc::damaged,
                      location_.describe() + " does not give back what was written to it; check the disk");

  struct stat info {};
  if (::fstat(fd, &info) == 0) temporaries_.sweep(root, info.st_mtim.tv_sec);
  return std::nullopt;
}

}  // namespace stellwerk::storage
