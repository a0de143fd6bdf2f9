#include "transcripts/transcript.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace stellwerk::test {

namespace fs = std::filesystem;

std::string Words::next() {
  std::string word;
  stream_ >> word;
  return word;
}

std::string Words::rest() {
  std::string text;
  std::getline(stream_ >> std::ws, text);
  return text;
}

Duration duration(const std::string& text) {
  std::size_t end = 0;
  const int count = std::stoi(text, &end);
  const std::string unit = text.substr(end);
  if (unit == "s") return std::chrono::seconds(count);
  if (unit == "ms") return std::chrono::milliseconds(count);
  throw std::invalid_argument("unit of " + text);
}

std::vector<fs::path> transcripts(const std::string& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".txt") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

void expect_transcript(const fs::path& file, const std::function<void(const std::string&)>& play,
                       const std::function<std::string()>& trace) {
  const std::string rule = "----\n";
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto at = text.find(rule);
  const std::string scenario = text.substr(0, at);
  const std::string expected = at == std::string::npos ? "" : text.substr(at + rule.size());

  std::istringstream lines(scenario);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !line.starts_with("#")) play(line);

  if (std::getenv("STELLWERK_REWRITE_TRANSCRIPTS") != nullptr) {
    std::ofstream(file) << scenario << rule << trace();
    return;
  }
  EXPECT_EQ(trace(), expected) << "run this test with STELLWERK_REWRITE_TRANSCRIPTS=1 if the change is meant";
}

}  // namespace stellwerk::test
