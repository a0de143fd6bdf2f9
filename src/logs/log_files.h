/// Logs over HTTP: the files of a daemon's log folder, and what tasks have printed, read-only.
///
/// Everything here blocks for as long as the disk takes, and may be called from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace stellwerk::logs {

/// Files listed at most; the newest stay.
inline constexpr std::size_t kLogFilesMax = 1000;
/// One answer to a request for a part (Range), in bytes; more is to be asked for again.
inline constexpr std::uint64_t kPartBytesMax = std::uint64_t{16} << 20;

/// A plain file name that a daemon's log or output has: `*.log`, `*.out`, and those with a number at
/// their end (rotated). Nothing that could lead out of the directory.
bool is_log_name(std::string_view name) noexcept;
/// The same of what a task prints: `<vertex>-<subtask>.out` or `.err`, and rotated ones.
bool is_output_name(std::string_view name) noexcept;

using IsOurs = bool (*)(std::string_view name) noexcept;

/// `{"logs":[{"name","size","mtime"}]}`, newest first, of the names that are `ours`.
std::string log_list_json(const std::string& dir, IsOurs ours = is_log_name);

/// The file of that name in `dir`; 404 if there is none, also for names that are not `ours` and for links. `whose`:
/// "this master", for that answer.
http::Response log_file_response(const http::Request& request, const std::string& dir, std::string_view name,
                                 std::string_view whose, IsOurs ours = is_log_name);

/// The daemon's own log, or with `.out` for `.log` what it printed.
http::Response own_log_response(const http::Request& request, const std::string& log_file, bool output,
                                std::string_view whose);

}  // namespace stellwerk::logs
