#include "cli/bundle_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "archive/archive.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/spec_file.h"
#include "model/artifact.h"

namespace stellwerk::cli {
namespace {

namespace fs = std::filesystem;

static_assert(archive::kArchiveBytesMax == static_cast<std::uint64_t>(model::kArtifactBytesMax));

bool ends_like_archive(std::string_view path) {
  constexpr std::array<std::string_view, 4> kEndings = {".zip", ".tar", ".tgz", ".tar.gz"};
  for (const std::string_view ending : kEndings)
    if (path.ends_with(ending)) return true;
  return false;
}

bool begins_like_archive(const std::string& path) {
  using namespace std::string_view_literals;
  constexpr std::array<std::string_view, 2> kMagics = {"PK\x03\x04"sv, "\x1f\x8b"sv};
  std::array<char, 4> begin{};
  std::ifstream file(path, std::ios::binary);
  file.read(begin.data(), begin.size());
  const std::string_view bytes(begin.data(), static_cast<std::size_t>(file.gcount()));
  for (const std::string_view magic : kMagics)
    if (bytes.starts_with(magic)) return true;
  return false;
}

Result<std::string> read_whole(const std::string& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed) return file_error(Errc::not_found, path, "File does not exist: " + escaped(path, kPathShownMax));
  if (size > archive::kArchiveBytesMax)
    return file_error(
        Errc::too_large, path,
        "it has " + std::to_string(size) + " bytes, accepted are at most " + std::to_string(archive::kArchiveBytesMax));
  std::ifstream file(path, std::ios::binary);
  if (!file) return file_error(Errc::failed, path, std::strerror(errno));
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (file.bad() || static_cast<std::uintmax_t>(file.gcount()) != size)
    return file_error(Errc::failed, path, "it cannot be read");
  return bytes;
}

/// Of a folder: by its own name, wherever one stands.
std::string name_of_folder(const std::string& path) {
  fs::path whole(absolute_path(path));
  if (whole.filename().empty()) whole = whole.parent_path();
  const std::string name = whole.filename().string() + ".tar.gz";
  return model::is_artifact_name(name) ? name : "bundle.tar.gz";
}

Result<BundleFile> pack_folder(const std::string& path) {
  std::error_code unknown;
  bool has_spec = false;
  for (const std::string_view name : archive::kSpecNames)
    has_spec = has_spec || fs::exists(fs::path(path) / name, unknown);
  if (!has_spec)
    return file_error(Errc::not_found, path, "The directory has no " + std::string(kBundleSpec) + " at its root");
  std::string folder = absolute_path(path);
  if (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  auto bytes = archive::pack(folder);
  if (bytes.has_error()) return file_error(bytes.error().code, path, bytes.error().text);
  return BundleFile{name_of_folder(path), std::move(*bytes)};
}

Result<BundleFile> read_file(const std::string& path) {
  if (is_jar(path)) {
    std::error_code failed;
    if (!fs::is_regular_file(path, failed))
      return file_error(Errc::not_found, path, "JAR file does not exist: " + escaped(path, kPathShownMax));
  }
  auto bytes = read_whole(path);
  if (bytes.has_error()) return bytes.error();
  const std::string name = fs::path(path).filename().string();
  if (!model::is_artifact_name(name)) return file_error(Errc::invalid, path, "its name is not printable UTF-8");
  return BundleFile{name, std::move(*bytes)};
}

Result<model::ReadSpec> spec_of(const std::string& path, const BundleFile& bundle) {
  const auto listing = archive::examine(bundle.bytes);
  if (listing.has_error()) return file_error(listing.error().code, path, listing.error().text);
  if (!listing->spec)
    return file_error(
        Errc::not_found, path,
        "it has no job.yaml at its root" + (listing->spec_elsewhere.empty()
                                                ? std::string()
                                                : ", only " + escaped(listing->spec_elsewhere, kPathShownMax)));
  auto spec = model::read_job_spec(*listing->spec, detect_document_kind("", *listing->spec));
  if (spec.has_error()) return make_error(spec.error().code, escaped(path, kPathShownMax) + ": " + spec.error().text);
  return spec;
}

}  // namespace

bool is_bundle(const std::string& path) {
  std::error_code failed;
  if (is_jar(path) || fs::is_directory(path, failed) || ends_like_archive(path)) return true;
  return fs::is_regular_file(path, failed) && begins_like_archive(path);
}

Result<BundleFile> read_bundle(const std::string& path) {
  std::error_code failed;
  auto bundle = fs::is_directory(path, failed) ? pack_folder(path) : read_file(path);
  if (bundle.has_error() || is_jar(path)) return bundle;
  if (const auto spec = spec_of(path, *bundle); spec.has_error()) return spec.error();
  return bundle;
}

Result<model::ReadSpec> read_bundle_spec(const std::string& path) {
  std::error_code failed;
  const auto bundle = fs::is_directory(path, failed) ? pack_folder(path) : read_file(path);
  if (bundle.has_error()) return bundle.error();
  return spec_of(path, *bundle);
}

}  // namespace stellwerk::cli
