#include "storage/file_blob_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "storage/file_names.h"
#include "storage/folder_walk.h"
#include "storage/storage_errors.h"

namespace stellwerk::storage {
namespace {

constexpr std::size_t kDoubtsMax = 4096;
constexpr std::size_t kCompareBytes = 256 * 1024;

/// Some file systems (CIFS) cannot sync a folder; there the server has it when the call returns.
bool is_sync_done(int rc) {
  return rc >= 0 || rc == -EINVAL;
}

bool is_absent(int rc) {
  return rc == -ENOENT || rc == -ENOTDIR;
}

/// Failures after which a call certainly had no effect. All others (EIO, ESTALE, ETIMEDOUT ...) may
/// hide a lost reply of a file server.
bool is_certain(int rc) {
  constexpr std::array<int, 14> kCertain = {ENOSPC, EDQUOT,  EROFS,        EACCES,     EPERM, EXDEV,  EMLINK,
                                            ENOENT, ENOTDIR, ENAMETOOLONG, EOPNOTSUPP, ELOOP, ENOMEM, EISDIR};
  return std::find(kCertain.begin(), kCertain.end(), -rc) != kCertain.end();
}

Error unavailable(const Error& cause) {
  return make_error(Errc::unavailable, cause.text);
}

std::string shown(std::string_view name) {
  std::string text(name.substr(0, kBlobNameBytesMax));
  for (char& c : text)
    if (c < 0x20 || c > 0x7e) c = '?';
  return text;
}

Error bad_name(std::string_view name) {
  return make_error(Errc::invalid, "\"" + shown(name) +
                                       "\" is not a name for a stored file: at most 255 bytes of a-z, 0-9, '.', '_', "
                                       "'-', with '/' between non-empty parts");
}

/// 1: the same, 0: other bytes, or -errno.
int compare_with(FileCalls& calls, int fd, std::string_view bytes) {
  struct stat info {};
  if (::fstat(fd, &info) < 0) return -errno;
  if (!S_ISREG(info.st_mode) || static_cast<std::uint64_t>(info.st_size) != bytes.size()) return 0;
  std::string buffer(std::min(kCompareBytes, bytes.size()), '\0');
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t got = calls.read_at(fd, buffer.data(), buffer.size(), at);
    if (got < 0) return static_cast<int>(got);
    const auto part = std::string_view(buffer).substr(0, static_cast<std::size_t>(got));
    if (part.empty() || part != bytes.substr(at, part.size())) return 0;
    at += part.size();
  }
  return 1;
}

}  // namespace

FileBlobStore::FileBlobStore(StorageLocation location, std::unique_ptr<FileCalls> calls)
    : location_(location), calls_(std::move(calls)), root_(std::move(location), *calls_), temporaries_(*calls_) {}

std::string FileBlobStore::place(std::string_view name) const {
  std::string text = location_.describe();
  return text.append("/").append(name);
}

PutResult FileBlobStore::put_failed(PutOutcome outcome, int rc, std::string_view doing, std::string_view name) const {
  return {outcome, storage_error(-rc, doing, place(name))};
}

PutResult FileBlobStore::put(std::string_view name, std::string_view bytes) {
  if (!is_valid_blob_name(name)) return {PutOutcome::not_done, bad_name(name)};
  if (bytes.size() > kBlobBytesMax)
    return {PutOutcome::not_done,
            make_error(Errc::too_large,
                       place(name) + " would have " + std::to_string(bytes.size()) + " bytes; the limit is 1 GiB")};
  const std::string own_name(name);
  return with_doubts(own_name, attempt(own_name, bytes));
}

PutResult FileBlobStore::with_doubts(const std::string& name, PutResult result) {
  const std::lock_guard lock(mutex_);
  switch (result.outcome) {
    case PutOutcome::ok:
    case PutOutcome::exists: doubtful_names_.erase(name); break;
    case PutOutcome::not_done:
      if (too_many_doubts_ || doubtful_names_.count(name) > 0) result.outcome = PutOutcome::unknown;
      break;
    case PutOutcome::unknown:
      if (doubtful_names_.size() < kDoubtsMax)
        doubtful_names_.insert(name);
      else
        too_many_doubts_ = true;
      break;
  }
  return result;
}

