/// conf/flink-conf.yaml, and STELLWERK_PROPERTIES, by Flink's old line rules.
///
/// A setting is one line `key: value`, split at the first colon followed by a blank. '#' begins a
/// comment wherever it stands. Blanks around key and value do not count, quotes and brackets are
/// part of the value. Of two lines with one key the later one holds. A line that is no setting is a
/// warning, under `high-availability` an error, because it would silently leave a cluster without.
#pragma once

#include <string_view>

#include "config/raw_layer.h"

namespace stellwerk::config {

/// `origin` names the source; lines are filled in. `text` is untrusted.
RawLayer parse_legacy(std::string_view text, const Origin& origin);

}  // namespace stellwerk::config
