#include "config/worker_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/conf_dir.h"

namespace stellwerk::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const HostFacts kWorkerHost{"node7", 2};
const std::vector<std::string> kLocal = {"high-availability.type=local", "high-availability.storageDir=/ha"};

WorkerStart start_worker(std::vector<std::string> dynamic, const std::string& conf_dir = {}) {
  Inputs inputs;
  inputs.conf_dir = conf_dir;
  inputs.dynamic = std::move(dynamic);
  return load_worker(inputs, kWorkerHost);
}

std::vector<std::string> with_local(std::vector<std::string> dynamic) {
  dynamic.insert(dynamic.end(), kLocal.begin(), kLocal.end());
  return dynamic;
}

TEST(WorkerOptions, Defaults) {
  const WorkerStart started = start_worker({});
  EXPECT_THAT(started.findings, IsEmpty());
  const WorkerOptions& options = started.options.value();
  EXPECT_EQ(options.type, HaType::none);
  EXPECT_EQ(options.cluster_id, "default");
  EXPECT_EQ(options.slots, 1);
  EXPECT_EQ(options.host, "node7");
  EXPECT_EQ(options.resource_id, std::nullopt);
  EXPECT_EQ(options.directory, "/tmp");
  EXPECT_EQ(options.registration_timeout, 5min);
  EXPECT_EQ(options.reconnect_timeout, 10s);
  EXPECT_EQ(options.orphan_timeout, 1h);
  EXPECT_EQ(options.cancellation_timeout, 180s);
  EXPECT_EQ(options.artifact_cache_bytes, std::uint64_t{1} << 30);
  EXPECT_THAT(options.masters.rpc, ElementsAre("localhost:6123"));
  EXPECT_THAT(options.masters.rest, IsEmpty());
  EXPECT_EQ(options.log.level, "INFO");
  EXPECT_EQ(options.data.address, "0.0.0.0");
  EXPECT_EQ(options.data.ports, (PortRanges{{0, 0}}));
}

TEST(WorkerOptions, WhereLogsAreServed) {
  const auto data = [](std::vector<std::string> settings) { return start_worker(std::move(settings)).options->data; };
  EXPECT_EQ(data({"taskmanager.host=localhost"}).address, "127.0.0.1");
  EXPECT_EQ(data({"taskmanager.host=::1"}).address, "::1");
  EXPECT_EQ(data({"taskmanager.host=localhost", "taskmanager.bind-host=0.0.0.0"}).address, "0.0.0.0");
  EXPECT_EQ(data({"taskmanager.data.port=9100"}).ports, (PortRanges{{9100, 9100}}));
  EXPECT_EQ(data({"taskmanager.data.port=9100", "taskmanager.data.bind-port=9200-9202"}).ports,
            (PortRanges{{9200, 9202}}));
  EXPECT_FALSE(start_worker({"taskmanager.data.port=70000"}).options);
}

TEST(WorkerOptions, WhatIsSet) {
  const WorkerStart started =
      start_worker({"taskmanager.numberOfTaskSlots=8", "taskmanager.host=h3", "taskmanager.resource-id=w-1",
                    "taskmanager.orphan.timeout=0", "jobmanager.rpc.address=2001:db8::1", "jobmanager.rpc.port=7000"});
  const WorkerOptions& options = started.options.value();
  EXPECT_EQ(options.slots, 8);
  EXPECT_EQ(options.host, "h3");
  EXPECT_EQ(options.resource_id, "w-1");
  EXPECT_EQ(options.orphan_timeout, 0s);
  EXPECT_THAT(options.masters.rpc, ElementsAre("[2001:db8::1]:7000"));
  EXPECT_FALSE(start_worker({"taskmanager.numberOfTaskSlots=0"}).options);
}

TEST(WorkerOptions, Labels) {
  const auto labels = [](const std::string& text) {
    return start_worker({"taskmanager.labels=" + text}).options.value().labels;
  };
  EXPECT_THAT(labels(""), testing::IsEmpty());
  EXPECT_THAT(labels("gpu, zone=a,gpu"), ElementsAre("gpu", "zone=a"));
  const WorkerStart bad = start_worker({"taskmanager.labels=gpu,two words"});
  EXPECT_FALSE(bad.options);
  EXPECT_THAT(
      to_lines(bad.findings),
      ElementsAre("-D: taskmanager.labels: \"gpu,two words\" names \"two words\", which is no label; accepted are 1 "
                  "to 64 letters, digits, '-', '_', '.', '/', ':' or '=', separated by commas"));
  EXPECT_FALSE(start_worker({"taskmanager.labels=gpu,"}).options);
}

