#include "storage/memory_blob_store.h"

#include <algorithm>

namespace stellwerk::storage {
namespace {

Error bad_name() {
  return make_error(Errc::invalid,
                    "the name of a stored file is at most 255 bytes of a-z, 0-9, '.', '_', '-', with '/' "
                    "between non-empty parts");
}

Error full(std::size_t limit) {
  return make_error(Errc::no_space, "the storage in memory is full (" + std::to_string(limit) +
                                        " bytes); set high-availability.storageDir");
}

Error absent(std::string_view name) {
  return make_error(Errc::not_found, std::string(name) + " is not there");
}

/// A file and a folder cannot share a name in a file system, so they cannot here.
template <class Files>
bool is_folder(const Files& files, const std::string& name) {
  const auto at = files.lower_bound(name + "/");
  return at != files.end() && at->first.compare(0, name.size() + 1, name + "/") == 0;
}

template <class Files>
bool has_file_above(const Files& files, std::string_view name) {
  for (auto slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/', slash + 1))
    if (files.find(name.substr(0, slash)) != files.end()) return true;
  return false;
}

}  // namespace

PutResult MemoryBlobStore::put(std::string_view name, std::string_view bytes) {
  if (!is_valid_blob_name(name)) return {PutOutcome::not_done, bad_name()};
  if (bytes.size() > kBlobBytesMax)
    return {PutOutcome::not_done, make_error(Errc::too_large, std::string(name) + " is over the limit of 1 GiB")};
  const std::lock_guard lock(mutex_);
  const std::string own_name(name);
  if (has_file_above(files_, name))
    return {PutOutcome::not_done, make_error(Errc::conflict, own_name + " would lie below a file")};
  if (const auto at = files_.find(name); at != files_.end() ? at->second != bytes : is_folder(files_, own_name))
    return {PutOutcome::exists, make_error(Errc::conflict, own_name + " exists with other content; it was left alone")};
  else if (at != files_.end())
    return {};
  if (bytes.size() > bytes_max_ - bytes_) return {PutOutcome::not_done, full(bytes_max_)};
  files_.emplace(own_name, bytes);
  bytes_ += bytes.size();
  return {};
}

Result<std::string> MemoryBlobStore::get(std::string_view name) {
  if (!is_valid_blob_name(name)) return bad_name();
  const std::lock_guard lock(mutex_);
  const auto at = files_.find(name);
  if (at == files_.end()) return absent(name);
  return at->second;
}

Result<std::string> MemoryBlobStore::get_range(std::string_view name, std::uint64_t offset, std::uint64_t bytes) {
  if (!is_valid_blob_name(name)) return bad_name();
  const std::lock_guard lock(mutex_);
  const auto at = files_.find(name);
  if (at == files_.end()) return absent(name);
  if (offset >= at->second.size()) return std::string();
  return at->second.substr(offset, bytes);
}

Result<std::vector<BlobInfo>> MemoryBlobStore::list(std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  std::vector<BlobInfo> found;
  for (auto at = files_.lower_bound(prefix); at != files_.end(); ++at) {
    if (at->first.compare(0, prefix.size(), prefix) != 0) break;
    found.push_back({at->first, at->second.size(), -1});
  }
  return found;
}

Result<void> MemoryBlobStore::remove(std::string_view name) {
  if (!is_valid_blob_name(name)) return bad_name();
  const std::lock_guard lock(mutex_);
  const auto at = files_.find(name);
  if (at == files_.end()) return {};
  bytes_ -= at->second.size();
  files_.erase(at);
  return {};
}

Result<void> MemoryBlobStore::probe() {
  const std::lock_guard lock(mutex_);
  if (bytes_ >= bytes_max_) return full(bytes_max_);
  return {};
}

}  // namespace stellwerk::storage
