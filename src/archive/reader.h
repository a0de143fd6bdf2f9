/// One archive, entry by entry, each of them checked before anybody acts on it. Internal to this folder.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "archive/archive.h"
#include "archive/entry_paths.h"
#include "archive/utf8_locale.h"

struct archive;

namespace stellwerk::archive {

struct Entry {
  std::string path;  ///< relative and plain; never empty
  bool folder = false;
  bool executable = false;
};

/// Of one thread. Errors of all: invalid, too_large, failed.
class Reader {
 public:
  explicit Reader(const Limits& limits);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// `bytes` outlive this.
  Result<void> open_bytes(std::string_view bytes);
  /// Also not_found.
  Result<void> open_file(const std::string& path);

  /// The next file or folder; none at the end.
  Result<std::optional<Entry>> next();
  /// What comes next of the entry's bytes; 0: no more. Never more than the limit of all together.
  Result<std::size_t> read(std::span<char> into);

  std::uint64_t entries() const { return paths_.count(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  Result<void> opened(int code);
  Error broken() const;

  const Limits limits_;
  EntryPaths paths_;
  const Utf8Locale utf8_;
  struct ::archive* handle_;
  std::string current_;
  std::uint64_t bytes_ = 0;
  std::uint64_t headers_ = 0;
};

}  // namespace stellwerk::archive
