/// The paths of one archive: each is checked, and they must fit together. Internal to this folder.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "archive/archive.h"

namespace stellwerk::archive {

/// How an entry is named in a message.
std::string shown_path(std::string_view path);

class EntryPaths {
 public:
  explicit EntryPaths(const Limits& limits) : limits_(limits) {}

  /// The path as it is used: relative, without "." and doubled slashes; empty for the root itself. Errors: invalid,
  /// too_large.
  Result<std::string> add(std::string_view raw, bool folder);
  std::size_t count() const { return known_.size(); }

 private:
  Result<void> add_parents(const std::string& path);
  Result<void> insert(std::string path, bool folder, bool named);

  struct Known {
    bool folder = false;
  };

  const Limits& limits_;
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace stellwerk::archive
