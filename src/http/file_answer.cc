#include "http/file_answer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace stellwerk::http {
namespace {

class FileSource final : public BodySource {
 public:
  FileSource(int fd, std::uint64_t from, std::uint64_t length)
      : fd_(fd), offset_(from), left_(length), length_(length) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override { ::close(fd_); }

  std::optional<std::uint64_t> length() const override { return length_; }

  Pull pull(std::string& out, std::size_t max) override {
    const std::size_t start = out.size();
    out.resize(start + static_cast<std::size_t>(std::min<std::uint64_t>(max, left_)));
    std::size_t done = start;
    while (done < out.size()) {
      const ssize_t size = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset_));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return Pull::broken;
      done += static_cast<std::size_t>(size);
      offset_ += static_cast<std::uint64_t>(size);
      left_ -= static_cast<std::uint64_t>(size);
    }
    return left_ == 0 ? Pull::end : Pull::data;
  }

 private:
  const int fd_;
  std::uint64_t offset_;
  std::uint64_t left_;
  const std::uint64_t length_;
};

struct Range {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

enum class RangeKind { none, part, unsatisfiable };

/// RFC 9110 section 14. Several ranges, other units and conditions are allowed to be ignored.
RangeKind parse_range(const Request& request, std::uint64_t size, Range& out) {
  const auto header = request.header("Range");
  if (!header || request.header_count("Range") > 1 || request.header("If-Range")) return RangeKind::none;
  if (!header->starts_with("bytes=")) return RangeKind::none;
  const std::string_view spec = trim(header->substr(6));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return RangeKind::none;
  const auto first = parse_decimal(spec.substr(0, dash));
  const auto last = parse_decimal(spec.substr(dash + 1));
  if (!first && dash == 0 && last) {
    out.length = std::min(*last, size);
    out.first = size - out.length;
    return out.length > 0 ? RangeKind::part : RangeKind::unsatisfiable;
  }
  if (!first || (!last && dash + 1 != spec.size()) || (last && *last < *first)) return RangeKind::none;
  if (*first >= size) return RangeKind::unsatisfiable;
  out.first = *first;
  out.length = std::min(last.value_or(size - 1), size - 1) - *first + 1;
  return RangeKind::part;
}

}  // namespace

Response file_response(const Request& request, const std::string& path, std::string_view name,
                       std::string_view content_type, std::uint64_t part_bytes_max) {
  // Without O_NONBLOCK a pipe under that name would hold the thread.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  const int error = errno;
  if (fd < 0 && error != ENOENT && error != ENOTDIR)
    return error_response(
        500, "Cannot read " + std::string(name) + ": " + std::error_code(error, std::generic_category()).message());
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    if (fd >= 0) ::close(fd);
    return error_response(404, "Not found: " + std::string(name));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  Range range{0, size};
  const RangeKind kind = parse_range(request, size, range);
  if (kind == RangeKind::unsatisfiable) {
    ::close(fd);
    Response response = error_response(
        416, "The range must begin within the " + std::to_string(size) + " bytes of " + std::string(name));
    response.add_header("Content-Range", "bytes */" + std::to_string(size));
    return response;
  }
  Response response;
  response.content_type = content_type;
  response.add_header("Accept-Ranges", "bytes");
  response.add_header("Cache-Control", "no-store");
  if (kind == RangeKind::part) {
    range.length = std::min(range.length, part_bytes_max);
    response.status = 206;
    response.add_header("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                             std::to_string(range.first + range.length - 1) + "/" +
                                             std::to_string(size));
  }
  response.body = std::make_unique<FileSource>(fd, range.first, range.length);
  return response;
}

}  // namespace stellwerk::http
