#include "drill/folder.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/text.h"

namespace stellwerk::drill {

namespace fs = std::filesystem;

Result<Folder> Folder::make(const std::string& wanted, const std::string& tmp) {
  std::error_code failed;
  if (!wanted.empty()) {
    fs::create_directories(wanted, failed);
    if (failed || !fs::is_empty(wanted, failed))
      return make_error(Errc::invalid, "--dir " + shown(wanted) + " must be an empty folder, or one that can be made");
    return Folder(fs::canonical(wanted).string());
  }
  std::string name = (tmp.empty() ? std::string("/tmp") : tmp) + "/stellwerk-drill-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return make_error(Errc::failed, "cannot make the folder " + name);
  return Folder(fs::canonical(name).string());
}

Folder::Folder(Folder&& other) noexcept : path_(std::exchange(other.path_, "")), kept_(other.kept_) {}

Folder::~Folder() {
  std::error_code ignored;
  if (!path_.empty() && !kept_) fs::remove_all(path_, ignored);
}

}  // namespace stellwerk::drill
