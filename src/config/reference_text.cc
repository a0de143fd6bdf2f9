#include "config/reference_text.h"

#include <string_view>

#include "config/key_groups.h"

namespace stellwerk::config {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Made from src/config/keys_*.cc; the test config_test compares it. STELLWERK_REWRITE=1 rewrites it. -->

Stellwerk reads `conf/config.yaml`, standard YAML, nested or flat. A `conf/flink-conf.yaml` beside it wins, as in
Flink, and is read by Flink's old rules: one `key: value` a line, `#` begins a comment, quotes are part of the value.

The same key from several places: `-Dkey=value` on the command line, then the host and port of the line in
`conf/masters`, then the lines in the environment variable `STELLWERK_PROPERTIES`, then the file. A key beats its old
names; where they differ, the log says so.

`stellwerk config --check` tells everything that is wrong or worth knowing at once, with file and line;
`stellwerk config --show` prints what holds and where it comes from, without secrets. An unknown key stops the start
only under `high-availability.`; elsewhere the log names it. Keys of Flink that have no meaning here (Java's memory,
Kubernetes, YARN, metrics reporters and many more) are accepted, and the log names them once.

Values are written as in Flink: durations `100 ms`, `10 s`, `5 min`, `1 h`, `7 d` (a bare number counts milliseconds
unless the table says otherwise), sizes `64 kb`, `1 gb` (a bare number counts bytes, units are powers of 1024), ports
`8081` or `50100-50200,50300`, hosts `zk1:2181,zk2:2181` (IPv6 in brackets).

`high-availability.storageDir` takes `file:///mnt/ha` or `/mnt/ha`: a directory that all masters share. `hdfs://` and
`s3://` are planned, not in this version.
)";

constexpr std::string_view kLaterIntroduction = R"(
## Keys that a later version will use

They may be set already; the log says that they have no effect yet.
)";

/// Markdown's own characters in a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

std::string row(const Key& key) {
  std::string out = "| `" + std::string(key.name) + "` | ";
  out += key.fallback.empty() ? "none" : '`' + std::string(key.fallback) + '`';
  out += " | " + cell(describe_type(key)) + " | " + cell(key.meaning);
  if (!key.aliases.empty()) {
    std::string names;
    for (const std::string_view alias : aliases_of(key)) {
      if (!names.empty()) names += ", ";
      names += '`' + std::string(alias) + '`';
    }
    out += " Old names: " + names + '.';
  }
  return out + " |\n";
}

std::string table(std::string_view title, std::span<const Key> keys, Standing standing) {
  std::string rows;
  for (const Key& key : keys)
    if (key.standing == standing) rows += row(key);
  if (rows.empty()) return {};
  return "\n#" + std::string(standing == Standing::later ? "##" : "#") + ' ' + std::string(title) +
         "\n\n| key | default | value | meaning |\n|---|---|---|---|\n" + rows;
}

}  // namespace

std::string reference_markdown() {
  struct Group {
    std::string_view title;
    std::span<const Key> keys;
  };
  const Group groups[] = {
      {"High availability", high_availability_keys()},
      {"REST", rest_keys()},
      {"Masters", master_keys()},
      {"Daemons, logs and scripts", environment_keys()},
      {"Jobs", job_keys()},
      {"Workers", worker_keys()},
      {"Clients", client_keys()},
      {"Others", other_keys()},
  };
  std::string out(kIntroduction);
  for (const Group& group : groups) out += table(group.title, group.keys, Standing::used);
  out += kLaterIntroduction;
  for (const Group& group : groups) out += table(group.title, group.keys, Standing::later);
  return out;
}

}  // namespace stellwerk::config
