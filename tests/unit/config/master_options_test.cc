#include "config/master_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/locations.h"

namespace stellwerk::config {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const HostFacts kHost{"node7", 2};

MasterStart start(std::vector<std::string> dynamic, std::string host = {}) {
  Inputs inputs;
  inputs.dynamic = std::move(dynamic);
  inputs.host = std::move(host);
  return load_master(inputs, kHost);
}

std::vector<std::string> errors(const MasterStart& start) {
  std::vector<std::string> out;
  for (const Finding& finding : start.findings)
    if (finding.kind == FindingKind::error) out.push_back(finding.text());
  return out;
}

TEST(MasterOptions, Defaults) {
  const MasterStart started = start({}, "localhost");
  ASSERT_TRUE(started.options);
  EXPECT_THAT(started.findings, IsEmpty());
  const MasterOptions& options = *started.options;
  EXPECT_EQ(options.type, HaType::none);
  EXPECT_EQ(options.cluster_id, "default");
  EXPECT_FALSE(options.storage);
  EXPECT_FALSE(options.zookeeper);
  EXPECT_EQ(options.rest.listen.address, "127.0.0.1");
  EXPECT_EQ(options.rest.listen.ports, (PortRanges{{8081, 8081}}));
  EXPECT_EQ(options.rest.url(8081), "http://localhost:8081");
  EXPECT_EQ(options.rest.content_bytes_max, 104857600U);
  EXPECT_EQ(options.rest.await_leader_timeout, 30s);
  EXPECT_EQ(options.rest.idleness_timeout, 5min);
  EXPECT_EQ(options.rest.allow_origin, "*");
  EXPECT_EQ(options.rpc.listen.ports, (PortRanges{{6123, 6123}}));
  EXPECT_EQ(options.history.shown_max, 100000U) << "Flink's default has no limit; ours bounds it";
  EXPECT_EQ(options.history.shown_for, 1h);
  EXPECT_EQ(options.history.ended_for, 7 * 24h);
  EXPECT_EQ(options.log.level, "INFO");
  EXPECT_EQ(options.stall_timeout, 2s);
  EXPECT_EQ(options.io_threads, 8U);
}

TEST(MasterOptions, ThreadsForTheStorage) {
  const auto threads = [](const std::vector<std::string>& dynamic, unsigned processors) {
    Inputs inputs;
    inputs.dynamic = dynamic;
    return load_master(inputs, {"h", processors}).options->io_threads;
  };
  EXPECT_EQ(threads({}, 0), 8U);
  EXPECT_EQ(threads({}, 8), 32U);
  EXPECT_EQ(threads({}, 128), 64U);
  EXPECT_EQ(threads({"cluster.io-pool.size=1"}, 128), 1U);
  EXPECT_EQ(threads({"cluster.io-pool.size=200"}, 1), 200U);
}

TEST(MasterOptions, WhatIsAdvertisedHasThePrefix) {
  for (const std::string written : {"/behind/proxy", "/behind/proxy/", "/behind//proxy"}) {
    const auto options = start({"rest.url-prefix=" + written}, "localhost").options;
    ASSERT_TRUE(options) << written;
    EXPECT_EQ(options->rest.url(8081), "http://localhost:8081/behind/proxy") << written;
    EXPECT_EQ(options->rest.url_prefix, "/behind/proxy") << written;
  }
}

TEST(MasterOptions, ZooKeeper) {
  const MasterStart started =
      start({"high-availability=ZooKeeper", "high-availability.zookeeper.quorum=zk1,zk2:2182",
             "high-availability.storageDir=file:///mnt//ha/", "high-availability.cluster-id=//Team/One/",
             "high-availability.zookeeper.path.root=flink"},
            "hadoop102");
  ASSERT_TRUE(started.options) << errors(started).front();
  const MasterOptions& options = *started.options;
  EXPECT_EQ(options.type, HaType::zookeeper);
  EXPECT_EQ(options.zookeeper->servers, (std::vector<HostPort>{{"zk1", 2181}, {"zk2", 2182}}));
  EXPECT_EQ(options.zookeeper->path, "/flink/Team/One");
  EXPECT_EQ(options.zookeeper->session_timeout, 60s);
  EXPECT_EQ(options.zookeeper->connection_timeout, 15s);
  EXPECT_FALSE(options.zookeeper->creator_acl);
  EXPECT_EQ(options.storage->storage_dir, "/mnt/ha");
  EXPECT_EQ(options.storage->directory, "/mnt/ha/Team/One");
  EXPECT_EQ(options.storage->uri, "file:///mnt/ha/Team/One");
  EXPECT_EQ(options.rpc.listen.ports, (PortRanges{{0, 0}})) << "high-availability.jobmanager.port";
}

TEST(MasterOptions, AChrootOfTheConnectStringGoesBeforeTheRoot) {
  const MasterStart started = start({"high-availability.type=zookeeper", "high-availability.storageDir=/ha",
                                     "high-availability.zookeeper.quorum=zk1:2181,zk2:2181/apps/x"});
  ASSERT_TRUE(started.options);
  EXPECT_EQ(started.options->zookeeper->servers.size(), 2U);
  EXPECT_EQ(started.options->zookeeper->path, "/apps/x/stellwerk/default");
}

TEST(MasterOptions, TypesNeedTheirKeysAndAllErrorsComeTogether) {
  EXPECT_THAT(
      errors(start({"high-availability.type=zookeeper", "rest.port=x"})),
      ElementsAre("-D: rest.port: \"x\" is not accepted; accepted is a whole number",
                  "-D: high-availability.type: \"zookeeper\" needs high-availability.storageDir, which is not "
                  "set; for example file:///mnt/ha",
                  "-D: high-availability.type: \"zookeeper\" needs high-availability.zookeeper.quorum, which is "
                  "not set; for example zk1:2181,zk2:2181,zk3:2181"));
  EXPECT_THAT(errors(start({"high-availability.type=local"})),
              ElementsAre(HasSubstr("needs high-availability.storageDir")));
  EXPECT_THAT(errors(start({"high-availability.type=zookeeper", "high-availability.storageDir=hdfs:///x",
                            "high-availability.zookeeper.quorum=a b"})),
              ElementsAre(HasSubstr("storageDir: \"hdfs:///x\" is planned"), HasSubstr("quorum: \"a b\" holds")))
      << "a key with a bad value is not also called missing";
  EXPECT_FALSE(start({"rest.port=x"}).options);
}

TEST(MasterOptions, OtherTypesGetOneClearLine) {
  EXPECT_THAT(errors(start({"high-availability.type=kubernetes"})),
              ElementsAre("-D: high-availability.type: \"kubernetes\" asks for Flink's lock in Kubernetes, which is "
                          "planned, not in this version; types of this version are zookeeper, local and NONE"));
  EXPECT_THAT(
      errors(start({"high-availability=org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory"})),
      ElementsAre(HasSubstr("asks for Flink's lock in Kubernetes, which is planned")));
  EXPECT_THAT(errors(start({"high-availability.type=com.example.MyFactory"})),
              ElementsAre(HasSubstr("names a Java class (a factory of Flink's HA services), which cannot run here")));
  EXPECT_THAT(errors(start({"high-availability.type=etcd"})),
              ElementsAre(HasSubstr("\"etcd\" is not accepted; accepted is NONE, zookeeper or local")));
}

TEST(MasterOptions, Addresses) {
  struct Case {
    std::string host;
    std::vector<std::string> dynamic;
    std::string advertised;
    std::string bound;
  };
  const std::vector<Case> cases = {
      {"localhost", {}, "localhost", "127.0.0.1"},
      {"127.0.0.1", {}, "127.0.0.1", "127.0.0.1"},
      {"::1", {}, "::1", "::1"},
      {"h1", {}, "h1", "0.0.0.0"},
      {"2001:db8::1", {}, "2001:db8::1", "::"},
      {"", {}, "node7", "0.0.0.0"},
      {"", {"rest.bind-address=localhost"}, "localhost", "127.0.0.1"},
      {"", {"jobmanager.rpc.address=h3"}, "h3", "0.0.0.0"},
      {"", {"jobmanager.rpc.address=localhost"}, "localhost", "127.0.0.1"},
      {"localhost", {"rest.bind-address=0.0.0.0"}, "localhost", "0.0.0.0"},
      {"localhost", {"jobmanager.bind-host=0.0.0.0"}, "localhost", "0.0.0.0"},
      {"h1", {"rest.bind-address=10.0.0.7", "jobmanager.bind-host=0.0.0.0"}, "h1", "10.0.0.7"},
      {"h1", {"rest.address=public.example"}, "public.example", "0.0.0.0"},
  };
  for (const Case& one : cases) {
    const MasterStart started = start(one.dynamic, one.host);
    ASSERT_TRUE(started.options) << one.host;
    EXPECT_EQ(started.options->rest.host, one.advertised) << one.host;
    EXPECT_EQ(started.options->rest.listen.address, one.bound) << one.host;
  }
  EXPECT_EQ(start({}, "2001:db8::1").options->rest.url(8081), "http://[2001:db8::1]:8081");
}

TEST(MasterOptions, BindingBeyondLoopbackWarnsAndSoDoesBindingTooLittle) {
  EXPECT_THAT(to_lines(start({}, "h1").findings),
              ElementsAre(HasSubstr("the REST port and the port for workers listen on 0.0.0.0 without "
                                    "authentication")));
  EXPECT_THAT(to_lines(start({"jobmanager.bind-host=localhost", "rest.bind-address=10.0.0.7"}, "h1").findings),
              ElementsAre(HasSubstr("the REST port listens on 10.0.0.7 without authentication"),
                          "-D: jobmanager.bind-host: \"localhost\" makes only this machine reach a master that is "
                          "advertised as h1; remove the key or set it to 0.0.0.0"));
  EXPECT_THAT(to_lines(start({"jobmanager.bind-host=0.0.0.0", "rest.bind-address=10.0.0.7"}, "h1").findings),
              ElementsAre(HasSubstr("the REST port listens on 10.0.0.7 and the port for workers on 0.0.0.0 without")));
  EXPECT_THAT(to_lines(start({"rest.bind-address=localhost"}, "h1").findings),
              ElementsAre(HasSubstr("the port for workers listens on 0.0.0.0 without authentication"),
                          "-D: rest.bind-address: \"localhost\" makes only this machine reach a master that is "
                          "advertised as h1; remove the key or set it to 0.0.0.0"));
}

TEST(MasterOptions, PortsFollowFlinksOrder) {
  Inputs inputs;
  inputs.host = "localhost";
  inputs.webui_port = 8082;
  EXPECT_EQ(load_master(inputs, kHost).options->rest.listen.ports, (PortRanges{{8082, 8082}}));
  inputs.properties = "rest.bind-port: 8090-8099\nrest.port: 1";
  EXPECT_EQ(load_master(inputs, kHost).options->rest.listen.ports, (PortRanges{{8090, 8099}}));
}

TEST(MasterOptions, SaslStopsOnlyWhereItCannotBeIgnored) {
  const std::vector<std::string> zookeeper = {"high-availability.type=zookeeper", "high-availability.storageDir=/ha",
                                              "high-availability.zookeeper.quorum=zk1"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), zookeeper.begin(), zookeeper.end());
    return errors(start(std::move(more)));
  };
  EXPECT_THAT(with({"security.kerberos.login.contexts=Client,KafkaClient"}),
              ElementsAre("-D: security.kerberos.login.contexts: \"Client,KafkaClient\" asks to log in to ZooKeeper by "
                          "SASL (Kerberos), which Stellwerk's ZooKeeper client cannot do; take Client out, and where "
                          "ZooKeeper wants to know us set high-availability.zookeeper.client.authorization, for "
                          "example to digest:user:password"));
  EXPECT_THAT(with({"security.kerberos.login.contexts=KafkaClient", "zookeeper.sasl.service-name=zk"}), IsEmpty());
  EXPECT_THAT(with({"security.kerberos.login.contexts=Client", "zookeeper.sasl.disable=true"}), IsEmpty());
  EXPECT_THAT(with({"security.kerberos.login.contexts=Zk", "zookeeper.sasl.login-context-name=Zk"}),
              ElementsAre(HasSubstr("take Zk out")));
  EXPECT_THAT(errors(start({"security.kerberos.login.contexts=Client"})), IsEmpty()) << "without ZooKeeper";
  EXPECT_THAT(with({"high-availability.zookeeper.client.acl=creator"}),
              ElementsAre(HasSubstr("acl: \"creator\" needs digest credentials in")));
  const std::string digest = "high-availability.zookeeper.client.authorization=digest:user:password";
  EXPECT_THAT(with({"high-availability.zookeeper.client.acl=creator", digest}), IsEmpty());
}

