#include "storage/storage_location.h"

#include <algorithm>
#include <array>

#include "storage/file_blob_store.h"

namespace stellwerk::storage {
namespace {

constexpr std::string_view kKey = "high-availability.storageDir";
constexpr std::string_view kClusterKey = "high-availability.cluster-id";
constexpr std::array<std::string_view, 4> kPlannedSchemes = {"hdfs", "s3", "s3a", "s3p"};

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// The scheme in lower case, or nothing for a bare path.
std::string scheme_of(std::string_view text) {
  std::string scheme;
  for (const char c : text) {
    if (c == ':') return scheme;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!letter && (!other || scheme.empty())) return {};
    scheme += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return {};
}

/// One slash where several stood, none at the end.
std::string fold_slashes(std::string_view path) {
  std::string out;
  for (const char c : path)
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

Error bad(Errc code, std::string_view key, std::string_view value, std::string_view why) {
  std::string text(key);
  text.append(" \"").append(value).append("\" ").append(why);
  return make_error(code, std::move(text));
}

/// The path of a "file:" location.
Result<std::string_view> path_of_file_uri(std::string_view uri) {
  std::string_view rest = uri.substr(std::string_view("file:").size());
  if (rest.substr(0, 2) != "//") return rest;
  rest.remove_prefix(2);
  const std::string_view host = rest.substr(0, rest.find('/'));
  if (!host.empty() && host != "localhost") {
    std::string why = "names a host (\"";
    why.append(host).append("\"), which a file location cannot: mount the folder and write file:///path");
    return bad(Errc::invalid, kKey, uri, why);
  }
  return rest.substr(host.size());
}

Result<std::string> parse_directory(std::string_view text) {
  if (text.empty())
    return make_error(Errc::invalid, std::string(kKey) + " is not set; it takes a folder, such as file:///srv/ha");
  if (has_control_characters(text))
    return make_error(Errc::invalid, std::string(kKey) +
                                         " contains control characters; it takes a folder, such as "
                                         "file:///srv/ha");
  const std::string scheme = scheme_of(text);
  std::string_view path = text;
  if (scheme == "file") {
    const auto inside = path_of_file_uri(text);
    if (!inside) return inside.error();
    path = *inside;
  } else if (!scheme.empty()) {
    const bool planned = std::find(kPlannedSchemes.begin(), kPlannedSchemes.end(), scheme) != kPlannedSchemes.end();
    return bad(Errc::not_supported, kKey, text,
               planned ? "has the scheme " + scheme +
                             "://, which is planned but not in this version; use file:// on a "
                             "shared mount"
                       : "has the unknown scheme " + scheme +
                             "://; this version knows file:// (hdfs:// and s3:// are "
                             "planned)");
  }
  if (path.empty() || path.front() != '/')
    return bad(Errc::invalid, kKey, text, "is not absolute; it takes a folder, such as file:///srv/ha");
  return fold_slashes(path);
}

Result<std::string> parse_cluster(std::string_view text) {
  if (has_control_characters(text))
    return make_error(Errc::invalid, std::string(kClusterKey) + " contains control characters");
  std::string folded = fold_slashes(text);
  if (!folded.empty() && folded.front() == '/') folded.erase(0, 1);
  if (folded.empty())
    return bad(Errc::invalid, kClusterKey, text, "names no folder; it takes a name, such as /default");
  for (std::string_view rest = folded;;) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part == "." || part == "..") return bad(Errc::invalid, kClusterKey, text, "must not contain \".\" or \"..\"");
    if (part.size() > kBlobNameBytesMax)
      return bad(Errc::invalid, kClusterKey, text, "has a part of more than 255 bytes");
    if (slash == std::string_view::npos) return folded;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace

Result<StorageLocation> parse_storage_location(std::string_view storage_dir, std::string_view cluster_id) {
  if (storage_dir.size() + cluster_id.size() > kLocationBytesMax)
    return make_error(Errc::invalid, std::string(kKey) + " and " + std::string(kClusterKey) + " have " +
                                         std::to_string(storage_dir.size() + cluster_id.size()) +
                                         " bytes together; the limit is " + std::to_string(kLocationBytesMax));
  auto directory = parse_directory(storage_dir);
  if (!directory) return directory.error();
  auto cluster = parse_cluster(cluster_id);
  if (!cluster) return cluster.error();
  return StorageLocation{std::move(*directory), std::move(*cluster)};
}

std::unique_ptr<BlobStore> make_blob_store(const StorageLocation& location) {
  return std::make_unique<FileBlobStore>(location);
}

}  // namespace stellwerk::storage
