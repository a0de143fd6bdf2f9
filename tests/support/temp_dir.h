/// A folder of one's own that goes with its owner.
#pragma once

#include <filesystem>
#include <string>

namespace stellwerk::test {

class TempDir {
 public:
  enum class On { disk, memory };
  /// On disk: below $TMPDIR, or /tmp. In memory, for tests that make hundreds: below /dev/shm where
  /// there is one. Aborts the test program if there is no room for it.
  explicit TempDir(On where = On::disk);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Of a file in a test: the whole content; empty if there is none.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& bytes);

}  // namespace stellwerk::test
