/// A tar with gzip, made in memory by the library; the same entries give the same bytes. Internal to this folder.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/utf8_locale.h"

struct archive;
struct archive_entry;

namespace stellwerk::archive {

/// Of one thread. Errors of all: too_large (more than `bytes_max`; whoever calls says of what), failed. After an error
/// it is only destroyed.
class TarWriter {
 public:
  explicit TarWriter(std::uint64_t bytes_max);
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  Result<void> folder(const std::string& path);
  /// Followed by add() with as many bytes as `size` says.
  Result<void> file(const std::string& path, std::uint64_t size, bool executable);
  Result<void> add(std::string_view bytes);
  /// Once, last.
  Result<std::string> finish();

 private:
  Result<void> header(const std::string& path, unsigned type, std::uint64_t size, unsigned mode);
  Result<void> written(bool sound) const;
  bool take(std::string_view bytes);

  const std::uint64_t bytes_max_;
  const Utf8Locale utf8_;
  struct ::archive* handle_;
  struct ::archive_entry* entry_;
  std::string made_;
  bool full_ = false;
  bool given_up_ = false;
};

}  // namespace stellwerk::archive
