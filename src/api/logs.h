/// `/jobmanager/logs` and its files: the log directory, read-only.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace stellwerk::api {

/// Files listed at most; the newest stay.
inline constexpr std::size_t kLogFilesMax = 1000;

/// A plain file name that a daemon's log or output has: `*.log`, `*.out`, and those with a number at
/// their end (rotated). Nothing that could lead out of the directory.
bool is_log_name(std::string_view name) noexcept;

/// `{"logs":[{"name","size","mtime"}]}`, newest first. Blocks for as long as the directory takes.
std::string log_list_json(const std::string& dir);

/// The file of that name in `dir`; 404 if there is none, also for names that are not of logs and for
/// links. Blocks as http::file_response.
http::Response log_file_response(const http::Request& request, const std::string& dir, std::string_view name);

/// The daemon's own log, or with `.out` for `.log` what it printed.
http::Response own_log_response(const http::Request& request, const std::string& log_file, bool output);

}  // namespace stellwerk::api
