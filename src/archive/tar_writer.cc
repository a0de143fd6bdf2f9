#include "archive/tar_writer.h"

#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace stellwerk::archive {
namespace {

constexpr std::size_t kTarBlock = 512;
/// Two blocks of zeros end a tar.
constexpr std::size_t kTarEnd = 2 * kTarBlock;
/// What fits into a header's own place; a longer path has an entry before it that says it.
constexpr std::size_t kNameMax = 100;
constexpr unsigned kFolderMode = 0755;
constexpr unsigned kProgramMode = 0755;
constexpr unsigned kFileMode = 0644;
/// zlib: its largest window, and a header of gzip around it.
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;
constexpr std::size_t kOutBytes = std::size_t{64} << 10;

struct Field {
  std::size_t at;
  std::size_t size;
};
constexpr Field kMode{100, 8};
constexpr Field kUid{108, 8};
constexpr Field kGid{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kTime{136, 12};
constexpr Field kChecksum{148, 8};
constexpr std::size_t kType = 156;
constexpr std::size_t kMagic = 257;

using Block = std::array<char, kTarBlock>;

void put_octal(Block& block, Field field, std::uint64_t value) {
  std::array<char, 24> digits{};
  std::snprintf(digits.data(), digits.size(), "%0*llo", static_cast<int>(field.size - 1),
                static_cast<unsigned long long>(value));
  std::memcpy(block.data() + field.at, digits.data(), field.size - 1);
}

/// "<length> path=<path>\n", where the length counts its own digits.
std::string path_record(const std::string& path) {
  const std::string rest = " path=" + path + "\n";
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) length = std::to_string(length).size() + rest.size();
  return std::to_string(length) + rest;
}

}  // namespace

struct TarWriter::Stream {
  Stream() {
    // Refused only for want of memory or for wrong arguments.
    STELLWERK_ASSERT(
        ::deflateInit2(&zip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK,
        "zlib could not begin");
  }
  ~Stream() { ::deflateEnd(&zip); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void write(std::string_view bytes, int flush) {
    zip.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT: zlib's own way
    zip.avail_in = static_cast<uInt>(bytes.size());
    do {
      std::array<char, kOutBytes> out;
      zip.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT: zlib's own way
      zip.avail_out = static_cast<uInt>(out.size());
      ::deflate(&zip, flush);
      made.append(out.data(), out.size() - zip.avail_out);
    } while (zip.avail_out == 0);
  }

  z_stream zip{};
  std::string made;
};

TarWriter::TarWriter() : stream_(std::make_unique<Stream>()) {}
TarWriter::~TarWriter() = default;

void TarWriter::folder(const std::string& path) {
  header(path + "/", '5', 0, kFolderMode);
}

void TarWriter::file(const std::string& path, std::uint64_t size, bool executable) {
  open_ = size;
  header(path, '0', size, executable ? kProgramMode : kFileMode);
}

void TarWriter::add(std::string_view bytes) {
  stream_->write(bytes, Z_NO_FLUSH);
}

void TarWriter::end_file() {
  pad(std::exchange(open_, 0));
}

void TarWriter::pad(std::uint64_t size) {
  if (size % kTarBlock != 0) add(std::string(kTarBlock - size % kTarBlock, '\0'));
}

void TarWriter::header(std::string path, char type, std::uint64_t size, unsigned mode) {
  if (path.size() > kNameMax) {
    const std::string record = path_record(path);
    header("path", 'x', record.size(), kFileMode);
    add(record);
    pad(record.size());
    path.resize(kNameMax);
  }
  Block block{};
  std::memcpy(block.data(), path.data(), path.size());
  put_octal(block, kMode, mode);
  put_octal(block, kUid, 0);
  put_octal(block, kGid, 0);
  put_octal(block, kSize, size);
  put_octal(block, kTime, 0);
  block[kType] = type;
  std::memcpy(block.data() + kMagic, "ustar\00000", 8);
  // It is summed up with blanks in its own place.
  std::memset(block.data() + kChecksum.at, ' ', kChecksum.size);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_octal(block, {kChecksum.at, kChecksum.size - 1}, sum);
  block[kChecksum.at + kChecksum.size - 2] = '\0';
  add({block.data(), block.size()});
}

std::size_t TarWriter::size() const {
  return stream_->made.size();
}

std::string TarWriter::finish() {
  stream_->write(std::string(kTarEnd, '\0'), Z_FINISH);
  return std::move(stream_->made);
}

}  // namespace stellwerk::archive