PutResult FileBlobStore::attempt(const std::string& name, std::string_view bytes) {
  const auto opened = root_.open(StorageRoot::IfMissing::make);
  if (!opened) return {PutOutcome::not_done, opened.error()};
  OpenFolder& folder = **opened;
  if (const int made = make_folders(folder, name); made < 0)
    return put_failed(PutOutcome::not_done, made, "creating the folder of", name);
  const auto file = temporaries_.write(folder.fd.get(), bytes);
  if (!file) {
    // A removed or remounted folder shows here first; the next put finds what stands at the path now.
    root_.verify(StorageRoot::IfMissing::leave);
    return put_failed(PutOutcome::not_done, -file.error(), "writing", name);
  }
  return settle_link(link_to(folder, *file, name), folder, name, bytes);
}

int FileBlobStore::link_to(OpenFolder& folder, const TemporaryFile& file, const std::string& name) {
  const int root = folder.fd.get();
  const int linked = calls_->link_at(root, file.path().c_str(), name.c_str());
  if (linked != -ENOENT) return linked;
  // Somebody removed a folder that we took for granted.
  folder.durable.forget_all();
  if (const int made = make_folders(folder, name); made < 0) return linked;
  return calls_->link_at(root, file.path().c_str(), name.c_str());
}

PutResult FileBlobStore::settle_link(int rc, OpenFolder& folder, const std::string& name, std::string_view bytes) {
  if (rc == -EEXIST) return settle_existing(folder, name, bytes);
  if (rc < 0) {
    const int fd = calls_->open_at(folder.fd.get(), name.c_str(), kOpenFile, 0);
    const FileDescriptor owner(fd);
    if (fd >= 0) return settle_existing(folder, name, bytes);
    const bool not_done = is_certain(rc) && is_absent(fd);
    return put_failed(not_done ? PutOutcome::not_done : PutOutcome::unknown, rc, "naming", name);
  }
  const int synced = sync_folder_of(folder.fd.get(), name);
  if (!is_sync_done(synced)) return put_failed(PutOutcome::unknown, synced, "syncing the folder of", name);
  return {};
}

PutResult FileBlobStore::settle_existing(OpenFolder& folder, const std::string& name, std::string_view bytes) {
  const int root = folder.fd.get();
  const int opened = calls_->open_at(root, name.c_str(), kOpenFile, 0);
  if (opened < 0) return put_failed(PutOutcome::unknown, opened, "comparing with the present", name);
  const FileDescriptor owner(opened);
  const int same = compare_with(*calls_, opened, bytes);
  if (same < 0) return put_failed(PutOutcome::unknown, same, "comparing with the present", name);
  if (same == 0)
    return {PutOutcome::exists,
            make_error(Errc::conflict, place(name) + " exists with other content; it was left alone")};
  // Its writer may have died, or be, between naming and syncing it.
  int synced = calls_->sync(opened);
  if (synced >= 0) synced = sync_folder_of(root, name);
  if (!is_sync_done(synced)) return put_failed(PutOutcome::unknown, synced, "syncing", name);
  return {};
}

int FileBlobStore::make_folders(OpenFolder& folder, const std::string& name) {
  const int root = folder.fd.get();
  for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    const std::string path = name.substr(0, slash);
    if (folder.durable.contains(path)) continue;
    const int made = calls_->make_dir_at(root, path.c_str(), kFolderMode);
    if (made < 0 && made != -EEXIST) return made;
    if (const int synced = sync_folder_of(root, path); !is_sync_done(synced)) return synced;
    folder.durable.add(path);
  }
  return 0;
}

int FileBlobStore::sync_folder_of(int root, const std::string& name) {
  const auto slash = name.rfind('/');
  if (slash == std::string::npos) return calls_->sync(root);
  const int fd = calls_->open_at(root, name.substr(0, slash).c_str(), kOpenFolder, 0);
  if (fd < 0) return fd;
  const FileDescriptor owner(fd);
  return calls_->sync(fd);
}

/// NFS clients remember that a name was absent until they look at its folder again.
int FileBlobStore::open_past_caches(int root, const std::string& name) {
  const int fd = calls_->open_at(root, name.c_str(), kOpenFile, 0);
  if (fd != -ENOENT) return fd;
  const auto slash = name.rfind('/');
  const std::string path = slash == std::string::npos ? "." : name.substr(0, slash);
  const int folder = calls_->open_at(root, path.c_str(), kOpenFolder, 0);
  if (folder < 0) return folder;
  const FileDescriptor owner(folder);
  return calls_->open_at(folder, name.substr(slash + 1).c_str(), kOpenFile, 0);
}

