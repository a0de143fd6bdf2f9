#include "config/value.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "config/keys.h"
#include "config/locations.h"
#include "config/text.h"

namespace stellwerk::config {
namespace {

using Fault = std::optional<std::string>;

template <class T>
Fault fault_of(const Result<T>& result) {
  return result ? Fault{} : Fault{result.error().text};
}

/// A number outside "least..most" of the table, both written in the type's own notation.
template <class T, class Parse>
Fault number_fault(const Key& key, std::string_view value, Parse parse) {
  const Result<T> number = parse(value);
  if (!number) return number.error().text;
  const std::size_t dots = key.accepted.find("..");
  if (dots == std::string_view::npos) return *number < T{} ? Fault{"is below zero"} : Fault{};
  const Result<T> least = parse(key.accepted.substr(0, dots));
  const Result<T> most = parse(key.accepted.substr(dots + 2));
  if (*number >= *least && *number <= *most) return std::nullopt;
  return "is out of range; accepted is " + std::string(key.accepted.substr(0, dots)) + " to " +
         std::string(key.accepted.substr(dots + 2));
}

std::string or_list(std::string_view words) {
  std::string out;
  const auto pieces = split(words, '|');
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) out += i + 1 == pieces.size() ? " or " : ", ";
    out += pieces[i];
  }
  return out;
}

std::string type_fault(std::string_view value) {
  const std::string lower = lower_case(value);
  const std::string now = "; types of this version are zookeeper, local and NONE";
  if (lower.find("kubernetes") != std::string::npos)
    return "asks for Flink's lock in Kubernetes, which is planned, not in this version" + now;
  if (value.find('.') != std::string_view::npos)
    return "names a Java class (a factory of Flink's HA services), which cannot run here; plug-ins are planned" + now;
  return "is not accepted; accepted is NONE, zookeeper or local";
}

Fault choice_fault(const Key& key, std::string_view value) {
  if (canonical_choice(key, value)) return std::nullopt;
  if (key.name == keys::ha_type.name) return type_fault(value);
  return "is not accepted; accepted is " + or_list(key.accepted);
}

Fault host_fault(std::string_view value) {
  if (value.find("://") != std::string_view::npos) return "is a URL; accepted is a host name or an address alone";
  const bool name_and_port = std::count(value.begin(), value.end(), ':') == 1;
  if (name_and_port) return "holds a port; accepted is a host name or an address alone";
  if (is_host(value)) return std::nullopt;
  return "is not the name or address of a host";
}

/// It is compared with, and becomes part of, a header. Empty: no other origin at all.
Fault origin_fault(std::string_view value) {
  if (std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7F; })) return std::nullopt;
  return "is not accepted; accepted is * or origins such as https://host.example, separated by commas";
}

Fault prefix_fault(std::string_view value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (value.starts_with('/') && plain && value.find_first_of("?#%\"<>") == std::string_view::npos) return std::nullopt;
  return "is not accepted; accepted is a path such as / or /stellwerk";
}

Fault text_value_fault(const Key& key, std::string_view value) {
  if (value.find_first_of("\r\n") != std::string_view::npos) return "holds a line break; accepted is one line";
  if (key.name == keys::web_allow_origin.name) return origin_fault(value);
  if (key.name == keys::ha_storage_dir.name) return fault_of(parse_storage_dir(value));
  if (key.name == keys::ha_cluster_id.name) return fault_of(parse_cluster_path(value));
  if (key.name == keys::zookeeper_root.name) {
    const auto path = parse_cluster_path(value);
    if (!path) return path.error().text;
    const bool reserved = *path == "zookeeper" || path->starts_with("zookeeper/");
    return reserved ? Fault{"is ZooKeeper's own; accepted is another path, for example /stellwerk"} : Fault{};
  }
  if (key.name == keys::rest_url_prefix.name) return prefix_fault(value);
  if (key.name == keys::worker_id.name) return worker_id_fault(value);
  if (key.name == keys::worker_labels.name) return fault_of(parse_labels(value));
  if (key.name == keys::worker_working_dir.name || key.name == keys::working_dir.name)
    return fault_of(parse_directory(value));
  if (key.name == keys::tmp_dirs.name) return fault_of(parse_first_directory(value));
  const bool host = key.name == keys::rest_address.name || key.name == keys::rest_bind_address.name ||
                    key.name == keys::rpc_address.name || key.name == keys::master_bind_host.name ||
                    key.name == keys::worker_host.name;
  return host ? host_fault(value) : std::nullopt;
}

}  // namespace

std::optional<std::string> canonical_choice(const Key& key, std::string_view value) {
  const std::string lower = lower_case(trimmed(value));
  for (const std::string_view word : split(key.accepted, '|'))
    if (lower_case(word) == lower) return std::string(word);
  return std::nullopt;
}

std::optional<std::string> value_fault(const Key& key, std::string_view value) {
  switch (key.type) {
    case KeyType::text: return text_value_fault(key, value);
    case KeyType::boolean: return fault_of(parse_bool(value));
    case KeyType::integer: return number_fault<std::int64_t>(key, value, parse_integer);
    case KeyType::real: return number_fault<double>(key, value, parse_real);
    case KeyType::bytes: return number_fault<std::uint64_t>(key, value, parse_bytes);
    case KeyType::duration:
      return number_fault<Duration>(key, value, [&](std::string_view text) { return parse_duration(text, key.bare); });
    case KeyType::ports: return fault_of(parse_ports(value));
    case KeyType::hosts: return fault_of(parse_quorum(value));
    case KeyType::choice: return choice_fault(key, value);
    case KeyType::list: return std::nullopt;
    case KeyType::map: return fault_of(parse_map(value));
  }
  return std::nullopt;
}

}  // namespace stellwerk::config
