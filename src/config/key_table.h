/// The one table of configuration keys: what is read, how it is written, what holds without it.
///
/// The loader, `config --check`, the shipped conf/config.yaml and docs/configuration.md all follow it.
/// Plain constants; every function here is pure and may be called from any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/quantity.h"

namespace stellwerk::config {

enum class KeyType {
  text,
  boolean,
  integer,
  real,
  duration,
  bytes,
  ports,   ///< parse_ports()
  hosts,   ///< parse_host_ports()
  choice,  ///< one of the words in `accepted`, in any case
  list,    ///< parse_list(), or a YAML sequence
  map,     ///< parse_map(), or keys below this one
};

/// What a key means to this version.
enum class Standing {
  used,     ///< it has its effect
  later,    ///< it will have, in a later version; until then it is named once in the log
  ignored,  ///< known from Flink, without a meaning here; named once in the log
};

/// All texts live as long as the program.
struct Key {
  std::string_view name;
  KeyType type = KeyType::text;
  /// As one would write it; empty: no default.
  std::string_view fallback{};
  Standing standing = Standing::used;
  /// One or two sentences for docs/configuration.md. For ignored keys: why, if there is something to say.
  std::string_view meaning{};
  /// choice: the words, separated by '|', the first of equal meaning is canonical. integer, real,
  /// duration, bytes: "least..most" in the type's own notation; empty: not below zero.
  std::string_view accepted{};
  /// Old names, separated by blanks; the first one set wins.
  std::string_view aliases{};
  bool secret = false;
  BareUnit bare = BareUnit::milliseconds;
};

/// Every key, grouped by subject, each name once.
std::span<const Key> all_keys() noexcept;

/// How a name in a file relates to the table.
struct KnownName {
  const Key* key = nullptr;  ///< null: unknown, or known only by an open prefix
  bool alias = false;        ///< it is an old name of `key`
  std::string_view below{};  ///< for maps: what follows "<key>."
  bool open_prefix = false;  ///< Flink's, of a family that has no meaning here (`metrics.`, `s3.`, ...)
};
KnownName look_up(std::string_view name) noexcept;

/// The key of this name (no aliases), or null.
const Key* find_key(std::string_view name) noexcept;

/// The known key that was probably meant, or none. Prefers one with the same last part.
std::optional<std::string_view> nearest_key(std::string_view unknown);

/// True for names whose values are never shown, whether they are in the table or not.
bool is_secret(std::string_view name);

/// Old names of a key.
std::vector<std::string_view> aliases_of(const Key& key);

/// For people: "a duration", "true or false", "one of NONE, zookeeper, local".
std::string describe_type(const Key& key);

}  // namespace stellwerk::config
