#include "cli/client_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/fake_host.h"
#include "unit/cli/scratch_dir.h"

namespace stellwerk::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> urls(const Result<ClientConfig>& config) {
  std::vector<std::string> out;
  EXPECT_TRUE(config.has_value()) << (config ? "" : config.error().text);
  if (!config) return out;
  for (const http::Endpoint& master : config->masters) out.push_back(master.url());
  return out;
}

TEST(ClientConfig, WithoutAnyConfigurationIsThisMachine) {
  const FakeHost host;
  EXPECT_THAT(urls(client_config({}, host)), ElementsAre("http://localhost:8081"));
  EXPECT_EQ(client_config({}, host)->timeout, std::chrono::seconds(60));
}

TEST(ClientConfig, TheParallelismConcernsOnlyWhoSubmits) {
  const ScratchDir dir;
  dir.write("conf/config.yaml", "parallelism.default: many\n");
  FakeHost host;
  host.program_dir = dir.path() + "/bin";
  EXPECT_TRUE(client_config({}, host).has_value());
  const auto bad = client_config({}, host, Purpose::submits);
  ASSERT_FALSE(bad.has_value());
  EXPECT_THAT(bad.error().text,
              AllOf(HasSubstr("parallelism.default"), HasSubstr("many"), HasSubstr("a whole number")));
}

TEST(ClientConfig, AMasterOnTheCommandLineIsTheOnlyOne) {
  const ScratchDir dir;
  dir.write("conf/config.yaml", "rest.address: other\nrest.url-prefix: /flink/\n");
  dir.write("conf/masters", "third\n");
  FakeHost host;
  host.program_dir = dir.path() + "/bin";
  EXPECT_THAT(urls(client_config({.master = "h:1"}, host)), ElementsAre("http://h:1/flink"));
  EXPECT_THAT(urls(client_config({.master = "http://h:1/x"}, host)), ElementsAre("http://h:1/x"));
  EXPECT_THAT(urls(client_config({.master = "[::1]:8081"}, host)), ElementsAre("http://[::1]:8081/flink"));
  const auto bad = client_config({.master = "nonsense"}, host);
  ASSERT_FALSE(bad.has_value());
  EXPECT_THAT(bad.error().text, AllOf(HasSubstr("-m"), HasSubstr("nonsense"), HasSubstr("host:port")));
}

TEST(ClientConfig, TakesTheAddressAndThenTheMastersFile) {
  const ScratchDir dir;
  dir.write("conf/config.yaml", "rest.port: 9000\n");
  dir.write("conf/masters", "h1\nh2:8082 # second\nh3:0\nh1\n");
  FakeHost host;
  host.program_dir = dir.path() + "/bin";
  EXPECT_THAT(urls(client_config({}, host)), ElementsAre("http://h1:9000", "http://h2:8082"));
  EXPECT_THAT(urls(client_config({.config = {.dynamic = {"rest.address=front"}}}, host)),
              ElementsAre("http://front:9000", "http://h1:9000", "http://h2:8082"));
}

TEST(ClientConfig, TheDirectoryIsGivenOrInTheEnvironmentOrBesideTheProgram) {
  const ScratchDir dir;
  dir.write("a/config.yaml", "rest.address: given\n");
  dir.write("b/config.yaml", "rest.address: environment\n");
  dir.write("conf/config.yaml", "rest.address: beside\n");
  FakeHost host;
  host.program_dir = dir.path() + "/bin";
  EXPECT_THAT(urls(client_config({}, host)), ElementsAre("http://beside:8081"));
  host.variables["STELLWERK_CONF_DIR"] = dir.path() + "/b";
  EXPECT_THAT(urls(client_config({}, host)), ElementsAre("http://environment:8081"));
  EXPECT_THAT(urls(client_config({.config = {.conf_dir = dir.path() + "/a"}}, host)), ElementsAre("http://given:8081"));
  host.variables["STELLWERK_PROPERTIES"] = "rest.address: properties\n";
  EXPECT_THAT(urls(client_config({}, host)), ElementsAre("http://properties:8081"));
  host.variables["STELLWERK_CONF_DIR"] = dir.path() + "/none";
  const auto none = client_config({}, host);
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().text, AllOf(HasSubstr("STELLWERK_CONF_DIR"), HasSubstr("/none")));
}

TEST(ClientConfig, OnlyMistakesThatConcernAClientStopIt) {
  const ScratchDir dir;
  dir.write("conf/config.yaml", "high-availability.type: bogus\nrest.address: h\n");
  FakeHost host;
  host.program_dir = dir.path() + "/bin";
  EXPECT_THAT(urls(client_config({}, host)), ElementsAre("http://h:8081"));
  for (const char* text : {"rest.port: many\n", "a: [\n", "client.timeout: soon\n"}) {
    dir.write("conf/config.yaml", text);
    const auto config = client_config({}, host);
    ASSERT_FALSE(config.has_value()) << text;
    EXPECT_THAT(config.error().text, HasSubstr("config.yaml"));
  }
}

TEST(ClientConfig, AKeyWithoutAValueStopsAnyVerb) {
  FakeHost host;
  for (const char* const verb : {"list", "workers", "status"}) {
    EXPECT_EQ(host.run({verb, "-D", "key", "-m", "h:8081"}), 1) << verb;
    EXPECT_THAT(host.complained(), HasSubstr("-D: \"key\" is not of the form -Dkey=value")) << verb;
  }
  EXPECT_THAT(host.asked(), testing::IsEmpty());
}

TEST(ClientConfig, TheTimeoutIsWhatTheConfigurationSays) {
  const FakeHost host;
  const auto timeout = [&](const char* text) { return client_config({.config = {.dynamic = {text}}}, host); };
  EXPECT_EQ(timeout("client.timeout=5 s")->timeout, Milliseconds(5000));
  EXPECT_EQ(timeout("client.timeout=250")->timeout, Milliseconds(250));
  EXPECT_FALSE(timeout("client.timeout=0").has_value());
  EXPECT_FALSE(timeout("client.timeout=3 d").has_value());
}

TEST(ClientConfig, APortThatNobodyCanGuessIsAnError) {
  const FakeHost host;
  const auto config = client_config({.config = {.dynamic = {"rest.port=0"}}}, host);
  ASSERT_FALSE(config.has_value());
  EXPECT_THAT(config.error().text, HasSubstr("-m host:port"));
}

}  // namespace
}  // namespace stellwerk::cli
