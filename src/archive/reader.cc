#include "archive/reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace stellwerk::archive {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
constexpr std::size_t kReasonBytesMax = 256;
/// Headers of a zip, with those of zips inside of it, for each entry that is accepted.
constexpr std::uint64_t kHeadersForEntry = 10;
/// The end of a zip with its longest comment.
constexpr std::size_t kZipEndBytes = 22 + 65'535;
/// Read of a tar besides the files: headers, padding, names that are long.
constexpr std::uint64_t kHeaderBytesMax = std::uint64_t{64} << 20;

std::string with_unit(std::uint64_t bytes) {
  if (bytes % (std::uint64_t{1} << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  return std::to_string(bytes) + " bytes";
}

Error too_many(std::uint64_t entries_max) {
  return make_error(Errc::too_large, "there are more than " + std::to_string(entries_max) + " files and folders");
}

/// Of what ends like a zip: the library reads all of its directory at once, whatever is said about its length. Zips
/// inside of it have headers too, so that there may be more than entries.
bool has_more_headers(std::string_view bytes, std::uint64_t number) {
  constexpr std::string_view kEnd = "PK\x05\x06";
  constexpr std::string_view kHeader = "PK\x01\x02";
  if (bytes.substr(bytes.size() - std::min(bytes.size(), kZipEndBytes)).find(kEnd) == std::string_view::npos)
    return false;
  std::uint64_t found = 0;
  for (std::size_t at = bytes.find(kHeader); at != std::string_view::npos;
       at = bytes.find(kHeader, at + kHeader.size()))
    if (++found > number) return true;
  return false;
}

Error too_large(std::uint64_t limit) {
  return make_error(Errc::too_large, "unpacked it has more than the " + with_unit(limit) + " that are accepted");
}

const char* kind_of(::archive_entry* entry) {
  if (::archive_entry_hardlink(entry) != nullptr) return "a hard link";
  switch (::archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFDIR: return nullptr;
    case AE_IFLNK: return "a symbolic link";
    case AE_IFCHR:
    case AE_IFBLK: return "a device";
    case AE_IFIFO: return "a pipe";
    case AE_IFSOCK: return "a socket";
    default: return "of no known kind";
  }
}

}  // namespace

Reader::Reader(const Limits& limits) : limits_(limits), paths_(limits_), handle_(::archive_read_new()) {
  ::archive_read_support_filter_gzip(handle_);
  ::archive_read_support_format_tar(handle_);
  ::archive_read_support_format_zip_seekable(handle_);
}

Reader::~Reader() {
  ::archive_read_free(handle_);
}

Result<void> Reader::open_bytes(std::string_view bytes) {
  if (has_more_headers(bytes, kHeadersForEntry * limits_.entries)) return too_many(limits_.entries);
  const Utf8Locale::Use utf8(utf8_);
  return opened(::archive_read_open_memory(handle_, bytes.data(), bytes.size()));
}

Result<void> Reader::open_file(const std::string& path) {
  const Utf8Locale::Use utf8(utf8_);
  return opened(::archive_read_open_filename(handle_, path.c_str(), kBlockBytes));
}

Result<void> Reader::opened(int code) {
  if (code == ARCHIVE_OK) return {};
  const int error = ::archive_errno(handle_);
  if (error == ENOENT) return make_error(Errc::not_found, "there is no such file");
  return broken();
}

/// In the library's words, which name no entry and may repeat what stands there.
Error Reader::broken() const {
  const char* const said = ::archive_error_string(handle_);
  const std::string why = said == nullptr ? "it cannot be read" : escaped(said, kReasonBytesMax);
  const std::string where = current_.empty() ? "" : " after " + shown_path(current_);
  if (headers_ == 0)
    return make_error(Errc::invalid, "it is not an archive (.tar.gz, .tgz, .tar or .zip), or it is damaged: " + why);
  return make_error(Errc::invalid, "the archive is damaged or cut off" + where + ": " + why);
}

Result<std::optional<Entry>> Reader::next() {
  const Utf8Locale::Use utf8(utf8_);
  for (;;) {
    ::archive_entry* raw = nullptr;
    const int code = ::archive_read_next_header(handle_, &raw);
    if (code == ARCHIVE_EOF) return std::optional<Entry>();
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return broken();
    ++headers_;
    if (headers_ > 2 * limits_.entries) return too_many(limits_.entries);
    if (::archive_filter_bytes(handle_, 0) > static_cast<std::int64_t>(limits_.unpacked_bytes + kHeaderBytesMax))
      return too_large(limits_.unpacked_bytes);
    const char* name = ::archive_entry_pathname(raw);
    if (name == nullptr) name = ::archive_entry_pathname_utf8(raw);
    if (name == nullptr)
      return make_error(Errc::invalid,
                        current_.empty() ? "its first entry has a name that is not UTF-8"
                                         : "the entry after " + shown_path(current_) + " has a name that is not UTF-8");
    const bool folder = ::archive_entry_filetype(raw) == AE_IFDIR;
    auto path = paths_.add(name, folder);
    if (path.has_error()) return path.error();
    if (const char* const kind = kind_of(raw))
      return make_error(Errc::invalid,
                        shown_path(name) + " is " + kind + "; only files and folders are accepted in a bundle");
    if (::archive_entry_is_encrypted(raw) != 0)
      return make_error(Errc::invalid, shown_path(name) + " is encrypted, which is not accepted");
    if (::archive_entry_size_is_set(raw) != 0 && !folder) {
      const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(::archive_entry_size(raw), 0));
      if (size > limits_.unpacked_bytes - bytes_) return too_large(limits_.unpacked_bytes);
    }
    if (path->empty()) continue;
    current_ = std::move(*path);
    return std::optional<Entry>({current_, folder, (::archive_entry_perm(raw) & 0100U) != 0});
  }
}

Result<std::size_t> Reader::read(std::span<char> into) {
  const auto got = ::archive_read_data(handle_, into.data(), into.size());
  if (got < 0) return broken();
  bytes_ += static_cast<std::uint64_t>(got);
  if (bytes_ > limits_.unpacked_bytes) return too_large(limits_.unpacked_bytes);
  return static_cast<std::size_t>(got);
}

}  // namespace stellwerk::archive
