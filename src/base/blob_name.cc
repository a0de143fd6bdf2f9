#include <stellwerk/blob_store.h>

namespace stellwerk {
namespace {

bool is_component(std::string_view part) noexcept {
  if (part.empty() || part == "." || part == "..") return false;
  for (const char c : part) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!ok) return false;
  }
  return true;
}

}  // namespace

bool is_valid_blob_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kBlobNameBytesMax) return false;
  for (;;) {
    const auto slash = name.find('/');
    if (!is_component(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace stellwerk
