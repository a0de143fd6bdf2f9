/// The two kinds of files, as they are written and as they are mistyped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_file.h"
#include "config/legacy_file.h"
#include "config/text.h"

namespace stellwerk::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> settings(const RawLayer& layer) {
  std::vector<std::string> lines;
  for (const RawSetting& setting : layer.settings) {
    std::string line = std::to_string(setting.origin.line) + " " + setting.key + "=" + setting.value;
    for (const std::string& item : setting.items) line += "<" + item + ">";
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> findings(const RawLayer& layer) {
  std::vector<std::string> lines;
  for (const Finding& finding : layer.findings)
    lines.push_back(std::string(to_string(finding.kind)) + " " + finding.text());
  return lines;
}

RawLayer legacy(std::string_view text) {
  return parse_legacy(text, {Layer::file, "f", 0});
}

RawLayer yaml(std::string_view text) {
  return parse_config_yaml(text, "f");
}

TEST(LegacyFile, SplitsAtTheFirstColonAndBlank) {
  const RawLayer layer = legacy(
      "\xEF\xBB\xBF# comment\r\n"
      "rest.port: 8082\r\n"
      "  rest.address:   h1   # here\r\n"
      "env.ssh.opts: -o A: b\r\n"
      "list: [a, \"b\"]");
  EXPECT_THAT(settings(layer),
              ElementsAre("2 rest.port=8082", "3 rest.address=h1", "4 env.ssh.opts=-o A: b", "5 list=[a, \"b\"]"));
  EXPECT_TRUE(layer.findings.empty());
}

TEST(LegacyFile, TheLaterOfTwoLinesHolds) {
  const RawLayer layer = legacy("a: 1\nb: 2\na: 3\nb: 2\n");
  EXPECT_THAT(settings(layer), ElementsAre("3 a=3", "4 b=2"));
  EXPECT_THAT(findings(layer), ElementsAre("conflict f line 3: a is set again; this later line holds, not line 1"));
}

TEST(LegacyFile, BrokenLinesAreSkippedWithAWarning) {
  const RawLayer layer = legacy(
      "rest.port:8081\n"
      "rest.address:\th1\n"
      "rest.bind-address\xEF\xBC\x9A 0.0.0.0\n"
      "rest.port=8081\n"
      "rest.url-prefix:\n"
      "hello\n"
      ": x\n");
  EXPECT_TRUE(layer.settings.empty());
  EXPECT_THAT(
      findings(layer),
      ElementsAre("warning f line 1: rest.port has no blank after the colon; write \"key: value\", with a colon and a "
                  "blank; the line is skipped",
                  HasSubstr("f line 2: rest.address has a tab after the colon"),
                  HasSubstr("f line 3: rest.bind-address is followed by the full-width colon (U+FF1A)"),
                  HasSubstr("f line 4: rest.port is followed by an equals sign"),
                  HasSubstr("f line 5: rest.url-prefix has no value on its line"),
                  HasSubstr("f line 6: hello begins a line that is no setting"), HasSubstr("warning f line 7: ")));
}

TEST(LegacyFile, ABrokenLineAboutHighAvailabilityIsAnError) {
  EXPECT_THAT(
      findings(legacy("high-availability:zookeeper")),
      ElementsAre("error f line 1: high-availability has no blank after the colon; write \"key: value\", with a "
                  "colon and a blank"));
  EXPECT_THAT(findings(legacy("high-availability\xEF\xBC\x9Azookeeper")), ElementsAre(HasSubstr("error f line 1")));
  EXPECT_THAT(findings(legacy("high-availability:\n  type: zookeeper\n")),
              ElementsAre(HasSubstr("error f line 1: high-availability has no value on its line; nested YAML")));
  EXPECT_THAT(findings(legacy("high-availability.storageDir: ")), ElementsAre(HasSubstr("warning f line 1")));
}

TEST(LegacyFile, NeverRepeatsWhatMayBeASecret) {
  for (const std::string& line : findings(legacy("s3.secret-key:hunter2\ns3.secret-key=hunter2\nhunter1 hunter2")))
    EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
}

TEST(LegacyFile, AValueThatIsCutAtAHashIsNamed) {
  const RawLayer layer = legacy("a.password: x#y\nb: x # y\n#c: 1\n");
  EXPECT_THAT(settings(layer), ElementsAre("1 a.password=x", "2 b=x"));
  EXPECT_THAT(findings(layer), ElementsAre(HasSubstr("warning f line 1: a.password ends at '#'")));
}

TEST(LegacyFile, RefusesWhatIsNoText) {
  EXPECT_THAT(findings(legacy("a: \xFF\xFE")), ElementsAre("error f: is not UTF-8, at line 1; save it as UTF-8"));
  EXPECT_THAT(findings(legacy(std::string_view("a\0: b", 5))), ElementsAre(HasSubstr("control character")));
  EXPECT_THAT(findings(legacy(std::string_view("\xFF\xFE\x61\0", 4))), ElementsAre(HasSubstr("is UTF-16")));
}

TEST(ConfigFile, NestedAndFlatMeanTheSame) {
  const RawLayer layer = yaml(
      "\xEF\xBB\xBF# comment\r\n"
      "high-availability:\r\n"
      "  type: zookeeper\r\n"
      "  zookeeper:\r\n"
      "    quorum: h1:2181,h2:2181\r\n"
      "    client: {acl: open}\r\n"
      "rest.port: 010\r\n"
      "'web.submit.enable': 'true'\r\n"
      "list: [a, 'b c']\r\n");
  EXPECT_THAT(settings(layer),
              ElementsAre("3 high-availability.type=zookeeper", "5 high-availability.zookeeper.quorum=h1:2181,h2:2181",
                          "6 high-availability.zookeeper.client.acl=open", "7 rest.port=010",
                          "8 web.submit.enable=true", "9 list=<a><b c>"));
  EXPECT_TRUE(layer.findings.empty());
}

TEST(ConfigFile, NothingIsSetByAnEmptyFileOrAKeyWithoutValue) {
  EXPECT_TRUE(yaml("").settings.empty());
  EXPECT_TRUE(yaml("").findings.empty());
  EXPECT_TRUE(yaml("# only a comment").findings.empty());
  const RawLayer layer = yaml("rest:\n#  port: 8081\na: ~\nb: ''\n");
  EXPECT_TRUE(layer.settings.empty());
  EXPECT_THAT(findings(layer), ElementsAre("warning f line 1: rest has no value and counts as not set",
                                           HasSubstr("f line 3: a has"), HasSubstr("f line 4: b has")));
}

TEST(ConfigFile, DuplicatesAreRefusedHoweverTheyAreWritten) {
  EXPECT_THAT(findings(yaml("a: 1\na: 1\n")),
              ElementsAre("error f line 2: a stands here and at line 1; keep one of them"));
  EXPECT_THAT(findings(yaml("rest:\n  port: 1\na: 1\nrest:\n  address: h\n")),
              ElementsAre("error f line 4: rest stands here and at line 1; keep one of them"));
  EXPECT_TRUE(yaml("rest:\n  port: 1\nrest.address: h\n").findings.empty());
  EXPECT_THAT(findings(yaml("rest:\n  port: 1\nrest.port: 2\n")),
              ElementsAre("error f line 3: rest.port stands here and at line 2; keep one of them"));
}

TEST(ConfigFile, RefusesWhatTheLibraryWouldAccept) {
  EXPECT_THAT(findings(yaml("a: 1\n---\nb: 2\n")), ElementsAre("error f: holds more than one YAML document (---)"));
  EXPECT_THAT(findings(yaml("a: \"1\nb: 2\n")), ElementsAre(HasSubstr("opened and never closed")));
  EXPECT_THAT(findings(yaml("a: 'x")), ElementsAre(HasSubstr("opened and never closed")));
  EXPECT_THAT(findings(yaml("a: [1, 2\n")), ElementsAre(HasSubstr("error f")));
  EXPECT_THAT(findings(yaml("x: &x {b: 1}\na:\n  <<: *x\n")), ElementsAre(HasSubstr("merge key")));
  EXPECT_THAT(findings(yaml("a: \xC3\x28\n")), ElementsAre(HasSubstr("is not UTF-8, at line 1")));
  EXPECT_THAT(findings(yaml("? [a]\n: b\n")), ElementsAre(HasSubstr("not plain text")));
  EXPECT_THAT(findings(yaml("- a\n- b\n")), ElementsAre(HasSubstr("holds no keys with values")));
  EXPECT_THAT(findings(yaml("just words\n")), ElementsAre(HasSubstr("holds no keys with values")));
}

TEST(ConfigFile, EndsOnInputOnWhichTheLibraryWouldNot) {
  EXPECT_THAT(findings(yaml(",rest: 1\n")), ElementsAre(HasSubstr("error f: is not YAML")));
  EXPECT_THAT(findings(yaml(",\n---\nb: 1\n")), ElementsAre(HasSubstr("error f: holds more than one YAML document")));
}

TEST(ConfigFile, BombsAreCheapToRefuse) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {";
    for (int j = 0; j < 10; ++j) bomb += "k" + std::to_string(j) + ": " + last + ", ";
    bomb += "}\n";
  }
  const RawLayer layer = yaml(bomb);
  ASSERT_FALSE(layer.findings.empty());
  EXPECT_THAT(layer.findings.back().problem, HasSubstr("too many values"));
  EXPECT_LE(layer.settings.size(), kSettingsMax);

  EXPECT_FALSE(yaml("a: " + std::string(40, '{') + std::string(40, '}')).findings.empty());
  EXPECT_FALSE(yaml(std::string(100'000, '[')).findings.empty());
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "k:\n";
  deep += std::string(40, ' ') + "k: 1\n";
  EXPECT_THAT(findings(yaml(deep)), ElementsAre(HasSubstr("nested more than 32 levels deep")));
}

TEST(ConfigFile, CommonMistakesAreNamedInsteadOfYamlsOwnWords) {
  EXPECT_THAT(findings(yaml("rest:\n\tport: 8081\n")),
              ElementsAre("error f line 2: is indented with a tab; YAML takes blanks only"));
  EXPECT_THAT(findings(yaml("high-availability:\n  type:zookeeper\n  storageDir: /ha\n")),
              ElementsAre("error f line 2: has no blank after the colon; write \"key: value\""));
  EXPECT_THAT(
      findings(yaml("rest.address\xEF\xBC\x9A h1\nrest.port: 8081\n")),
      ElementsAre("error f line 1: holds the full-width colon (U+FF1A); write \"key: value\" with an ASCII colon "
                  "and a blank"));
  EXPECT_THAT(findings(yaml("high-availability:zookeeper\n")),
              ElementsAre(HasSubstr("error f line 1: has no blank after the colon")));
  EXPECT_THAT(findings(yaml("a: 1\nweb.access-control-allow-origin: *\n")),
              ElementsAre("error f line 2: is not YAML: a value that begins with '*' needs quotes"));
  EXPECT_THAT(findings(yaml("a:\n  b: 1\n   c: 2\n")),
              ElementsAre(HasSubstr("error f line 3: is not YAML: the indent")));
  EXPECT_THAT(findings(yaml("a: 1\nb: [}\n")), ElementsAre(HasSubstr("error f line 2: is not YAML: ")));
}

TEST(ConfigFile, ManySettingsEndAtTheLimit) {
  std::string text;
  for (std::size_t i = 0; i < kSettingsMax + 5; ++i) text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_FALSE(yaml(text).findings.empty());
  EXPECT_FALSE(legacy(text).findings.empty());
  EXPECT_THAT(findings(yaml(std::string(600, 'k') + ": 1\n")), ElementsAre(HasSubstr("over 512 bytes")));
}

TEST(Text, EditDistanceIsBounded) {
  EXPECT_EQ(edit_distance("storagedir", "storageDir", 5), 1U);
  EXPECT_EQ(edit_distance("", "abc", 5), 3U);
  EXPECT_EQ(edit_distance("abcdefgh", "xxxxxxxx", 5), 5U);
}

}  // namespace
}  // namespace stellwerk::config
