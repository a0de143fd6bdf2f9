/// Configurations as people have them: each works or stops with the one right sentence.
///
/// data/<name>.yaml is checked as conf/flink-conf.yaml, or as conf/config.yaml where its name says so;
/// data/<name>.expected is what `stellwerk config --check` prints. STELLWERK_REWRITE=1 writes the
/// expected texts anew; review the difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/report.h"
#include "unit/config/conf_dir.h"

namespace stellwerk::config {
namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> all_data() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(STELLWERK_SOURCE_DIR "/tests/unit/config/data"))
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool is_standard_yaml(const std::string& name) {
  return name.starts_with("nested-") || name.starts_with("flink-1.20") || name.starts_with("flink-2.");
}

class RealWorld : public ::testing::TestWithParam<fs::path> {};

TEST_P(RealWorld, WorksOrSaysWhy) {
  const std::string name = GetParam().stem().string();
  ConfDir dir;
  dir.write(is_standard_yaml(name) ? "config.yaml" : "flink-conf.yaml", slurp(GetParam()));
  Inputs inputs;
  inputs.conf_dir = dir.path();
  const Report report = check(inputs, {"thishost", 2}, Format::text);
  const std::string actual =
      dir.without_path(report.err + report.out) + "exit code " + std::to_string(report.exit_code) + '\n';
  const fs::path expected = fs::path(GetParam()).replace_extension(".expected");
  if (std::getenv("STELLWERK_REWRITE") != nullptr) std::ofstream(expected, std::ios::binary) << actual;
  EXPECT_EQ(actual, slurp(expected));
  EXPECT_EQ(actual.find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Data, RealWorld, ::testing::ValuesIn(all_data()), [](const auto& param) {
  std::string name = param.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
});

}  // namespace
}  // namespace stellwerk::config
