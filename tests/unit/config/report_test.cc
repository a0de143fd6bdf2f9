#include "config/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "unit/config/conf_dir.h"

namespace stellwerk::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const HostFacts kThisHost{"thishost", 2};

TEST(Check, SumsUpAndSetsTheExitCode) {
  Inputs inputs;
  inputs.host = "localhost";
  const Report fine = check(inputs, kThisHost, Format::text);
  EXPECT_EQ(fine.exit_code, 0);
  EXPECT_EQ(fine.err, "");
  EXPECT_EQ(
      fine.out,
      "The configuration is fine: high-availability.type NONE, no storage: jobs live as long as the master, REST on "
      "127.0.0.1 port 8081, workers on 127.0.0.1 port 6123, advertised as localhost.\n");
  inputs.dynamic = {"rest.port=x", "high-availability.type=etcd", "my.key=1", "metrics.x=1"};
  const Report bad = check(inputs, kThisHost, Format::text);
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_EQ(bad.err,
            "[ERROR] -D: high-availability.type: \"etcd\" is not accepted; accepted is NONE, zookeeper or local\n"
            "[ERROR] -D: rest.port: \"x\" is not accepted; accepted is a whole number\n");
  EXPECT_EQ(bad.out,
            "[WARN] -D: my.key is not a known key and is ignored\n"
            "[INFO] -D: keys of Flink that have no meaning here and are ignored: metrics.x\n"
            "2 errors: a master would not start.\n");
}

TEST(Check, IsOfTheMasterThatTheScriptsWouldStartHere) {
  ConfDir dir;
  dir.write("config.yaml", "taskmanager.bind-host: localhost\n");
  dir.write("masters", "elsewhere:1\nlocalhost:18481\nlocalhost:18482\n");
  Inputs inputs;
  inputs.conf_dir = dir.path();
  const Report report = check(inputs, kThisHost, Format::text);
  EXPECT_EQ(dir.without_path(report.out),
            "The configuration of the master in line 2 of masters is fine: high-availability.type NONE, no storage: "
            "jobs live as long as the master, REST on 127.0.0.1 port 18481, workers on 127.0.0.1 port 6123, "
            "advertised as localhost.\n");
  inputs.webui_port = 7000;
  EXPECT_THAT(check(inputs, kThisHost, Format::text).out, HasSubstr(" port 7000, "));
  inputs.webui_port.reset();
  dir.write("masters", "elsewhere:1\n");
  EXPECT_THAT(check(inputs, kThisHost, Format::text).out, HasSubstr("REST on 0.0.0.0 port 8081"));
  dir.write("masters", "elsewhere:1\nthishost:2\n");
  EXPECT_THAT(check(inputs, kThisHost, Format::text).out, HasSubstr("REST on 0.0.0.0 port 2,"));
}

TEST(Check, WarnsOfWorkersThatStrangersReach) {
  ConfDir dir;
  dir.write("config.yaml", "rest.bind-address: localhost\n");
  dir.write("masters", "localhost:1\n");
  Inputs inputs;
  inputs.conf_dir = dir.path();
  constexpr const char* kWarning = "[WARN] the port of workers for logs and output listens on 0.0.0.0";
  EXPECT_THAT(check(inputs, kThisHost, Format::text).out, HasSubstr(kWarning));
  inputs.dynamic = {"taskmanager.bind-host=127.0.0.1"};
  EXPECT_THAT(check(inputs, kThisHost, Format::text).out, Not(HasSubstr(kWarning)));
  inputs.dynamic.clear();
  inputs.host = "localhost";
  EXPECT_THAT(check(inputs, kThisHost, Format::text).out, Not(HasSubstr(kWarning))) << "of this master alone";
}

TEST(Check, SpeaksJson) {
  ConfDir dir;
  dir.write("config.yaml", "rest:\n  port: x\nmy.key: 1\n");
  Inputs inputs;
  inputs.conf_dir = dir.path();
  const Report report = check(inputs, kThisHost, Format::json);
  EXPECT_EQ(report.exit_code, 1);
  const auto parsed = parse_json(report.out, "report");
  ASSERT_TRUE(parsed.has_value());
  const json::object& root = parsed->as_object();
  EXPECT_FALSE(root.at("ok").as_bool());
  EXPECT_EQ(root.at("files").as_array().size(), 1U);
  const json::object& error = root.at("errors").as_array().at(0).as_object();
  EXPECT_EQ(error.at("file").as_string(), dir.path() + "/config.yaml");
  EXPECT_EQ(error.at("line").as_int64(), 2);
  EXPECT_EQ(error.at("key").as_string(), "rest.port");
  EXPECT_EQ(error.at("value").as_string(), "x");
  EXPECT_EQ(error.at("problem").as_string(), "is not accepted; accepted is a whole number");
  EXPECT_EQ(root.at("notices").as_array().at(0).as_object().at("kind").as_string(), "unknown");
}

TEST(Show, NamesValueAndSourceOfEveryKeyAndMasksSecrets) {
  Inputs inputs;
  inputs.webui_port = 8082;
  inputs.dynamic = {"high-availability.zookeeper.client.authorization=digest:u:hunter2", "s3.secret-key=hunter2",
                    "my.key=1", "jobmanager.execution.attempts-history-size=5"};
  const Configuration configuration = load(inputs).configuration;
  const std::string text = show(configuration, Format::text);
  EXPECT_THAT(text, HasSubstr("rest.port: 8082  # --webui-port\n"));
  EXPECT_THAT(text, HasSubstr("high-availability.type: NONE  # default\n"));
  EXPECT_THAT(text, HasSubstr("high-availability.storageDir: # not set\n"));
  EXPECT_THAT(text, HasSubstr("high-availability.zookeeper.client.authorization: ******  # -D\n"));
  EXPECT_THAT(text, HasSubstr("s3.secret-key: ******  # -D, no meaning here\n"));
  EXPECT_THAT(text, HasSubstr("my.key: 1  # -D, unknown\n"));
  EXPECT_THAT(text, HasSubstr("jobmanager.execution.attempts-history-size: 5  # -D, used by a later version\n"));
  EXPECT_THAT(text, Not(HasSubstr("rest.cache")));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  const std::string json_text = show(configuration, Format::json);
  EXPECT_THAT(json_text, HasSubstr(R"({"key":"rest.port","value":"8082","source":"--webui-port"})"));
  EXPECT_THAT(json_text, Not(HasSubstr("hunter2")));
}

TEST(Get, OneKeyForScripts) {
  Inputs inputs;
  inputs.dynamic = {"env.log.dir=/logs", "my.key=1",
                    "high-availability.zookeeper.client.authorization=digest:u:hunter2"};
  const Configuration configuration = load(inputs).configuration;
  EXPECT_EQ(get(configuration, "env.log.dir"), "/logs");
  EXPECT_EQ(get(configuration, "high-availability"), "NONE") << "old names work";
  EXPECT_EQ(get(configuration, "env.ssh.opts"), "");
  EXPECT_EQ(get(configuration, "my.key"), "1");
  EXPECT_EQ(get(configuration, "no.such.key"), std::nullopt);
  EXPECT_EQ(get(configuration, "high-availability.zookeeper.client.authorization"), "******");
}

}  // namespace
}  // namespace stellwerk::config
