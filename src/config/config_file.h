/// conf/config.yaml: standard YAML, nested or flat, flattened to `a.b.c` keys.
///
/// Scalars are kept as they are written: no YAML types, so `010` and `yes` mean what the key's own type
/// makes of them. Refused, each with its line: duplicate keys (also one written nested and flat), merge
/// keys, more than one document, unclosed quotes, depth or size over the limits below. A key without a
/// value is not set.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/raw_layer.h"

namespace stellwerk::config {

/// Deepest nesting, and most nodes with aliases followed, so that an alias bomb is cheap to refuse.
inline constexpr std::size_t kYamlDepthMax = 32;
inline constexpr std::size_t kYamlNodesMax = 5'000;

/// `file` is the name for messages. `text` is untrusted.
RawLayer parse_config_yaml(std::string_view text, const std::string& file);

}  // namespace stellwerk::config
