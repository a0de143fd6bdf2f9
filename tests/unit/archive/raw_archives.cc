#include "unit/archive/raw_archives.h"

#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstring>

namespace stellwerk::test {
namespace {

constexpr std::size_t kBlock = 512;

std::string octal(std::uint64_t value, std::size_t digits) {
  std::string out(digits, '0');
  for (std::size_t at = digits; at-- > 0; value /= 8) out[at] = static_cast<char>('0' + value % 8);
  return out;
}

std::string little(std::uint32_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

}  // namespace

void RawTar::header(const std::string& name, char type, std::uint64_t size, unsigned mode, const std::string& link) {
  std::string block(kBlock, '\0');
  block.replace(0, name.size(), name);
  block.replace(100, 7, octal(mode, 7));
  block.replace(108, 7, octal(1000, 7));
  block.replace(116, 7, octal(1000, 7));
  block.replace(124, 11, octal(size, 11));
  block.replace(136, 11, octal(1'795'000'000, 11));
  block.replace(148, 8, 8, ' ');
  block[156] = type;
  block.replace(157, link.size(), link);
  block.replace(257, 8, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 7, octal(sum, 6) + '\0');
  bytes_ += block;
}

RawTar& RawTar::file(const std::string& name, std::string_view content, unsigned mode) {
  header(name, '0', content.size(), mode, "");
  bytes_ += content;
  bytes_.resize((bytes_.size() + kBlock - 1) / kBlock * kBlock, '\0');
  return *this;
}

RawTar& RawTar::folder(const std::string& name) {
  header(name + "/", '5', 0, 0755, "");
  return *this;
}

RawTar& RawTar::special(const std::string& name, char type, const std::string& link) {
  header(name, type, 0, 0644, link);
  return *this;
}

RawTar& RawTar::promise(const std::string& name, std::uint64_t size) {
  header(name, '0', size, 0644, "");
  return *this;
}

std::string RawTar::bytes() const {
  return bytes_ + std::string(2 * kBlock, '\0');
}

std::string gzipped(std::string_view bytes) {
  z_stream zip{};
  ::deflateInit2(&zip, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(::deflateBound(&zip, bytes.size()) + 64, '\0');
  zip.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT: zlib's own way
  zip.avail_in = static_cast<uInt>(bytes.size());
  zip.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT: zlib's own way
  zip.avail_out = static_cast<uInt>(out.size());
  ::deflate(&zip, Z_FINISH);
  out.resize(out.size() - zip.avail_out);
  ::deflateEnd(&zip);
  return out;
}

std::string raw_zip(const std::vector<std::pair<std::string, std::string>>& files, unsigned mode) {
  std::string out;
  std::string directory;
  for (const auto& [name, content] : files) {
    const auto crc = static_cast<std::uint32_t>(
        ::crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));  // NOLINT
    const auto size = static_cast<std::uint32_t>(content.size());
    // Version, flags, method, time, date; what a local header and the directory have in common.
    const std::string common = little(10, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(crc, 4) +
                               little(size, 4) + little(size, 4) + little(static_cast<std::uint32_t>(name.size()), 2) +
                               little(0, 2);
    directory += "PK\x01\x02" + little(0x0314, 2) + common + little(0, 2) + little(0, 4) + little(mode << 16U, 4) +
                 little(static_cast<std::uint32_t>(out.size()), 4) + name;
    out += "PK\x03\x04" + common + name + content;
  }
  const auto number = static_cast<std::uint32_t>(files.size());
  return out + directory + "PK\x05\x06" + little(0, 4) + little(number, 2) + little(number, 2) +
         little(static_cast<std::uint32_t>(directory.size()), 4) + little(static_cast<std::uint32_t>(out.size()), 4) +
         little(0, 2);
}

}  // namespace stellwerk::test
