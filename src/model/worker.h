/// A worker as it describes itself: who it is, what it offers, and what it uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "model/task_limits.h"

namespace stellwerk::model {

/// Most slots of one worker.
inline constexpr std::int64_t kWorkerSlotsMax = 10'000;
/// What a worker has that others have not, and what a vertex may ask for: "gpu", "zone=a".
inline constexpr std::size_t kLabelsMax = 32;
inline constexpr std::size_t kLabelBytesMax = 64;
inline constexpr std::string_view kLabelAccepted = "1 to 64 letters, digits, '-', '_', '.', '/', ':' or '='";
bool is_label(std::string_view text) noexcept;

struct WorkerDescription {
  std::string id;  ///< Flink's resource id: the same after a restart
  /// Grows with each start of the worker: what an older one ran is gone.
  std::int64_t incarnation = 0;
  std::string process;  ///< a uuid: two with one id and incarnation are told apart
  std::string host;
  std::int64_t pid = 0;
  std::int64_t slots = 1;
  std::string version;         ///< of its program, for people
  std::int64_t data_port = 0;  ///< at `host`: where it serves its logs over HTTP; 0: nowhere
  std::set<std::string> labels{};
  GroupLimits limits{};      ///< that it can hold tasks to
  std::string limits_why{};  ///< why not to all of them; empty: it can

  friend bool operator==(const WorkerDescription&, const WorkerDescription&) = default;
};

/// As the worker last measured it.
struct WorkerLoad {
  std::int64_t memory_total = 0;   ///< bytes, of its host
  std::int64_t memory_free = 0;    ///< bytes, of its host
  std::int64_t resident = 0;       ///< bytes, of the worker's own process
  std::int64_t processors = 0;     ///< that it may use
  std::int64_t load_permille = 0;  ///< of its host, over a minute; 1000: one processor
  std::int64_t cpu_ms = 0;         ///< processor time of the worker's own process

  friend bool operator==(const WorkerLoad&, const WorkerLoad&) = default;
};

}  // namespace stellwerk::model