TEST(MasterOptions, AskingForTlsIsNotIgnoredSilently) {
  EXPECT_THAT(to_lines(start({"security.ssl.rest.enabled=true"}, "localhost").findings),
              Contains(HasSubstr("security.ssl.rest.enabled: \"true\" has no effect: this version has no TLS")));
}

TEST(MasterOptions, AShortAddressIsRefusedAsItIsWhenConnecting) {
  for (const std::string bad : {"10.0.0:2181", "2181", "zk1,10.0.0.256"})
    EXPECT_THAT(errors(start({"high-availability.type=zookeeper", "high-availability.storageDir=/ha",
                              "high-availability.zookeeper.quorum=" + bad})),
                ElementsAre(HasSubstr("which is no IPv4 address")))
        << bad;
}

TEST(MasterOptions, ThePortForWorkers) {
  const auto rpc = [](std::vector<std::string> dynamic, std::string host = "localhost") {
    return start(std::move(dynamic), std::move(host)).options.value().rpc;
  };
  EXPECT_EQ(rpc({}).listen.address, "127.0.0.1");
  EXPECT_EQ(rpc({}).told_port, 0);
  EXPECT_EQ(rpc({}, "h1").listen.address, "0.0.0.0");
  EXPECT_EQ(rpc({}, "h1").host, "h1");
  EXPECT_EQ(rpc({"jobmanager.bind-host=10.0.0.7", "rest.bind-address=10.0.0.8"}, "h1").listen.address, "10.0.0.7");
  EXPECT_EQ(rpc({"rest.address=public.example"}, "h1").host, "h1");
  EXPECT_EQ(rpc({"jobmanager.rpc.port=0"}).listen.ports, (PortRanges{{0, 0}}));
  const RpcOptions other = rpc({"jobmanager.rpc.bind-port=7000"});
  EXPECT_EQ(other.listen.ports, (PortRanges{{7000, 7000}}));
  EXPECT_EQ(other.told_port, 6123);
  EXPECT_EQ(other.ports_key, "jobmanager.rpc.bind-port");
  const std::vector<std::string> local = {"high-availability.type=local", "high-availability.storageDir=/ha"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), local.begin(), local.end());
    return rpc(std::move(more));
  };
  EXPECT_EQ(with({"jobmanager.rpc.port=7001"}).listen.ports, (PortRanges{{0, 0}}));
  EXPECT_EQ(with({"high-availability.jobmanager.port=7001-7003"}).listen.ports, (PortRanges{{7001, 7003}}));
  EXPECT_EQ(with({"high-availability.jobmanager.port=7001-7003", "jobmanager.rpc.bind-port=9"}).told_port, 0);
}

