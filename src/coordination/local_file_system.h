/// Which file systems keep locks and notifications honest on one host.
#pragma once

#include <stellwerk/result.h>

#include <optional>
#include <string>

namespace stellwerk::coordination {

/// What a path lies on. `path` must exist.
struct FileSystemKind {
  std::string name;  ///< "ext4", "nfs", or the type's number
  bool local = false;
};

/// Errors: not_found, unavailable.
Result<FileSystemKind> file_system_of(const std::string& path);

/// The number that statfs(2) gives, as a kind. What is not known is not local: a file system that
/// several hosts share would let each of them have "the" lock.
FileSystemKind file_system_kind(unsigned long magic);

}  // namespace stellwerk::coordination
