/// A directory of a test's own, removed with all that is in it.
#pragma once

#include <string>

#include "support/temp_dir.h"

namespace stellwerk::cli {

class ScratchDir {
 public:
  const std::string& path() const { return path_; }
  /// Writes a file below, with the directories above it; its path.
  std::string write(const std::string& name, const std::string& text) const {
    const std::string file = dir_ / name;
    test::write_file(file, text);
    return file;
  }

 private:
  const test::TempDir dir_;
  const std::string path_ = dir_.path().string();
};

}  // namespace stellwerk::cli