TEST(MasterOptions, HowWorkersAreTreated) {
  const WorkerRules plain = start({}, "localhost").options.value().workers;
  EXPECT_EQ(plain.heartbeat_interval, 10s);
  EXPECT_EQ(plain.heartbeat_timeout, 50s);
  EXPECT_EQ(plain.reconnect, 10s);
  EXPECT_EQ(plain.takeover_grace, 50s);
  EXPECT_EQ(plain.lease, 60s) << "heartbeat.timeout and heartbeat.interval";
  EXPECT_EQ(plain.slot_request, 5min);
  EXPECT_FALSE(plain.spread_evenly);
  const MasterStart quick = start({"heartbeat.interval=1000", "heartbeat.timeout=4 s"}, "localhost");
  EXPECT_THAT(quick.findings, IsEmpty()) << "nobody set the reconnect timeout, so its bound is not worth a word";
  EXPECT_EQ(quick.options.value().workers.reconnect, 4s);
  EXPECT_EQ(quick.options.value().workers.takeover_grace, 4s);
  const MasterStart long_away = start({"taskmanager.reconnect.timeout=2 min", "resourcemanager.takeover.grace=0",
                                       "cluster.evenly-spread-out-slots=true"},
                                      "localhost");
  EXPECT_THAT(to_lines(long_away.findings),
              ElementsAre("-D: taskmanager.reconnect.timeout: \"2 min\" is more than heartbeat.timeout; 50 s holds"));
  EXPECT_EQ(long_away.options.value().workers.reconnect, 50s);
  EXPECT_EQ(long_away.options.value().workers.takeover_grace, 0s);
  EXPECT_TRUE(long_away.options.value().workers.spread_evenly);
  EXPECT_EQ(start({"resourcemanager.at-most-one.lease=20 s"}, "localhost").options.value().workers.lease, 20s);
  EXPECT_THAT(
      errors(start({"resourcemanager.at-most-one.lease=10 s"})),
      ElementsAre("-D: resourcemanager.at-most-one.lease: \"10 s\" must be longer than heartbeat.interval, which "
                  "is 10 s"));
  EXPECT_THAT(errors(start({"heartbeat.timeout=10 s"})),
              ElementsAre("-D: heartbeat.timeout: \"10 s\" must be longer than heartbeat.interval, which is 10 s"));
  EXPECT_THAT(errors(start({"heartbeat.interval=1 min"})),
              ElementsAre("-D: heartbeat.interval: \"1 min\" must be shorter than heartbeat.timeout, which is 50 s"));
}

