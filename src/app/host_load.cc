#include "app/host_load.h"

#include <unistd.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "processes/use.h"

namespace stellwerk::app {
namespace {

constexpr std::int64_t kKibibyte = 1024;
/// More than any host has; a file that says more is not understood.
constexpr std::int64_t kBytesMax = std::numeric_limits<std::int64_t>::max() / kKibibyte;

/// "MemTotal:       16318744 kB", as bytes.
void read_memory(const std::string& file, model::WorkerLoad& load) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    std::int64_t kibibytes = 0;
    if (!(words >> name >> kibibytes) || kibibytes < 0 || kibibytes > kBytesMax) continue;
    if (name == "MemTotal:") load.memory_total = kibibytes * kKibibyte;
    if (name == "MemAvailable:") load.memory_free = kibibytes * kKibibyte;
  }
}

}  // namespace

model::WorkerLoad measure_load(std::int64_t processors, const std::string& proc) {
  model::WorkerLoad load;
  load.processors = processors;
  read_memory(proc + "/meminfo", load);
  // "7523 1873 1204 ...": pages, all and resident.
  std::int64_t all = 0;
  std::int64_t resident = 0;
  if (std::ifstream(proc + "/self/statm") >> all >> resident && resident > 0 && resident < kBytesMax / kKibibyte)
    load.resident = resident * ::sysconf(_SC_PAGESIZE);
  if (std::ifstream stat(proc + "/self/stat"); stat) {
    const std::string text(std::istreambuf_iterator<char>(stat), {});
    if (const auto use = processes::parse_use(text, ::sysconf(_SC_CLK_TCK), ::sysconf(_SC_PAGESIZE)))
      load.cpu_ms = use->cpu_ms;
  }
  double minute = 0;
  if (std::ifstream(proc + "/loadavg") >> minute && minute > 0 && minute < 1e9)
    load.load_permille = static_cast<std::int64_t>(minute * 1000);
  return load;
}

}  // namespace stellwerk::app
