#include "artifacts/artifact_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "archive/archive.h"
#include "base/file_descriptor.h"
#include "base/write_all.h"
#include "worker/artifacts.h"

namespace stellwerk::artifacts {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHalfDone = ".new";
constexpr std::string_view kJarEnding = ".jar";
constexpr fs::perms kAnyWrite = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;

Error could_not(const std::string& what, const std::string& path, int error) {
  return make_error(error == ENOSPC || error == EDQUOT ? Errc::no_space : Errc::failed,
                    "could not " + what + " " + path + ": " + std::strerror(error));
}

Result<void> make_folders(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return could_not("make", path, error.value());
  return {};
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return could_not("make", path, errno);
  if (const int done = write_all(file.get(), bytes); done < 0) return could_not("write", path, -done);
  return {};
}

/// With all below it; the folders of what is complete have to be made writable first.
void remove_tree(const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored))) return;
  fs::permissions(path, fs::perms::owner_all, fs::perm_options::add | fs::perm_options::nofollow, ignored);
  for (fs::recursive_directory_iterator at(path, ignored); !ignored && at != fs::recursive_directory_iterator();
       at.increment(ignored)) {
    std::error_code unimportant;
    if (at->symlink_status(unimportant).type() == fs::file_type::directory)
      fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add, unimportant);
  }
  fs::remove_all(path, ignored);
}

/// What it takes on the disk; on the way nobody may write to it any more.
std::uint64_t seal(const std::string& path, bool protect) {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (fs::recursive_directory_iterator at(path, ignored); !ignored && at != fs::recursive_directory_iterator();
       at.increment(ignored)) {
    struct stat status {};
    if (::lstat(at->path().c_str(), &status) == 0) bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    std::error_code unimportant;
    if (protect) fs::permissions(at->path(), kAnyWrite, fs::perm_options::remove, unimportant);
  }
  return bytes;
}

bool is_key(std::string_view name) {
  if (name.ends_with(kJarEnding)) name.remove_suffix(kJarEnding.size());
  return model::is_artifact_hash(name);
}

}  // namespace

std::string key_of(const model::ArtifactRef& artifact) {
  return artifact.sha256 + (artifact.kind == model::ArtifactKind::jar ? std::string(kJarEnding) : "");
}

Result<std::vector<ArtifactFolder::Kept>> ArtifactFolder::open() const {
  if (const auto made = make_folders(path_); made.has_error()) return made.error();
  struct Found {
    fs::file_time_type used;
    Kept kept;
  };
  std::vector<Found> found;
  std::vector<std::string> others;
  std::error_code error;
  for (fs::directory_iterator at(path_, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code unknown;
    const auto used = fs::last_write_time(at->path(), unknown);
    if (is_key(name) && !unknown)
      found.push_back({used, {name, seal(at->path().string(), false)}});
    else
      others.push_back(at->path().string());
  }
  if (error) return could_not("list", path_, error.value());
  for (const auto& path : others)
    if (path.ends_with(kHalfDone)) remove_tree(path);
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.used < b.used; });
  std::vector<Kept> kept;
  kept.reserve(found.size());
  for (auto& each : found) kept.push_back(std::move(each.kept));
  return kept;
}

Result<std::uint64_t> ArtifactFolder::store(const model::ArtifactRef& artifact, std::string_view bytes) const {
  auto made = make(artifact, bytes);
  remove_tree(path_of(key_of(artifact)) + std::string(kHalfDone));
  if (made.has_error())
    return make_error(made.error().code, "could not unpack " + artifact.name + " on this worker: " + made.error().text);
  return made;
}

Result<std::uint64_t> ArtifactFolder::make(const model::ArtifactRef& artifact, std::string_view bytes) const {
  const std::string whole = path_of(key_of(artifact));
  const std::string half = whole + std::string(kHalfDone);
  const std::string files = half + "/files";
  remove_tree(half);
  if (const auto made = make_folders(files); made.has_error()) return made.error();
  if (artifact.kind == model::ArtifactKind::jar) {
    if (const auto written = write_file(files + "/" + worker::kJarName, bytes); written.has_error())
      return written.error();
  } else {
    if (const auto written = write_file(half + "/archive", bytes); written.has_error()) return written.error();
    if (const auto unpacked = archive::unpack(half + "/archive", files); unpacked.has_error()) return unpacked.error();
  }
  const std::uint64_t size = seal(files, true);
  // Complete under its name also after the host has died.
  const FileDescriptor disk(::open(files.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!disk || ::syncfs(disk.get()) != 0) return could_not("sync", files, errno);
  remove_tree(whole);
  if (::rename(files.c_str(), whole.c_str()) != 0) return could_not("rename " + files + " to", whole, errno);
  std::error_code unimportant;
  fs::permissions(whole, kAnyWrite, fs::perm_options::remove, unimportant);
  return size;
}

void ArtifactFolder::touch(const std::string& key) const {
  // What cannot be touched only goes too early.
  static_cast<void>(::utimensat(AT_FDCWD, path_of(key).c_str(), nullptr, 0));
}

void ArtifactFolder::remove(const std::string& key) const {
  remove_tree(path_of(key));
}

}  // namespace stellwerk::artifacts
