/// The files that are shipped say what the table says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "config/config_file.h"
#include "config/configuration.h"
#include "config/master_options.h"
#include "config/masters_file.h"
#include "config/reference_text.h"
#include "config/value.h"
#include "unit/config/conf_dir.h"

namespace stellwerk::config {
namespace {

using ::testing::IsEmpty;

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::string kConf = STELLWERK_SOURCE_DIR "/conf";

/// The shipped file with every setting taken out of its comment: '#' directly before a key or before
/// at least two blanks; "# word" is prose.
std::string uncommented(const std::string& text) {
  std::string out;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = text.find('\n', from);
    std::string line = text.substr(from, end - from);
    const bool prose = line == "#" || (line.size() > 2 && line.starts_with("# ") && line[2] != ' ');
    if (line.starts_with('#') && !prose) line.erase(0, 1);
    out += line + '\n';
    from = end + 1;
  }
  return out;
}

TEST(Shipped, ConfigYamlSetsNothing) {
  std::vector<std::string> files;
  const RawLayer layer = parse_config_yaml(slurp(kConf + "/config.yaml"), "config.yaml");
  EXPECT_THAT(layer.settings, IsEmpty());
  EXPECT_THAT(layer.findings, IsEmpty());
}

TEST(Shipped, ConfigYamlDocumentsExactlyTheKeysThatHaveAMeaning) {
  const RawLayer layer = parse_config_yaml(uncommented(slurp(kConf + "/config.yaml")), "config.yaml");
  ASSERT_THAT(to_lines(layer.findings), IsEmpty());
  std::map<std::string, std::string> documented;
  for (const RawSetting& setting : layer.settings) {
    const KnownName known = look_up(setting.key);
    ASSERT_NE(known.key, nullptr) << setting.key;
    EXPECT_FALSE(known.alias) << setting.key;
    EXPECT_EQ(known.key->standing, Standing::used) << setting.key;
    documented[std::string(known.key->name)] = setting.value;
  }
  for (const Key& key : all_keys()) {
    if (key.standing != Standing::used) continue;
    ASSERT_TRUE(documented.contains(std::string(key.name))) << key.name << " is missing in conf/config.yaml";
    if (!key.fallback.empty()) {
      EXPECT_EQ(documented[std::string(key.name)], key.fallback) << key.name;
    }
  }
}

TEST(Shipped, ConfigYamlWorksWithEverySettingTakenOutOfItsComment) {
  ConfDir dir;
  dir.write("config.yaml", uncommented(slurp(kConf + "/config.yaml")));
  Inputs inputs;
  inputs.conf_dir = dir.path();
  inputs.host = "localhost";
  const MasterStart start = load_master(inputs, {"thishost", 2});
  EXPECT_TRUE(start.options) << (start.findings.empty() ? "" : to_lines(start.findings).front());
}

/// "Default X." or "No default" stands in the prose above each setting.
TEST(Shipped, ConfigYamlStatesEachDefaultInWords) {
  const std::string text = slurp(kConf + "/config.yaml");
  for (const Key& key : all_keys()) {
    if (key.standing != Standing::used || key.fallback.empty()) continue;
    const bool plain = text.find("Default " + std::string(key.fallback)) != std::string::npos;
    const bool in_quotes = text.find("Default \"" + std::string(key.fallback) + "\"") != std::string::npos;
    EXPECT_TRUE(plain || in_quotes) << key.name;
  }
}

TEST(Shipped, MastersNameThisMachineAndWorkersAreReadable) {
  const HostsFile masters = read_hosts(kConf, HostsKind::masters);
  ASSERT_TRUE(masters.ok());
  ASSERT_EQ(masters.hosts.size(), 1U);
  EXPECT_EQ(masters.hosts.front().host, "localhost");
  EXPECT_EQ(masters.hosts.front().port, 8081);
  EXPECT_TRUE(read_hosts(kConf, HostsKind::workers).ok());
}

TEST(Shipped, TheReferenceIsMadeFromTheTable) {
  const std::string path = STELLWERK_SOURCE_DIR "/docs/configuration.md";
  if (std::getenv("STELLWERK_REWRITE") != nullptr) std::ofstream(path, std::ios::binary) << reference_markdown();
  EXPECT_EQ(slurp(path), reference_markdown()) << "STELLWERK_REWRITE=1 config_test rewrites it";
}

}  // namespace
}  // namespace stellwerk::config
