#include "config/key_table.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "config/key_groups.h"
#include "config/text.h"

namespace stellwerk::config {
namespace {

/// Families of Flink's keys that are accepted as a whole. `high-availability.` is not among them: a
/// mistyped key there would leave a cluster without the safety that it asked for.
constexpr std::array kOpenPrefixes = std::to_array<std::string_view>({
    "$internal.",
    "akka.",
    "application-result-store.",
    "blob.",
    "classloader.",
    "cleanup-strategy.",
    "client.",
    "compiler.",
    "containerized.",
    "env.java.",
    "external-resource.",
    "fs.",
    "gs.",
    "hadoop.",
    "high-availability.kubernetes.",
    "historyserver.",
    "hive.",
    "io.",
    "job-result-store.",
    "job.autoscaler.",
    "jobmanager.adaptive-batch-scheduler.",
    "jobmanager.adaptive-scheduler.",
    "jobmanager.archive.",
    "jobmanager.memory.",
    "jobmanager.partition.",
    "jobmanager.web.",
    "kubernetes.",
    "library-cache-manager.",
    "mesos.",
    "metrics.",
    "optimizer.",
    "oss.",
    "pekko.",
    "pipeline.",
    "process.",
    "prometheus.",
    "python.",
    "query.",
    "queryable-state.",
    "rest.flamegraph.",
    "rest.profiling.",
    "s3.",
    "s3a.",
    "s3n.",
    "s3p.",
    "security.",
    "shuffle-service.",
    "sql-client.",
    "sql-gateway.",
    "state.",
    "table.",
    "taskmanager.debug.",
    "taskmanager.memory.",
    "taskmanager.network.",
    "taskmanager.runtime.",
    "web.backpressure.",
    "yarn.",
});

/// Words in a key that mark its value as a secret; the first ten are Flink's own.
constexpr std::array kSecretWords = std::to_array<std::string_view>({
    "password",
    "secret",
    "fs.azure.account.key",
    "apikey",
    "api-key",
    "auth-params",
    "service-key",
    "token",
    "basic-auth",
    "jaas.config",
    "http-headers",
    "authorization",
    "authorisation",
    "credential",
    "passwd",
    "access-key",
    "access.key",
    "accesskey",
});

constexpr std::size_t kNearEnough = 5;

using Index = std::map<std::string_view, KnownName, std::less<>>;

std::vector<Key> gather() {
  std::vector<Key> keys;
  for (const auto group : {high_availability_keys(), rest_keys(), master_keys(), job_keys(), environment_keys(),
                           worker_keys(), client_keys(), other_keys()})
    keys.insert(keys.end(), group.begin(), group.end());
  return keys;
}

const std::vector<Key>& table() {
  static const std::vector<Key> keys = gather();
  return keys;
}

Index make_index() {
  Index index;
  for (const Key& key : table()) {
    index.emplace(key.name, KnownName{.key = &key});
    for (const std::string_view alias : aliases_of(key)) index.emplace(alias, KnownName{.key = &key, .alias = true});
  }
  return index;
}

const Index& index() {
  static const Index made = make_index();
  return made;
}

std::string_view last_part(std::string_view name) noexcept {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string_view first_part(std::string_view name) noexcept {
  return name.substr(0, name.find('.'));
}

std::string listed(std::string_view words) {
  std::string out;
  for (const std::string_view word : split(words, '|')) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

}  // namespace

std::span<const Key> all_keys() noexcept {
  return table();
}

std::vector<std::string_view> aliases_of(const Key& key) {
  if (key.aliases.empty()) return {};
  return split(key.aliases, ' ');
}

KnownName look_up(std::string_view name) noexcept {
  if (const auto found = index().find(name); found != index().end()) return found->second;
  for (std::size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0; dot = name.rfind('.', dot - 1)) {
    const auto parent = index().find(name.substr(0, dot));
    if (parent == index().end() || parent->second.key->type != KeyType::map) continue;
    KnownName known = parent->second;
    known.below = name.substr(dot + 1);
    if (!known.below.empty()) return known;
  }
  KnownName known;
  known.open_prefix = std::any_of(kOpenPrefixes.begin(), kOpenPrefixes.end(),
                                  [&](std::string_view prefix) { return name.starts_with(prefix); });
  return known;
}

const Key* find_key(std::string_view name) noexcept {
  const auto found = index().find(name);
  return found == index().end() || found->second.alias ? nullptr : found->second.key;
}

std::optional<std::string_view> nearest_key(std::string_view unknown) {
  const std::string name = lower_case(unknown);
  std::size_t best = std::numeric_limits<std::size_t>::max();
  std::optional<std::string_view> nearest;
  for (const Key& key : table()) {
    const std::string known = lower_case(key.name);
    const bool same_end = last_part(known) == last_part(name) && first_part(known) == first_part(name);
    const std::size_t limit = same_end ? known.size() + name.size() : kNearEnough;
    std::size_t distance = edit_distance(name, known, limit);
    if (distance >= limit) continue;
    if (same_end) distance = std::min(distance, kNearEnough - 2);
    if (distance >= best) continue;
    best = distance;
    nearest = key.name;
  }
  return nearest;
}

bool is_secret(std::string_view name) {
  const KnownName known = look_up(name);
  if (known.key != nullptr && known.key->secret) return true;
  const std::string lower = lower_case(name);
  return std::any_of(kSecretWords.begin(), kSecretWords.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::string describe_type(const Key& key) {
  std::string text;
  switch (key.type) {
    case KeyType::text: text = "text"; break;
    case KeyType::boolean: return "true or false";
    case KeyType::integer: text = "whole number"; break;
    case KeyType::real: text = "number"; break;
    case KeyType::duration: text = key.bare == BareUnit::seconds ? "duration (bare: s)" : "duration (bare: ms)"; break;
    case KeyType::bytes: text = "size (bare: bytes)"; break;
    case KeyType::ports: return "ports and ranges";
    case KeyType::hosts: return "host:port,...";
    case KeyType::choice: return "one of " + listed(key.accepted);
    case KeyType::list: return "list (a;b)";
    case KeyType::map: return "map (a:b,c:d)";
  }
  if (!key.accepted.empty()) text += ", " + std::string(key.accepted);
  return text;
}

}  // namespace stellwerk::config
