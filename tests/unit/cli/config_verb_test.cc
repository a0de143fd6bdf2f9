#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "unit/cli/fake_host.h"
#include "unit/cli/scratch_dir.h"

namespace stellwerk::cli {
namespace {

using testing::HasSubstr;

class ConfigVerb : public testing::Test {
 protected:
  int run(std::vector<std::string> options) {
    host.stdout_stream.str("");
    host.stderr_stream.str("");
    options.insert(options.begin(), {"config", "--configDir", dir.path()});
    return host.run(options);
  }
  ScratchDir dir;
  FakeHost host;
};

TEST_F(ConfigVerb, GetPrintsOneValue) {
  dir.write("config.yaml", "rest:\n  port: 9000\nmine: x\n");
  EXPECT_EQ(run({"--get", "rest.port"}), 0);
  EXPECT_EQ(host.printed(), "9000\n");
  EXPECT_EQ(run({"--get", "rest.port", "-Drest.port=1"}), 0);
  EXPECT_EQ(host.printed(), "1\n");
  EXPECT_EQ(run({"--get", "env.log.dir"}), 0);
  EXPECT_EQ(host.printed(), "\n");
  EXPECT_EQ(run({"--get", "env.pid.dir"}), 0);
  EXPECT_EQ(host.printed(), "/tmp\n");
  EXPECT_EQ(run({"--get", "mine"}), 0);
  EXPECT_EQ(host.printed(), "x\n");
  EXPECT_EQ(run({"--get", "rest.prot"}), 1);
  EXPECT_EQ(host.complained(), "\"rest.prot\" is no key of the configuration (did you mean rest.port?).\n");
}

TEST_F(ConfigVerb, GetOfASecretShowsThatItIsSet) {
  dir.write("config.yaml", "high-availability.zookeeper.client.authorization: digest:user:word\n");
  EXPECT_EQ(run({"--get", "high-availability.zookeeper.client.authorization"}), 0);
  EXPECT_EQ(host.printed(), "******\n");
}

TEST_F(ConfigVerb, GetOfWhatCannotBeReadFails) {
  dir.write("config.yaml", "rest.port: many\nenv.pid.dir: /p\n");
  EXPECT_EQ(run({"--get", "rest.port"}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("many"));
  EXPECT_EQ(run({"--get", "env.pid.dir"}), 0) << "other keys' mistakes do not matter";
  dir.write("config.yaml", "a: [\n");
  EXPECT_EQ(run({"--get", "env.pid.dir"}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("config.yaml"));
}

TEST_F(ConfigVerb, CheckKnowsTheClientsKey) {
  dir.write("config.yaml", "client.timeout: soon\n");
  EXPECT_EQ(run({"--check"}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("client.timeout: \"soon\" is not a duration"));
  EXPECT_EQ(run({"--get", "client.timeout", "-Dclient.timeout=5 s"}), 0);
}

TEST_F(ConfigVerb, CheckPrintsMistakesOnStderr) {
  dir.write("config.yaml", "rest.port: many\n");
  EXPECT_EQ(run({"--check"}), 1);
  EXPECT_THAT(host.printed(), Not(HasSubstr("many")));
  EXPECT_THAT(host.complained(), HasSubstr("many"));
  EXPECT_EQ(run({"--check", "--json"}), 1);
  const auto report = parse_json(host.printed(), "report");
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->at("ok").as_bool());
  dir.write("config.yaml", "rest.port: 8081\n");
  EXPECT_EQ(run({"--check"}), 0);
  EXPECT_THAT(host.printed(), HasSubstr("The configuration is fine"));
  EXPECT_EQ(host.complained(), "");
}

TEST_F(ConfigVerb, CheckOfTheStorageAsksForIt) {
  dir.write("config.yaml", "rest.port: 8081\n");
  int probes = 0;
  host.probe = [&](const config::MasterOptions&) -> Result<std::string> {
    ++probes;
    if (probes == 1) return std::string("The storage is fine.");
    return make_error(Errc::failed, "high-availability.storageDir: \"/mnt\" cannot be written");
  };
  EXPECT_EQ(run({"--check"}), 0);
  EXPECT_EQ(probes, 0);
  EXPECT_EQ(run({"--check", "--storage"}), 0);
  EXPECT_THAT(host.printed(), HasSubstr("The storage is fine.\n"));
  EXPECT_EQ(run({"--check", "--storage"}), 1);
  EXPECT_EQ(host.complained(), "high-availability.storageDir: \"/mnt\" cannot be written.\n");
}

TEST_F(ConfigVerb, ShowPrintsAll) {
  dir.write("config.yaml", "rest.port: 9000\n");
  EXPECT_EQ(run({"--show"}), 0);
  EXPECT_THAT(host.printed(), HasSubstr("rest.port"));
  EXPECT_THAT(host.printed(), HasSubstr("9000"));
  EXPECT_EQ(run({"--show", "--json"}), 0);
  EXPECT_TRUE(parse_json(host.printed(), "settings").has_value());
  dir.write("config.yaml", "rest.port: many\n");
  EXPECT_EQ(run({}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("many"));
}

TEST_F(ConfigVerb, OfADirectoryThatIsNotThere) {
  EXPECT_EQ(host.run({"config", "--configDir", dir.path() + "/none", "--check"}), 1);
  EXPECT_NE(host.complained(), "");
}

}  // namespace
}  // namespace stellwerk::cli
