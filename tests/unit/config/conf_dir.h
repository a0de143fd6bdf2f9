/// A configuration directory of its own for one test, removed with it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "support/temp_dir.h"

namespace stellwerk::config {

class ConfDir {
 public:
  const std::string& path() const { return path_; }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ + '/' + name, std::ios::binary) << text;
  }
  void remove(const std::string& name) const { std::filesystem::remove(path_ + '/' + name); }
  void make_directory(const std::string& name) const { std::filesystem::create_directory(path_ + '/' + name); }

  /// `text` with this directory's path taken out, for comparing.
  std::string without_path(std::string text) const {
    const std::string prefix = path_ + '/';
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

 private:
  const test::TempDir dir_;
  const std::string path_ = dir_.path().string();
};

}  // namespace stellwerk::config
