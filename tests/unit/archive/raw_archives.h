/// Archives byte by byte, so that they can say what no packer would.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::test {

/// A tar without its end.
class RawTar {
 public:
  RawTar& file(const std::string& name, std::string_view content, unsigned mode = 0644);
  RawTar& folder(const std::string& name);
  /// `type` as in the header: '1' hard link, '2' symbolic link, '3' device, '6' pipe.
  RawTar& special(const std::string& name, char type, const std::string& link);
  /// A header that promises `size` bytes, which do not follow.
  RawTar& promise(const std::string& name, std::uint64_t size);

  /// With its end.
  std::string bytes() const;

 private:
  void header(const std::string& name, char type, std::uint64_t size, unsigned mode, const std::string& link);

  std::string bytes_;
};

std::string gzipped(std::string_view bytes);

/// A zip of stored files, all of that mode.
std::string raw_zip(const std::vector<std::pair<std::string, std::string>>& files, unsigned mode = 0100755);

}  // namespace stellwerk::test
