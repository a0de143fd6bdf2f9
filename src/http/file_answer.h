/// Answers with files: logs that may be far bigger than memory.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "http/message.h"

namespace stellwerk::http {

/// The file as it is long now, read piece by piece while it is sent: what is appended meanwhile is
/// not part of it, and if it is cut shorter the connection is cut too. Honours one Range (206, 416),
/// so that `tail` over HTTP reads only the end; a part is never longer than `part_bytes_max`. 404 with `name` if there
/// is no such regular file. `path` is opened as it is: the caller has made sure that it is one of ours. Reads block the
/// HTTP thread for as long as the disk takes. `content_type` must be a literal.
Response file_response(const Request& request, const std::string& path, std::string_view name,
                       std::string_view content_type = kTextType,
                       std::uint64_t part_bytes_max = std::numeric_limits<std::uint64_t>::max());

}  // namespace stellwerk::http
