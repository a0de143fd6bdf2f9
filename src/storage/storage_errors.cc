#include "storage/storage_errors.h"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace stellwerk::storage {
namespace {

struct Advice {
  Errc code;
  std::string text;
};

Advice advice_for(int error) {
  switch (error) {
    case ENOSPC: return {Errc::no_space, "the file system is full: free some space, writing then goes on by itself"};
    case EDQUOT:
      return {Errc::no_space,
              "the quota is used up: free some space or raise the quota, writing then goes on by itself"};
    case EROFS: return {Errc::refused, "the file system is read-only: remount it read-write"};
    case EACCES:
      return {Errc::refused, "the user that runs this process (uid " + std::to_string(::geteuid()) +
                                 ") must be allowed to read and write there"};
    case EPERM:
    case EOPNOTSUPP:
      return {Errc::refused, "the file system or its mount options forbid it (hard links and syncing are needed)"};
    case EXDEV: return {Errc::refused, "all folders of a cluster must be on one file system"};
    case EFBIG: return {Errc::too_large, "a limit on the size of files (ulimit -f, or the file system's) is reached"};
    case ENOENT: return {Errc::not_found, "create it, or mount it"};
    case ENOTDIR: return {Errc::not_found, "a folder is expected there, not a file"};
    case EMFILE:
    case ENFILE: return {Errc::unavailable, "too many files are open (ulimit -n)"};
    default: return {Errc::unavailable, "is the disk healthy and the mount reachable?"};
  }
}

}  // namespace

Error storage_error(int error, std::string_view doing, std::string_view path) {
  const Advice advice = advice_for(error);
  std::string text(doing);
  text.append(" ").append(path).append(" failed (").append(std::generic_category().message(error)).append("): ");
  return make_error(advice.code, text + advice.text);
}

}  // namespace stellwerk::storage
