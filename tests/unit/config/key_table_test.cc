#include "config/key_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/keys.h"
#include "config/text.h"
#include "config/value.h"

namespace stellwerk::config {
namespace {

using ::testing::HasSubstr;

TEST(KeyTable, EveryNameAndAliasStandsOnce) {
  std::set<std::string_view> names;
  for (const Key& key : all_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    for (const std::string_view alias : aliases_of(key)) EXPECT_TRUE(names.insert(alias).second) << alias;
  }
  EXPECT_GT(names.size(), 200U);
}

TEST(KeyTable, DefaultsAndLimitsAreValuesOfTheirType) {
  for (const Key& key : all_keys()) {
    if (!key.fallback.empty()) {
      EXPECT_EQ(value_fault(key, key.fallback).value_or("ok"), "ok") << key.name;
    }
    const std::size_t dots = key.accepted.find("..");
    if (key.type == KeyType::choice || dots == std::string_view::npos) continue;
    for (const std::string_view end : {key.accepted.substr(0, dots), key.accepted.substr(dots + 2)})
      EXPECT_EQ(value_fault(key, end).value_or("ok"), "ok") << key.name << " " << end;
  }
}

TEST(KeyTable, EveryKeyWithAMeaningSaysIt) {
  for (const Key& key : all_keys()) {
    if (key.standing == Standing::ignored) continue;
    EXPECT_TRUE(key.meaning.ends_with('.')) << key.name;
    EXPECT_FALSE(describe_type(key).empty());
    EXPECT_TRUE(key.type != KeyType::choice || !key.accepted.empty()) << key.name;
  }
}

template <KeyType type>
void expect_in_table(KeyOf<type> constant) {
  const Key* key = find_key(constant.name);
  ASSERT_NE(key, nullptr) << constant.name;
  EXPECT_EQ(key->type, type) << constant.name;
  EXPECT_NE(key->standing, Standing::ignored) << constant.name;
}

TEST(KeyTable, ConstantsAgreeWithIt) {
  const auto all = [](auto... constants) { (expect_in_table(constants), ...); };
  all(keys::ha_type, keys::ha_cluster_id, keys::ha_storage_dir, keys::ha_rpc_port, keys::ha_stall_timeout,
      keys::zookeeper_quorum, keys::zookeeper_root, keys::zookeeper_session_timeout, keys::zookeeper_connection_timeout,
      keys::zookeeper_acl, keys::zookeeper_authorization);
  all(keys::rest_address, keys::rest_bind_address, keys::rest_port, keys::rest_bind_port, keys::rest_url_prefix,
      keys::rest_await_leader_timeout, keys::rest_idleness_timeout, keys::rest_content_bytes_max, keys::rest_threads,
      keys::web_allow_origin, keys::web_refresh_interval, keys::web_submit, keys::web_cancel);
  all(keys::rpc_address, keys::master_bind_host, keys::rpc_port, keys::rpc_bind_port, keys::io_threads,
      keys::history_for, keys::history_max, keys::ended_for, keys::ended_max, keys::pid_dir, keys::log_dir,
      keys::log_level, keys::log_format, keys::log_files_max, keys::ssh_options, keys::client_timeout);
  all(keys::heartbeat_interval, keys::heartbeat_timeout, keys::takeover_grace, keys::lease, keys::slot_request_timeout,
      keys::spread_evenly, keys::worker_slots, keys::worker_host, keys::worker_bind_host, keys::data_port,
      keys::data_bind_port, keys::worker_id, keys::worker_labels, keys::registration_timeout, keys::reconnect_timeout,
      keys::orphan_timeout, keys::cancellation_timeout, keys::artifact_cache_bytes, keys::worker_working_dir,
      keys::working_dir, keys::tmp_dirs);
  all(keys::restart_type, keys::fixed_delay_attempts, keys::fixed_delay_delay, keys::failure_rate_max,
      keys::failure_rate_interval, keys::failure_rate_delay, keys::exponential_initial, keys::exponential_max,
      keys::exponential_multiplier, keys::exponential_threshold, keys::exponential_jitter, keys::exponential_attempts);
}

TEST(KeyTable, DefaultsAreFlinksButForTheRoot) {
  const auto fallback = [](std::string_view name) { return find_key(name)->fallback; };
  EXPECT_EQ(fallback("high-availability.type"), "NONE");
  EXPECT_EQ(fallback("high-availability.cluster-id"), "/default");
  EXPECT_EQ(fallback("high-availability.zookeeper.path.root"), "/stellwerk");
  EXPECT_EQ(fallback("high-availability.zookeeper.client.session-timeout"), "60 s");
  EXPECT_EQ(fallback("rest.port"), "8081");
  EXPECT_EQ(fallback("rest.server.max-content-length"), "104857600");
  EXPECT_EQ(fallback("heartbeat.timeout"), "50 s");
  EXPECT_EQ(fallback("high-availability.stall-timeout"), "2 s");
  EXPECT_EQ(fallback("jobstore.ended.expiration-time"), "7 d");
  EXPECT_EQ(fallback("jobstore.ended.max-capacity"), "100000");
}

TEST(KeyTable, AKeyOfOursIsNotLostInAnOpenFamilyOfFlinks) {
  const KnownName timeout = look_up("client.timeout");
  ASSERT_NE(timeout.key, nullptr);
  EXPECT_EQ(timeout.key->standing, Standing::used);
  EXPECT_TRUE(look_up("client.retry-period").open_prefix);
}

TEST(KeyTable, OldNamesLeadToTheirKey) {
  EXPECT_EQ(look_up("high-availability").key->name, "high-availability.type");
  EXPECT_EQ(look_up("recovery.mode").key->name, "high-availability.type");
  EXPECT_EQ(look_up("recovery.zookeeper.quorum").key->name, "high-availability.zookeeper.quorum");
  EXPECT_EQ(look_up("high-availability.zookeeper.path.namespace").key->name, "high-availability.cluster-id");
  EXPECT_EQ(look_up("jobmanager.web.port").key->name, "rest.port");
  EXPECT_EQ(look_up("restart-strategy").key->name, "restart-strategy.type");
  EXPECT_EQ(look_up("state.checkpoints.num-retained").key->name, "execution.checkpointing.num-retained");
  EXPECT_TRUE(look_up("akka.ask.timeout").alias);
  EXPECT_EQ(find_key("high-availability"), nullptr) << "find_key() knows no old names";
}

TEST(KeyTable, MapsHaveKeysBelowThem) {
  const KnownName known = look_up("high-availability.zookeeper.client.authorization.digest");
  ASSERT_NE(known.key, nullptr);
  EXPECT_EQ(known.key->name, keys::zookeeper_authorization.name);
  EXPECT_EQ(known.below, "digest");
  EXPECT_EQ(look_up("rest.port.x").key, nullptr);
}

TEST(KeyTable, OpenPrefixesAreKnownAsAWhole) {
  for (const char* name :
       {"metrics.reporter.prom.port", "s3.endpoint", "kubernetes.namespace", "yarn.application-attempts",
        "security.kerberos.login.keytab", "fs.default-scheme", "hive.conf", "akka.watch.heartbeat", "pekko.x",
        "jobmanager.web.backpressure.delay-between-samples",
        "high-availability.kubernetes.leader-election.lease-duration"})
    EXPECT_TRUE(look_up(name).open_prefix) << name;
  for (const char* name : {"high-availability.x", "rest.prot", "metric.x", "stellwerk.x", "highavailability"})
    EXPECT_FALSE(look_up(name).open_prefix) << name;
}

TEST(KeyTable, NearestKeys) {
  EXPECT_EQ(nearest_key("high-availability.storagedir"), "high-availability.storageDir");
  EXPECT_EQ(nearest_key("high-availability.storage-dir"), "high-availability.storageDir");
  EXPECT_EQ(nearest_key("high-availability.zookeeper.quorom"), "high-availability.zookeeper.quorum");
  EXPECT_EQ(nearest_key("high-availability.zookeeper.path.cluster-id"), "high-availability.cluster-id");
  EXPECT_EQ(nearest_key("high-availability.quorum"), "high-availability.zookeeper.quorum");
  EXPECT_EQ(nearest_key("high-availability.zookeeper.session-timeout"),
            "high-availability.zookeeper.client.session-timeout");
  EXPECT_EQ(nearest_key("rest.prot"), "rest.port");
  EXPECT_EQ(nearest_key("completely.different.thing"), std::nullopt);
}

TEST(KeyTable, SecretsAreKnownByTableAndByName) {
  for (const char* name :
       {"high-availability.zookeeper.client.authorization", "high-availability.zookeeper.client.authorization.digest",
        "s3.secret-key", "s3.access-key", "security.ssl.rest.key-password", "fs.azure.account.key.x", "my.TOKEN"})
    EXPECT_TRUE(is_secret(name)) << name;
  for (const char* name : {"rest.port", "high-availability.storageDir", "web.access-control-allow-origin"})
    EXPECT_FALSE(is_secret(name)) << name;
}

TEST(KeyTable, ValuesOutsideTheirLimitsAreNamedWithThem) {
  EXPECT_EQ(value_fault(*find_key("rest.port"), "70000"), "is out of range; accepted is 0 to 65535");
  EXPECT_EQ(value_fault(*find_key("rest.port"), "-1"), "is out of range; accepted is 0 to 65535");
  EXPECT_EQ(value_fault(*find_key(keys::zookeeper_session_timeout.name), "10 ms"),
            "is out of range; accepted is 100 ms to 1 h");
  EXPECT_EQ(value_fault(*find_key(keys::zookeeper_acl.name), "closed"), "is not accepted; accepted is open or creator");
  EXPECT_EQ(value_fault(*find_key(keys::zookeeper_root.name), "/zookeeper"),
            "is ZooKeeper's own; accepted is another path, for example /stellwerk");
  EXPECT_EQ(value_fault(*find_key(keys::rest_address.name), "h1:8081"),
            "holds a port; accepted is a host name or an address alone");
  EXPECT_EQ(value_fault(*find_key(keys::worker_id.name), "a/b"),
            "is not accepted; accepted is ASCII without blanks and slashes, for example worker-1");
  for (const char* bad : {"", ".", "..", "a b", "w\xC3\xA4"})
    EXPECT_NE(value_fault(*find_key(keys::worker_id.name), bad), std::nullopt) << bad;
  EXPECT_EQ(value_fault(*find_key(keys::worker_id.name), "host:4711-0a1b2c"), std::nullopt);
  EXPECT_EQ(value_fault(*find_key(keys::working_dir.name), "work"),
            "is not an absolute path; accepted is a path such as /var/lib/stellwerk");
  EXPECT_EQ(value_fault(*find_key(keys::working_dir.name), "//"), "is the root directory; name another directory");
  EXPECT_EQ(value_fault(*find_key(keys::tmp_dirs.name), "/a,b"), std::nullopt) << "only the first is used";
  EXPECT_EQ(value_fault(*find_key(keys::rest_address.name), "http://h1"),
            "is a URL; accepted is a host name or an address alone");
  EXPECT_EQ(value_fault(*find_key(keys::web_allow_origin.name), "http://a\r\nX: y"),
            "holds a line break; accepted is one line");
  EXPECT_EQ(value_fault(*find_key(keys::web_allow_origin.name), "http://a"), std::nullopt);
  EXPECT_THAT(value_fault(*find_key(keys::web_allow_origin.name), "a\tb").value_or(""), HasSubstr("accepted is * or"));
  EXPECT_THAT(value_fault(*find_key(keys::rest_url_prefix.name), "x y").value_or(""), HasSubstr("accepted is a path"));
}

}  // namespace
}  // namespace stellwerk::config