Result<bool> FileBlobStore::is_truly_absent(const StorageRoot::Directory& asked) {
  const auto now = root_.verify(StorageRoot::IfMissing::leave);
  if (!now) return unavailable(now.error());
  return *now == asked;
}

Result<FileBlobStore::ToRead> FileBlobStore::open_to_read(std::string_view name) {
  if (!is_valid_blob_name(name)) return bad_name(name);
  const auto absent = [&] { return make_error(Errc::not_found, place(name) + " is not there"); };
  for (int tries = 0; tries < 2; ++tries) {
    const auto folder = root_.open(StorageRoot::IfMissing::leave);
    if (!folder) return unavailable(folder.error());
    const int fd = *folder ? open_past_caches((*folder)->fd.get(), std::string(name)) : -ENOENT;
    if (fd >= 0) {
      ToRead file{FileDescriptor(fd), 0};
      struct stat info {};
      if (::fstat(fd, &info) < 0) return unavailable(storage_error(errno, "reading", place(name)));
      if (!S_ISREG(info.st_mode)) return absent();
      file.bytes = static_cast<std::uint64_t>(info.st_size);
      return file;
    }
    if (!is_absent(fd)) return unavailable(storage_error(-fd, "opening", place(name)));
    const auto truly = is_truly_absent(*folder);
    if (!truly) return truly.error();
    if (*truly) return absent();
  }
  return make_error(Errc::unavailable, location_.describe() + " changes under our hands (remounted?); try again");
}

Result<std::string> FileBlobStore::read(const ToRead& file, std::string_view name, std::uint64_t offset,
                                        std::uint64_t bytes) {
  if (bytes > kBlobBytesMax)
    return make_error(Errc::too_large,
                      place(name) + ": " + std::to_string(bytes) + " bytes are more than the limit of 1 GiB");
  std::string out(bytes, '\0');
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t got = calls_->read_at(file.fd.get(), out.data() + have, out.size() - have, offset + have);
    if (got < 0) return unavailable(storage_error(static_cast<int>(-got), "reading", place(name)));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

Result<std::string> FileBlobStore::get(std::string_view name) {
  const auto file = open_to_read(name);
  if (!file) return file.error();
  return read(*file, name, 0, file->bytes);
}

Result<std::string> FileBlobStore::get_range(std::string_view name, std::uint64_t offset, std::uint64_t bytes) {
  const auto file = open_to_read(name);
  if (!file) return file.error();
  if (offset >= file->bytes) return std::string();
  return read(*file, name, offset, std::min(bytes, file->bytes - offset));
}

Result<std::vector<BlobInfo>> FileBlobStore::list(std::string_view prefix) {
  const auto folder = root_.verify(StorageRoot::IfMissing::leave);
  if (!folder) return unavailable(folder.error());
  std::vector<BlobInfo> found;
  if (!*folder) return found;
  const int rc = find_blobs((*folder)->fd.get(), prefix, kListedFilesMax, found);
  if (rc == -E2BIG)
    return make_error(Errc::unavailable, location_.describe() + " holds more than " + std::to_string(kListedFilesMax) +
                                             " files; remove what does not belong there");
  if (rc < 0) return unavailable(storage_error(-rc, "listing", location_.describe()));
  std::sort(found.begin(), found.end(), [](const BlobInfo& a, const BlobInfo& b) { return a.name < b.name; });
  return found;
}

Result<void> FileBlobStore::remove(std::string_view name) {
  if (!is_valid_blob_name(name)) return bad_name(name);
  const auto folder = root_.open(StorageRoot::IfMissing::leave);
  if (!folder) return unavailable(folder.error());
  if (!*folder) return {};
  const int root = (*folder)->fd.get();
  const std::string own_name(name);
  const int rc = calls_->unlink_at(root, own_name.c_str());
  if (is_absent(rc) || rc == -EISDIR) {
    const auto truly = is_truly_absent(*folder);
    if (!truly) return truly.error();
    if (*truly) return {};
    return make_error(Errc::unavailable, location_.describe() + " was remounted meanwhile; try again");
  }
  if (rc < 0) {
    const Error error = storage_error(-rc, "removing", place(name));
    return make_error(is_certain(rc) ? Errc::unavailable : Errc::unknown, error.text);
  }
  if (const int synced = sync_folder_of(root, own_name); !is_sync_done(synced))
    return make_error(Errc::unknown, storage_error(-synced, "syncing the folder of", place(name)).text);
  return {};
}

}  // namespace stellwerk::storage
