/// A transcript: a file with a scenario in words, a line of dashes, and the exact trace it gives.
#pragma once

#include <filesystem>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "base/executor.h"

namespace stellwerk::test {

/// The words of one line.
class Words {
 public:
  explicit Words(const std::string& line) : stream_(line) {}
  /// Empty at the end.
  std::string next();
  std::string rest();

 private:
  std::istringstream stream_;
};

/// "10s", "250ms". Throws std::invalid_argument.
Duration duration(const std::string& text);

/// The .txt files of a folder, sorted.
std::vector<std::filesystem::path> transcripts(const std::string& folder);

/// Gives `play` each line of the scenario that is neither empty nor a comment, then compares `trace()`
/// with what the file says, as a GoogleTest expectation. With STELLWERK_REWRITE_TRANSCRIPTS set it writes the trace.
void expect_transcript(const std::filesystem::path& file, const std::function<void(const std::string&)>& play,
                       const std::function<std::string()>& trace);

}  // namespace stellwerk::test
