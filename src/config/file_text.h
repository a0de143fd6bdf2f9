/// A small file as one text.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <string>

namespace stellwerk::config {

/// Reads a regular file of at most `bytes_max` bytes. Blocks; meant for start-up and the CLI.
/// Errors, as a clause after the file's name: not_found, too_large, failed (not a file, not readable).
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

}  // namespace stellwerk::config