TEST(WorkerOptions, ControlGroups) {
  const auto cgroups = [](const std::string& text) { return start_worker({"taskmanager.cgroups=" + text}).options; };
  EXPECT_EQ(start_worker({}).options.value().cgroups, CgroupUse::automatic);
  EXPECT_EQ(cgroups("OFF").value().cgroups, CgroupUse::off);
  EXPECT_EQ(cgroups("required").value().cgroups, CgroupUse::required);
  EXPECT_FALSE(cgroups("on"));
}

TEST(WorkerOptions, TheWorkingDirectoryIsFlinks) {
  const auto directory = [](std::vector<std::string> dynamic) {
    return start_worker(std::move(dynamic)).options.value().directory;
  };
  EXPECT_EQ(directory({"io.tmp.dirs=/data1/tmp,/data2/tmp"}), "/data1/tmp");
  EXPECT_EQ(directory({"taskmanager.tmp.dirs=/data1:/data2"}), "/data1");
  EXPECT_EQ(directory({"io.tmp.dirs=/data1", "process.working-dir=/var//lib/"}), "/var/lib");
  EXPECT_EQ(directory({"process.taskmanager.working-dir=/w", "process.working-dir=/var/lib"}), "/w");
}

TEST(WorkerOptions, WithoutAFixedPortItAsksTheMastersOfTheFile) {
  ConfDir dir;
  dir.write("config.yaml", "rest:\n  url-prefix: /one/\n");
  dir.write("masters", "h1:8082\nh2\nh2:8081\n2001:db8::1\nh4:0\n");
  const WorkerStart started = start_worker(kLocal, dir.path());
  ASSERT_TRUE(started.options) << to_lines(started.findings).front();
  EXPECT_THAT(started.options->masters.rpc, IsEmpty());
  EXPECT_THAT(started.options->masters.rest,
              ElementsAre("http://h1:8082/one", "http://h2:8081/one", "http://[2001:db8::1]:8081/one"));
  EXPECT_THAT(
      start_worker(with_local({"rest.bind-port=9000-9001", "rest.url-prefix=/"}), dir.path())
          .options.value()
          .masters.rest,
      ElementsAre("http://h1:9000", "http://h1:9001", "http://h2:9000", "http://h2:9001", "http://[2001:db8::1]:9000",
                  "http://[2001:db8::1]:9001", "http://h4:9000", "http://h4:9001"));
  EXPECT_EQ(start_worker(with_local({"rest.bind-port=9000-9999"}), dir.path()).options.value().masters.rest.size(), 64U)
      << "the ports of one host and all of them are bounded";
  EXPECT_THAT(start_worker({"jobmanager.rpc.port=0"}, dir.path()).options.value().masters.rest.size(), 3U)
      << "any free port is on /status too";
  EXPECT_THAT(start_worker({}, dir.path()).options.value().masters.rpc, ElementsAre("h1:6123"));
}

TEST(WorkerOptions, WithoutTheFileItAsksWhomTheKeysName) {
  EXPECT_THAT(start_worker(with_local({"rest.address=rest.example", "jobmanager.rpc.address=h1", "rest.port=80"}))
                  .options.value()
                  .masters.rest,
              ElementsAre("http://rest.example:80", "http://h1:80"));
  EXPECT_THAT(to_lines(start_worker(kLocal).findings),
              ElementsAre("a worker finds no master: there is no conf/masters, and no rest.address or "
                          "jobmanager.rpc.address with a rest.port"));
  EXPECT_FALSE(start_worker(kLocal).options);
}

TEST(WorkerOptions, AFileThatIsThereIsNotPassedBy) {
  ConfDir dir;
  dir.write("config.yaml", "rest.address: h1\n");
  dir.write("masters", "h1 h2\n");
  EXPECT_THAT(to_lines(start_worker(kLocal, dir.path()).findings),
              ElementsAre(HasSubstr("names more than one host; write one host on each line")));
  dir.write("masters", "h1:0\n");
  EXPECT_THAT(to_lines(start_worker(kLocal, dir.path()).findings),
              ElementsAre(HasSubstr("the lines of conf/masters have port 0")));
}

TEST(WorkerOptions, AllErrorsComeTogether) {
  EXPECT_THAT(to_lines(start_worker(with_local({"taskmanager.host=h1:2", "task.cancellation.timeout=soon"})).findings),
              ElementsAre(HasSubstr("task.cancellation.timeout"), HasSubstr("taskmanager.host")));
}

}  // namespace
}  // namespace stellwerk::config
