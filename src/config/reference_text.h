/// docs/configuration.md, made from the table of keys.
#pragma once

#include <string>

namespace stellwerk::config {

/// The whole page. A unit test compares it with the file in docs/ (STELLWERK_REWRITE=1 writes it anew).
std::string reference_markdown();

}  // namespace stellwerk::config
