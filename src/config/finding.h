/// What a configuration's reader has to say: where something stands and what is wrong or worth knowing.
///
/// Plain values. No text here ever holds the value of a secret.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace stellwerk::config {

/// Layers from the strongest to the weakest.
enum class Layer { dynamic, script, properties, file, defaults };

/// Where a value comes from.
struct Origin {
  Layer layer = Layer::defaults;
  std::string name;  ///< "-D", "--host", "STELLWERK_PROPERTIES", "/opt/stellwerk/conf/config.yaml"; empty: default
  int line = 0;      ///< from 1; 0: there are no lines

  /// "conf/config.yaml line 12", "-D", "default".
  std::string text() const;
  friend bool operator==(const Origin&, const Origin&) = default;
};

enum class FindingKind {
  error,     ///< the process must not start
  warning,   ///< works, but probably not as meant
  unknown,   ///< a key nobody knows
  old_name,  ///< read under an alias
  conflict,  ///< two values for one thing; the text says which one holds
  later,     ///< a key that a later version will use
  ignored,   ///< a key of Flink without a meaning here
};
const char* to_string(FindingKind kind) noexcept;

struct Finding {
  FindingKind kind = FindingKind::error;
  Origin origin;
  std::string key;      ///< as written; empty if it is not about a key
  std::string value;    ///< as written, masked if secret, without quotes; empty if the text says it all
  std::string problem;  ///< continues after place, key and quoted value: "is not a duration; accepted is ..."

  /// One line: place, key, value, problem.
  std::string text() const;
};

using Findings = std::vector<Finding>;

/// Most lines of one report; what is beyond is counted in one more line.
inline constexpr std::size_t kFindingLinesMax = 200;

/// One line per finding, except that old names and keys without a meaning are gathered into one line
/// per kind and file, so that a configuration full of them does not flood a log. Errors come first.
std::vector<std::string> to_lines(const Findings& findings);

}  // namespace stellwerk::config
