/// The settings of one process, gathered from all their sources, each value with its place.
///
/// load() reads everything once at the start; a Configuration never changes afterwards and may be read
/// from any thread. Values were checked against the table when they were loaded, so getters cannot fail.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/finding.h"
#include "config/keys.h"
#include "config/raw_layer.h"

namespace stellwerk::config {

/// Where settings come from, the strongest first: `dynamic`, what the scripts pass, `properties`, files.
struct Inputs {
  /// Directory with config.yaml or flink-conf.yaml; empty: no files are read.
  std::string conf_dir;
  /// The texts after -D, "key=value"; the last of equal keys holds.
  std::vector<std::string> dynamic;
  /// Host and port that the scripts pass on from a line of conf/masters.
  std::string host;
  std::optional<std::uint16_t> webui_port;
  /// Lines "key: value", usually the value of STELLWERK_PROPERTIES, and its name for messages.
  std::string properties;
  std::string properties_name = "STELLWERK_PROPERTIES";
};

/// A key that some source sets.
struct Setting {
  std::string value;                         ///< as written; of lists their items joined
  std::vector<std::string> items;            ///< lists
  std::map<std::string, std::string> pairs;  ///< maps
  Origin origin;
  std::string written_as;  ///< the name used there: the key or one of its old names
};

class Configuration {
 public:
  Configuration() = default;

  /// Set by a source, with an accepted value.
  bool is_set(std::string_view key) const { return settings_.contains(key); }
  /// Set, but with a value that is not accepted: it counts as not set, and load() reported it.
  bool is_faulty(std::string_view key) const { return faulty_.contains(key); }
  /// Null if not set.
  const Setting* find(std::string_view key) const;
  /// Where the effective value comes from.
  Origin origin(std::string_view key) const;

  /// The effective value: what is set, else the default of the table. For keys without a default:
  /// empty, or nullopt with find_*().
  std::string get(TextKey key) const { return text(key.name); }
  std::string get(ChoiceKey key) const;
  bool get(BoolKey key) const;
  std::int64_t get(IntegerKey key) const;
  double get(RealKey key) const;
  Duration get(DurationKey key) const;
  std::uint64_t get(BytesKey key) const;
  PortRanges get(PortsKey key) const;
  std::vector<std::string> get(ListKey key) const;
  std::map<std::string, std::string> get(MapKey key) const;
  std::optional<std::int64_t> find_integer(IntegerKey key) const;

  /// The effective value of any key as text, empty if there is none. Aliases are followed. Not masked.
  std::string text(std::string_view key) const;

  /// Everything that is set, by key, also keys that nobody knows.
  const std::map<std::string, Setting, std::less<>>& settings() const { return settings_; }
  /// The files that were read, in the order of reading.
  const std::vector<std::string>& files() const { return files_; }

 private:
  friend class Loader;
  std::map<std::string, Setting, std::less<>> settings_;
  std::set<std::string, std::less<>> faulty_;
  std::vector<std::string> files_;
};

struct Loaded {
  /// Complete even if there are errors, so that the errors of later steps can be told at once too.
  Configuration configuration;
  /// Errors, warnings and notes, in the order of sources and lines.
  Findings findings;

  bool ok() const;
};

/// Reads all sources. Blocks on files; never throws for what they hold.
Loaded load(const Inputs& inputs);

bool has_errors(const Findings& findings);

/// The files below `conf_dir` as load() takes them: flink-conf.yaml wins over config.yaml.
RawLayer read_conf_dir(const std::string& conf_dir, std::vector<std::string>& files);

}  // namespace stellwerk::config
