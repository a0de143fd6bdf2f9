/// Layers, old names and errors, through load().
#include "config/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "unit/config/conf_dir.h"

namespace stellwerk::config {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Texts of findings, with the temporary directory taken out.
std::vector<std::string> lines(const Findings& findings, const ConfDir& dir) {
  std::vector<std::string> out;
  for (const Finding& finding : findings)
    out.push_back(std::string(to_string(finding.kind)) + ": " + dir.without_path(finding.text()));
  return out;
}

TEST(Load, WithoutAnySourceEverythingHasItsDefault) {
  const Loaded loaded = load({});
  EXPECT_TRUE(loaded.ok());
  EXPECT_THAT(loaded.findings, IsEmpty());
  const Configuration& configuration = loaded.configuration;
  EXPECT_EQ(configuration.get(keys::ha_type), "NONE");
  EXPECT_EQ(configuration.get(keys::rest_port), 8081);
  EXPECT_EQ(configuration.get(keys::zookeeper_session_timeout), 60s);
  EXPECT_EQ(configuration.get(keys::history_for), 1h);
  EXPECT_EQ(configuration.get(keys::rest_content_bytes_max), 104857600U);
  EXPECT_TRUE(configuration.get(keys::web_submit));
  EXPECT_EQ(configuration.get(keys::rest_address), "");
  EXPECT_EQ(configuration.find_integer(keys::io_threads), std::nullopt);
  EXPECT_TRUE(configuration.get(keys::rest_bind_port).empty());
  EXPECT_EQ(configuration.origin(keys::rest_port.name).text(), "default");
}

TEST(Load, StrongerSourcesWinAndEachValueKeepsItsPlace) {
  ConfDir dir;
  dir.write("config.yaml", "rest:\n  port: 1\n  address: file\nenv.log.max: 1\nenv.log.level: debug\n");
  Inputs inputs;
  inputs.conf_dir = dir.path();
  inputs.properties = "rest.port: 2\nenv.log.max: 2\n";
  inputs.webui_port = 3;
  EXPECT_EQ(load(inputs).configuration.get(keys::rest_port), 3);
  inputs.dynamic = {"rest.port=4", "rest.port=5"};
  const Loaded loaded = load(inputs);
  ASSERT_TRUE(loaded.ok());
  const Configuration& configuration = loaded.configuration;
  EXPECT_EQ(configuration.get(keys::rest_port), 5);
  EXPECT_EQ(configuration.origin("rest.port").text(), "-D");
  EXPECT_EQ(configuration.get(keys::log_files_max), 2);
  EXPECT_EQ(configuration.origin("env.log.max").text(), "STELLWERK_PROPERTIES line 2");
  EXPECT_EQ(configuration.get(keys::log_level), "DEBUG");
  EXPECT_EQ(dir.without_path(configuration.origin("rest.address").text()), "config.yaml line 3");
  EXPECT_THAT(configuration.files(), ElementsAre(dir.path() + "/config.yaml"));
}

TEST(Load, TheHostOfTheMastersLineBeatsFilesAndYieldsToD) {
  ConfDir dir;
  dir.write("config.yaml", "rest.address: public.example\njobmanager.rpc.address: localhost\n");
  Inputs inputs{.conf_dir = dir.path(), .dynamic = {}, .host = "h1", .webui_port = {}, .properties = {}};
  const Loaded loaded = load(inputs);
  EXPECT_EQ(loaded.configuration.get(keys::rest_address), "h1");
  EXPECT_EQ(loaded.configuration.get(keys::rpc_address), "h1");
  EXPECT_THAT(lines(loaded.findings, dir),
              ElementsAre("conflict: config.yaml line 1: rest.address is not used, because "
                          "--host sets rest.address to another value"));
  inputs.dynamic = {"rest.address=h2"};
  EXPECT_EQ(load(inputs).configuration.get(keys::rest_address), "h2");
}

TEST(Load, ANewKeyBeatsItsOldNamesAndDifferencesAreNamed) {
  ConfDir dir;
  dir.write("config.yaml",
            "high-availability: zookeeper\n"
            "recovery.mode: zookeeper\n"
            "high-availability.type: local\n"
            "jobmanager.web.port: 9\nweb.port: 8\n");
  const Loaded loaded = load({.conf_dir = dir.path(), .dynamic = {}, .host = {}, .webui_port = {}, .properties = {}});
  EXPECT_EQ(loaded.configuration.get(keys::ha_type), "local");
  EXPECT_EQ(loaded.configuration.get(keys::rest_port), 8);
  EXPECT_EQ(loaded.configuration.find("rest.port")->written_as, "web.port");
  EXPECT_THAT(
      lines(loaded.findings, dir),
      ElementsAre("conflict: config.yaml line 1: high-availability is not used, because config.yaml line 3 sets "
                  "high-availability.type to another value",
                  HasSubstr("conflict: config.yaml line 2: recovery.mode is not used"),
                  HasSubstr("conflict: config.yaml line 4: jobmanager.web.port is not used"),
                  "old-name: config.yaml line 5: web.port now rest.port"));
}

TEST(Load, AStrongerSourceWinsWhicheverNameItUses) {
  ConfDir dir;
  dir.write("config.yaml", "high-availability.type: NONE\n");
  Inputs inputs{
      .conf_dir = dir.path(), .dynamic = {"high-availability=local"}, .host = {}, .webui_port = {}, .properties = {}};
  const Loaded loaded = load(inputs);
  EXPECT_EQ(loaded.configuration.get(keys::ha_type), "local");
  EXPECT_THAT(lines(loaded.findings, dir),
              Contains(HasSubstr("high-availability.type is not used, because -D sets high-availability to another")));
}

TEST(Load, AllErrorsAreToldAtOnceWithPlaceKeyValueAndWhatIsAccepted) {
  ConfDir dir;
  dir.write("config.yaml",
            "high-availability:\n"
            "  typo: x\n"
            "  storageDir: relative/path\n"
            "  zookeeper:\n"
            "    client:\n"
            "      session-timeout: 10 parsecs\n"
            "      authorization: hunter2\n"
            "rest:\n"
            "  port: 80810\n"
            "  address: [a, b]\n"
            "web.submit.enable: yes\n");
  Inputs inputs{
      .conf_dir = dir.path(), .dynamic = {"=x", "env.log.level=loud"}, .host = {}, .webui_port = {}, .properties = {}};
  const Loaded loaded = load(inputs);
  EXPECT_FALSE(loaded.ok());
  EXPECT_THAT(
      lines(loaded.findings, dir),
      ElementsAre(
          "error: -D: \"=x\" is not of the form -Dkey=value",
          "error: -D: env.log.level: \"loud\" is not accepted; accepted is INFO, TRACE, DEBUG, WARN, ERROR or OFF",
          HasSubstr("error: config.yaml line 2: high-availability.typo is not a key; did you mean "
                    "high-availability.type?"),
          "error: config.yaml line 3: high-availability.storageDir: \"relative/path\" is not an absolute path; "
          "accepted is file:///mnt/ha or /mnt/ha, the same on every master",
          HasSubstr("error: config.yaml line 6: high-availability.zookeeper.client.session-timeout: \"10 "
                    "parsecs\" is not a duration; accepted is"),
          "error: config.yaml line 7: high-availability.zookeeper.client.authorization has a value (not shown) "
          "that is not a map; accepted is name:value,name:value",
          "error: config.yaml line 9: rest.port: \"80810\" is out of range; accepted is 0 to 65535",
          "error: config.yaml line 10: rest.address: \"a;b\" is a list; accepted is one value",
          "error: config.yaml line 11: web.submit.enable: \"yes\" is not accepted; accepted is true or false"));
  EXPECT_TRUE(loaded.configuration.is_faulty("rest.port"));
  EXPECT_EQ(loaded.configuration.get(keys::rest_port), 8081) << "the default, so that later steps can go on";
}

TEST(Load, AKeyWithoutAValueIsTrueOrAMistake) {
  Inputs inputs;
  inputs.dynamic = {"web.submit.enable", "metrics.some.flag", "jobmanager.execution.attempts-history-size"};
  const Loaded flags = load(inputs);
  EXPECT_TRUE(flags.ok());
  EXPECT_TRUE(flags.configuration.get(keys::web_submit));
  inputs.dynamic = {"key", "rest.address", "rest.port"};
  const Loaded slips = load(inputs);
  EXPECT_FALSE(slips.ok());
  EXPECT_THAT(to_lines(slips.findings),
              testing::UnorderedElementsAre("-D: \"key\" is not of the form -Dkey=value",
                                            "-D: \"rest.address\" is not of the form -Dkey=value",
                                            "-D: \"rest.port\" is not of the form -Dkey=value"));
  EXPECT_EQ(slips.configuration.get(keys::rest_port), 8081);
}

TEST(Load, UnknownKeysElsewhereAreNamedOnce) {
  ConfDir dir;
  dir.write("config.yaml",
            "rest.prot: 1\nmy.own: 2\nmetrics.reporter.x.port: 9249\n"
            "jobmanager.execution.attempts-history-size: 5\n");
  Inputs inputs{.conf_dir = dir.path(), .dynamic = {"my.own=3"}, .host = {}, .webui_port = {}, .properties = {}};
  const Loaded loaded = load(inputs);
  EXPECT_TRUE(loaded.ok());
  EXPECT_THAT(
      lines(loaded.findings, dir),
      ElementsAre(
          "unknown: -D: my.own is not a known key and is ignored",
          "unknown: config.yaml line 1: rest.prot is not a known key and is ignored; did you mean rest.port?",
          "ignored: config.yaml line 3: metrics.reporter.x.port scrape /metrics on the REST port of each master",
          "later: config.yaml line 4: jobmanager.execution.attempts-history-size "));
  EXPECT_EQ(loaded.configuration.text("my.own"), "3");
}

TEST(Load, AKeyThatHasNoEffectYetNeverKeepsAMasterFromStarting) {
  Inputs inputs;
  inputs.dynamic = {"jobmanager.execution.attempts-history-size=-1"};
  const Loaded loaded = load(inputs);
  EXPECT_TRUE(loaded.ok());
  EXPECT_THAT(to_lines(loaded.findings),
              Contains(HasSubstr("jobmanager.execution.attempts-history-size: \"-1\" is out of range;")));
}

TEST(Load, ListsMayBeYamlOrFlinksText) {
  ConfDir dir;
  dir.write("config.yaml",
            "high-availability.zookeeper.quorum: [zk1, 'zk2:2182']\n"
            "rest.bind-port: [8081, 8090-8099]\n");
  const Loaded loaded = load({.conf_dir = dir.path(), .dynamic = {}, .host = {}, .webui_port = {}, .properties = {}});
  ASSERT_TRUE(loaded.ok()) << to_lines(loaded.findings).front();
  EXPECT_EQ(loaded.configuration.text("high-availability.zookeeper.quorum"), "zk1,zk2:2182");
  EXPECT_EQ(loaded.configuration.get(keys::rest_bind_port), (PortRanges{{8081, 8081}, {8090, 8099}}));
}

TEST(Load, MapsMayBeNestedOrText) {
  ConfDir dir;
  dir.write(
      "config.yaml",
      "high-availability:\n  zookeeper:\n    client:\n      authorization:\n        digest: 'u:p,q'\n        x: y\n");
  using Map = std::map<std::string, std::string>;
  const Loaded nested = load({.conf_dir = dir.path(), .dynamic = {}, .host = {}, .webui_port = {}, .properties = {}});
  ASSERT_TRUE(nested.ok());
  EXPECT_EQ(nested.configuration.get(keys::zookeeper_authorization), (Map{{"digest", "u:p,q"}, {"x", "y"}}));
  Inputs inputs;
  inputs.dynamic = {"high-availability.zookeeper.client.authorization=digest:u:p"};
  EXPECT_EQ(load(inputs).configuration.get(keys::zookeeper_authorization), (Map{{"digest", "u:p"}}));
}

TEST(Load, FlinksOldFileWinsWithOneLine) {
  ConfDir dir;
  dir.write("config.yaml", "rest.port: 1\n");
  dir.write("flink-conf.yaml", "rest.port: 2\n");
  const Loaded loaded = load({.conf_dir = dir.path(), .dynamic = {}, .host = {}, .webui_port = {}, .properties = {}});
  EXPECT_EQ(loaded.configuration.get(keys::rest_port), 2);
  EXPECT_THAT(lines(loaded.findings, dir),
              ElementsAre("warning: flink-conf.yaml: is read, and config.yaml beside it is "
                          "not; remove one of them"));
}

TEST(Load, MissingAndOversizedFilesAreErrors) {
  ConfDir dir;
  const Inputs inputs{.conf_dir = dir.path(), .dynamic = {}, .host = {}, .webui_port = {}, .properties = {}};
  EXPECT_THAT(to_lines(load(inputs).findings), ElementsAre(HasSubstr("holds neither config.yaml nor flink-conf.yaml")));
  dir.write("config.yaml", std::string(kConfigBytesMax + 1, '#'));
  EXPECT_THAT(to_lines(load(inputs).findings), ElementsAre(HasSubstr("config.yaml: is larger than 262144 bytes")));
  dir.write("flink-conf.yaml", std::string(kConfigBytesMax, '#'));
  EXPECT_TRUE(load(inputs).ok());
  dir.remove("flink-conf.yaml");
  dir.make_directory("flink-conf.yaml");
  EXPECT_THAT(to_lines(load(inputs).findings), Contains(HasSubstr("flink-conf.yaml: is not a file")));
}

TEST(Load, LookAlikesAndQuotesAreExplained) {
  Inputs inputs;
  inputs.properties =
      "high-availability.zookeeper.quorum: zk1:2181\xEF\xBC\x8Czk2:2181\n"
      "rest.address: \"h1\"\n"
      "high-availability.\xEF\xBD\x94ype: local\n";
  const Loaded loaded = load(inputs);
  EXPECT_THAT(to_lines(loaded.findings),
              ElementsAre(HasSubstr("2181\" holds the full-width comma (U+FF0C), which only looks like ASCII; type it"),
                          HasSubstr("(quotes are part of the value here; remove them)"),
                          HasSubstr("(it holds a full-width letter (U+FF54), which only looks like ASCII)")));
}

TEST(Load, NoFindingEverShowsASecret) {
  Inputs inputs;
  inputs.dynamic = {"high-availability.zookeeper.client.authorization=hunter2",
                    "high-availability.zookeeper.client.authorisation=hunter2", "s3.secret-key=hunter2",
                    "my.password=hunter2"};
  inputs.properties = "high-availability.zookeeper.client.authorization:hunter2\nmy.password: other hunter2\n";
  for (const std::string& line : to_lines(load(inputs).findings)) EXPECT_THAT(line, Not(HasSubstr("hunter2")));
}

TEST(Findings, AKeyThatCannotBeShownIsEscaped) {
  Inputs inputs;
  inputs.properties = "heartbeat.ti\tmeout: 1 s\n";
  for (const std::string& line : to_lines(load(inputs).findings)) {
    EXPECT_TRUE(is_printable_text(line)) << line;
    EXPECT_THAT(line, HasSubstr("heartbeat.ti\\tmeout"));
  }
}

TEST(Findings, WhoSetsThePortOfAReporterIsToldWhereToScrape) {
  Inputs inputs;
  inputs.properties = "metrics.reporter.prom.port: 9249\n";
  EXPECT_THAT(to_lines(load(inputs).findings),
              ElementsAre("STELLWERK_PROPERTIES: keys of Flink that have no meaning here and are ignored: "
                          "metrics.reporter.prom.port (line 1, scrape /metrics on the REST port of each master)"));
}

TEST(Findings, ManyOfAKindShareALine) {
  Inputs inputs;
  inputs.properties =
      "metrics.a: 1\nmetrics.b: 2\nakka.ask.timeout: 10 s\n"
      "jobmanager.execution.attempts-history-size: 2\nweb.port: 1\n";
  EXPECT_THAT(to_lines(load(inputs).findings),
              ElementsAre("STELLWERK_PROPERTIES: old names that are still read: web.port (line 5, now rest.port)",
                          "STELLWERK_PROPERTIES: keys that a later version will use: "
                          "jobmanager.execution.attempts-history-size (line 4)",
                          "STELLWERK_PROPERTIES: keys of Flink that have no meaning here and are ignored: metrics.a "
                          "(line 1), metrics.b (line 2), akka.ask.timeout (line 3)"));
}

}  // namespace
}  // namespace stellwerk::config
