#include "support/temp_dir.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/assert.h"

namespace stellwerk::test {

TempDir::TempDir(On where) {
  const std::filesystem::path memory = "/dev/shm";
  const bool in_memory = where == On::memory && ::access(memory.c_str(), W_OK) == 0;
  std::string pattern =
      ((in_memory ? memory : std::filesystem::temp_directory_path()) / "stellwerk-test-XXXXXX").string();
  STELLWERK_ASSERT(::mkdtemp(pattern.data()) != nullptr, "no temporary folder for a test");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  out.close();
  STELLWERK_ASSERT(out.good(), "a test cannot write its file");
}

}  // namespace stellwerk::test
