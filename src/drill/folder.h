/// The folder of a drill, with all that its cluster writes.
#pragma once

#include <stellwerk/result.h>

#include <string>

namespace stellwerk::drill {

/// Removed with all that is in it when it goes, unless it is kept.
class Folder {
 public:
  /// `wanted`, which is empty or can be made; if that is "", a new one in `tmp`, else in /tmp. Errors: invalid, failed.
  static Result<Folder> make(const std::string& wanted, const std::string& tmp);

  Folder(Folder&& other) noexcept;
  Folder& operator=(Folder&&) = delete;
  ~Folder();

  /// Without links.
  const std::string& path() const noexcept { return path_; }
  void keep() noexcept { kept_ = true; }
  bool kept() const noexcept { return kept_; }

 private:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  std::string path_;
  bool kept_ = false;
};

}  // namespace stellwerk::drill
