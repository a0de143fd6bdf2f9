/// JSON that somebody else wrote (RFC 8259), read strictly.
#pragma once

#include "base/document.h"

namespace stellwerk {

/// Reads one whole JSON text; a UTF-8 byte order mark before it is skipped. Refused are: bytes that
/// are not UTF-8, keys that stand twice, NUL in strings, whole numbers beyond int64, numbers beyond
/// a double, anything after the value, and what `limits` says. The error's text begins with `what`
/// and names path or line. Errors: too_large, invalid.
Result<DocValue> read_json(std::string_view bytes, std::string_view what, const DocLimits& limits);

}  // namespace stellwerk
