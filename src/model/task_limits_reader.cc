#include "model/task_limits_reader.h"

#include <array>
#include <cmath>

#include "base/size_text.h"

namespace stellwerk::model {
namespace {

constexpr double kPermille = 1000;

std::optional<std::int64_t> read_size(const DocNode& node, std::int64_t least, DocFaults& faults) {
  std::optional<std::int64_t> bytes;
  if (const auto* whole = node.value->get_if<std::int64_t>()) bytes = *whole;
  if (const auto* text = node.value->get_if<std::string>()) {
    if (const auto parsed = parse_size(*text)) bytes = static_cast<std::int64_t>(*parsed);
  }
  if (bytes && *bytes >= least) return bytes;
  refuse(node,
         "a size such as 512 MiB, 512m or 1g (a bare number is bytes), from " +
             format_size(static_cast<std::uint64_t>(least)),
         faults);
  return std::nullopt;
}

std::optional<std::int64_t> read_cpus(const DocNode& node, DocFaults& faults) {
  const auto cpus = read_number(node, kCpuPermilleMin / kPermille, kCpuPermilleMax / kPermille, faults);
  if (!cpus) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(*cpus * kPermille));
}

}  // namespace

TaskLimits read_task_limits(const DocNode& node, DocFaults& faults) {
  constexpr std::array<std::string_view, 6> kFields = {"memory",     "cpus",      "processes",
                                                       "open-files", "file-size", "core-size"};
  const DocFields fields(node, kFields, faults);
  TaskLimits out;
  if (const auto memory = fields.find("memory")) out.memory_bytes = read_size(*memory, kMemoryBytesMin, faults);
  if (const auto cpus = fields.find("cpus")) out.cpu_permille = read_cpus(*cpus, faults);
  if (const auto processes = fields.find("processes")) out.processes = read_whole(*processes, 1, kProcessesMax, faults);
  if (const auto files = fields.find("open-files"))
    out.open_files = read_whole(*files, kOpenFilesMin, kOpenFilesMax, faults);
  if (const auto size = fields.find("file-size")) out.file_bytes = read_size(*size, 0, faults);
  if (const auto size = fields.find("core-size")) out.core_bytes = read_size(*size, 0, faults);
  return out;
}

}  // namespace stellwerk::model