TEST(StorageDir, Forms) {
  const auto text = [](std::string_view input) {
    const auto path = parse_storage_dir(input);
    return path ? *path : "! " + path.error().text;
  };
  EXPECT_EQ(text("/mnt/ha"), "/mnt/ha");
  EXPECT_EQ(text("file:///mnt//ha/"), "/mnt/ha");
  EXPECT_EQ(text("FILE:/mnt/ha"), "/mnt/ha");
  EXPECT_EQ(text("file://localhost/mnt/ha"), "/mnt/ha");
  EXPECT_EQ(text("/mnt/a b%20\xE4\xB8\xAD"), "/mnt/a b%20\xE4\xB8\xAD");
  EXPECT_EQ(text("file://mnt/ha"),
            "! names a host after file://; a path there has three slashes, as in file:///mnt/ha");
  EXPECT_EQ(text("hdfs://mycluster/flink/ha"),
            "! is planned, not in this version (hdfs://); use file:// on a shared mount, for example file:///mnt/ha");
  for (const char* scheme : {"s3", "s3a", "s3p", "oss", "abfs", "gs"})
    EXPECT_THAT(text(std::string(scheme) + "://bucket/x"), HasSubstr("is planned, not in this version"));
  EXPECT_EQ(text("ftp://x/y"),
            "! has the unknown scheme \"ftp\"; known are file:// (or a bare path), and planned hdfs:// and s3://");
  EXPECT_THAT(text("ha"), HasSubstr("not an absolute path"));
  EXPECT_THAT(text("~/ha"), HasSubstr("not an absolute path"));
  EXPECT_THAT(text("file:///"), HasSubstr("root directory"));
  EXPECT_THAT(text("/a\tb"), HasSubstr("control character"));
  EXPECT_THAT(text("/" + std::string(kLocationBytesMax, 'x')), HasSubstr("over 512 bytes"));
  EXPECT_EQ(parse_storage_dir("s3://b").error().code, Errc::not_supported);
}

TEST(ClusterPath, FoldsSlashesAndRefusesWhatNoPathMayHold) {
  EXPECT_EQ(parse_cluster_path("//Team//One/").value(), "Team/One");
  EXPECT_EQ(parse_cluster_path("default").value(), "default");
  for (const char* bad : {"", "/", "..", "/a/../b", "/a/./b", "/a\nb", "/\xC2\x85", "/\xEE\x80\x80", "/\xEF\xBF\xBF"})
    EXPECT_TRUE(parse_cluster_path(bad).has_error()) << bad;
  EXPECT_TRUE(parse_cluster_path(std::string(kLocationPartBytesMax + 1, 'x')).has_error());
}

}  // namespace
}  // namespace stellwerk::config
