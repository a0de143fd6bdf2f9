/// YAML that somebody else wrote, read strictly and by the types of YAML 1.2's core schema.
#pragma once

#include "base/document.h"

namespace stellwerk {

/// Reads one document, or none (null). Plain scalars are typed by their text: null, true and false,
/// whole numbers in decimal (010 is 10), 0x or 0o, decimal fractions; everything else and everything
/// in quotes is a string, so `off`, `yes` and 2026-11-21 are strings. Keys are text as it stands.
/// Refused are: what read_json() refuses, control characters, tags, anchors, aliases, keys that are
/// not scalars, .inf and .nan, a second document. Every value knows line and column.
/// Errors: too_large, invalid.
Result<DocValue> read_yaml(std::string_view bytes, std::string_view what, const DocLimits& limits);

}  // namespace stellwerk
