/// A tar with gzip, made in memory; the same entries give the same bytes. Internal to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace stellwerk::archive {

class TarWriter {
 public:
  TarWriter();
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  void folder(const std::string& path);
  /// Followed by add() with as many bytes as `size` says, then end_file().
  void file(const std::string& path, std::uint64_t size, bool executable);
  void add(std::string_view bytes);
  void end_file();

  /// So far.
  std::size_t size() const;
  /// Once, last.
  std::string finish();

 private:
  struct Stream;

  void header(std::string path, char type, std::uint64_t size, unsigned mode);
  void pad(std::uint64_t size);

  std::unique_ptr<Stream> stream_;
  std::uint64_t open_ = 0;  ///< bytes of the file that is being written
};

}  // namespace stellwerk::archive
