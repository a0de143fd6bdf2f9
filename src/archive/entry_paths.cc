#include "archive/entry_paths.h"

#include "base/text.h"

namespace stellwerk::archive {
namespace {

constexpr std::size_t kPathShownMax = 200;
/// Of one file or folder: what file systems take.
constexpr std::size_t kNameBytesMax = 255;

Error refused(std::string_view raw, const std::string& why) {
  return make_error(Errc::invalid, shown_path(raw) + " " + why);
}

}  // namespace

std::string shown_path(std::string_view path) {
  return shown(path, kPathShownMax);
}

Result<std::string> EntryPaths::add(std::string_view raw, bool folder) {
  if (raw.size() > limits_.path_bytes)
    return make_error(Errc::too_large, "the path " + shown_path(raw) + " has " + std::to_string(raw.size()) +
                                           " bytes, accepted are at most " + std::to_string(limits_.path_bytes));
  if (!is_printable_text(raw)) return refused(raw, "is a name that is not printable UTF-8");
  if (raw.starts_with('/')) return refused(raw, "is an absolute path; only paths inside of the archive are accepted");
  std::string path;
  std::size_t depth = 0;
  for (std::size_t at = 0; at <= raw.size();) {
    const std::size_t end = std::min(raw.find('/', at), raw.size());
    const std::string_view name = raw.substr(at, end - at);
    at = end + 1;
    if (name.empty() || name == ".") continue;
    if (name.size() > kNameBytesMax)
      return make_error(Errc::too_large, "the name " + shown_path(name) + " has " + std::to_string(name.size()) +
                                             " bytes, accepted are at most " + std::to_string(kNameBytesMax));
    if (name == "..") return refused(raw, "leads out of the archive with \"..\"");
    path += (path.empty() ? "" : "/") + std::string(name);
    if (++depth > limits_.depth)
      return make_error(Errc::too_large, "the path " + shown_path(raw) + " is more than " +
                                             std::to_string(limits_.depth) + " folders deep");
  }
  if (path.empty()) {
    if (!folder) return refused(raw, "is no name for a file");
    return path;
  }
  if (const auto fits = add_parents(path); fits.has_error()) return fits.error();
  if (const auto fits = insert(path, folder, true); fits.has_error()) return fits.error();
  return path;
}

Result<void> EntryPaths::add_parents(const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (const auto fits = insert(path.substr(0, slash), true, false); fits.has_error()) return fits.error();
  return {};
}

/// A folder may be there many times; all else only once.
Result<void> EntryPaths::insert(std::string path, bool folder, bool named) {
  const auto [at, fresh] = known_.try_emplace(std::move(path), Known{folder});
  if (!fresh && !(folder && at->second.folder))
    return refused(at->first,
                   named && !folder && !at->second.folder ? "is there twice" : "is there as a file and as a folder");
  if (known_.size() > limits_.entries)
    return make_error(Errc::too_large, "there are more than " + std::to_string(limits_.entries) + " files and folders");
  return {};
}

}  // namespace stellwerk::archive
