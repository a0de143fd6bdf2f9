#include "logs/log_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/json_writer.h"
#include "http/file_answer.h"

namespace stellwerk::logs {
namespace {

constexpr std::size_t kNameBytesMax = 255;

struct LogFile {
  std::string name;
  std::int64_t size = 0;
  std::int64_t mtime_ms = 0;
};

struct CloseDir {
  void operator()(DIR* dir) const noexcept { ::closedir(dir); }
};

/// Cuts ".12" off, as rotation appends it.
std::string_view without_number(std::string_view name) noexcept {
  std::size_t end = name.size();
  while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9') --end;
  if (end == name.size() || end == 0 || name[end - 1] != '.') return name;
  return name.substr(0, end - 1);
}

bool is_plain_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kNameBytesMax || name.front() == '.') return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

/// Links are not followed: what they point to is not ours to show.
bool is_regular(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

bool is_log_name(std::string_view name) noexcept {
  if (!is_plain_name(name)) return false;
  const std::string_view plain = without_number(name);
  return plain.ends_with(".log") || plain.ends_with(".out");
}

bool is_output_name(std::string_view name) noexcept {
  if (!is_plain_name(name)) return false;
  const std::string_view plain = without_number(name);
  return plain.ends_with(".out") || plain.ends_with(".err");
}

std::string log_list_json(const std::string& dir, IsOurs ours) {
  std::vector<LogFile> files;
  if (const std::unique_ptr<DIR, CloseDir> open(dir.empty() ? nullptr : ::opendir(dir.c_str())); open) {
    while (const dirent* entry = ::readdir(open.get())) {
      const std::string_view name(entry->d_name);
      struct stat status {};
      if (!ours(name)) continue;
      if (::fstatat(::dirfd(open.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (!S_ISREG(status.st_mode)) continue;
      files.push_back({std::string(name), status.st_size,
                       static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1'000'000});
    }
  }
  std::sort(files.begin(), files.end(), [](const LogFile& a, const LogFile& b) {
    return a.mtime_ms != b.mtime_ms ? a.mtime_ms > b.mtime_ms : a.name < b.name;
  });
  if (files.size() > kLogFilesMax) files.resize(kLogFilesMax);
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("logs").begin_array();
  for (const LogFile& file : files)
    out.begin_object().member("name", file.name).member("size", file.size).member("mtime", file.mtime_ms).end_object();
  out.end_array().end_object();
  return text;
}

http::Response log_file_response(const http::Request& request, const std::string& dir, std::string_view name,
                                 std::string_view whose, IsOurs ours) {
  const std::string path = dir + "/" + std::string(name);
  if (dir.empty() || !ours(name) || !is_regular(path))
    return http::error_response(404, "Not found: " + std::string(name) + " is no log file of " + std::string(whose));
  return http::file_response(request, path, name, http::kTextType, kPartBytesMax);
}

http::Response own_log_response(const http::Request& request, const std::string& log_file, bool output,
                                std::string_view whose) {
  if (log_file.empty())
    return http::error_response(404, "Not found: " + std::string(whose) + " does not log to a file");
  std::string path = log_file;
  if (output) path = (path.ends_with(".log") ? path.substr(0, path.size() - 4) : path) + ".out";
  const std::size_t slash = path.rfind('/');
  const auto name = std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
  return http::file_response(request, path, name, http::kTextType, kPartBytesMax);
}

}  // namespace stellwerk::logs
