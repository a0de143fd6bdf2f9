#include "archive/tar_writer.h"

#include <archive.h>
#include <archive_entry.h>

#include <utility>

#include "base/assert.h"
#include "base/text.h"

namespace stellwerk::archive {
namespace {

constexpr unsigned kFolderMode = 0755;
constexpr unsigned kProgramMode = 0755;
constexpr unsigned kFileMode = 0644;
constexpr std::size_t kWhyBytesMax = 256;

}  // namespace

TarWriter::TarWriter(std::uint64_t bytes_max)
    : bytes_max_(bytes_max), handle_(::archive_write_new()), entry_(::archive_entry_new()) {
  const auto take_block = [](struct ::archive*, void* self, const void* bytes, std::size_t size) {
    const bool taken = static_cast<TarWriter*>(self)->take({static_cast<const char*>(bytes), size});
    return taken ? static_cast<la_ssize_t>(size) : la_ssize_t{-1};
  };
  // In bytes as they come: blocks are for tapes, and would fill the last one with zeros behind the end of gzip.
  const bool ready = ::archive_write_set_format_pax_restricted(handle_) == ARCHIVE_OK &&
                     ::archive_write_add_filter_gzip(handle_) == ARCHIVE_OK &&
                     ::archive_write_set_options(handle_, "gzip:!timestamp") == ARCHIVE_OK &&
                     ::archive_write_set_bytes_per_block(handle_, 0) == ARCHIVE_OK &&
                     ::archive_write_set_bytes_in_last_block(handle_, 1) == ARCHIVE_OK &&
                     ::archive_write_open(handle_, this, nullptr, take_block, nullptr) == ARCHIVE_OK;
  // Refused only for want of memory or for wrong arguments.
  STELLWERK_ASSERT(ready && entry_ != nullptr, "the library could not begin an archive");
}

TarWriter::~TarWriter() {
  // Else it would fill up the file that is being written with as many zeros as were promised.
  given_up_ = true;
  ::archive_entry_free(entry_);
  ::archive_write_free(handle_);
}

/// Refused only at the end: the library frees less of what it holds after a refusal while it writes.
bool TarWriter::take(std::string_view bytes) {
  if (given_up_) return false;
  if (bytes.size() > bytes_max_ - made_.size()) full_ = true;
  if (!full_) made_ += bytes;
  return true;
}

Result<void> TarWriter::folder(const std::string& path) {
  return header(path, AE_IFDIR, 0, kFolderMode);
}

Result<void> TarWriter::file(const std::string& path, std::uint64_t size, bool executable) {
  return header(path, AE_IFREG, size, executable ? kProgramMode : kFileMode);
}

Result<void> TarWriter::add(std::string_view bytes) {
  return written(::archive_write_data(handle_, bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size()));
}

Result<void> TarWriter::header(const std::string& path, unsigned type, std::uint64_t size, unsigned mode) {
  const Utf8Locale::Use utf8(utf8_);
  ::archive_entry_clear(entry_);
  ::archive_entry_set_pathname(entry_, path.c_str());
  ::archive_entry_set_filetype(entry_, type);
  ::archive_entry_set_perm(entry_, mode);
  ::archive_entry_set_size(entry_, static_cast<la_int64_t>(size));
  ::archive_entry_set_uid(entry_, 0);
  ::archive_entry_set_gid(entry_, 0);
  ::archive_entry_set_mtime(entry_, 0, 0);
  return written(::archive_write_header(handle_, entry_) == ARCHIVE_OK);
}

Result<void> TarWriter::written(bool sound) const {
  if (full_) return make_error(Errc::too_large, "the archive has more than " + std::to_string(bytes_max_) + " bytes");
  if (sound) return {};
  const char* const said = ::archive_error_string(handle_);
  return make_error(Errc::failed, "the archive could not be written: " +
                                      (said == nullptr ? std::string("no reason given") : escaped(said, kWhyBytesMax)));
}

Result<std::string> TarWriter::finish() {
  const bool sound = ::archive_write_close(handle_) == ARCHIVE_OK;
  if (const auto done = written(sound); done.has_error()) return done.error();
  return std::move(made_);
}

}  // namespace stellwerk::archive
