#include "api/worker_views.h"

#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"

namespace stellwerk::api {
namespace {

using jobs::ClusterState;
using jobs::WorkerEntry;
using jobs::WorkerTable;

constexpr std::array kResourceMemory =
    std::to_array<std::string_view>({"taskHeapMemory", "taskOffHeapMemory", "managedMemory", "networkMemory"});
constexpr std::array kMemoryConfiguration = std::to_array<std::string_view>(
    {"frameworkHeap", "taskHeap", "frameworkOffHeap", "taskOffHeap", "networkMemory", "managedMemory", "jvmMetaspace",
     "jvmOverhead", "totalFlinkMemory", "totalProcessMemory"});
constexpr std::array kMetrics = std::to_array<std::string_view>({"heapUsed",
                                                                 "heapCommitted",
                                                                 "heapMax",
                                                                 "nonHeapUsed",
                                                                 "nonHeapCommitted",
                                                                 "nonHeapMax",
                                                                 "directCount",
                                                                 "directUsed",
                                                                 "directMax",
                                                                 "mappedCount",
                                                                 "mappedUsed",
                                                                 "mappedMax",
                                                                 "memorySegmentsAvailable",
                                                                 "memorySegmentsTotal",
                                                                 "nettyShuffleMemorySegmentsAvailable",
                                                                 "nettyShuffleMemorySegmentsUsed",
                                                                 "nettyShuffleMemorySegmentsTotal",
                                                                 "nettyShuffleMemoryAvailable",
                                                                 "nettyShuffleMemoryUsed",
                                                                 "nettyShuffleMemoryTotal"});

/// With a point, as Flink writes what may be a fraction.
std::string fraction(double value) {
  char digits[32];
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 3).ptr);
  while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
  return text;
}

/// Zeros: what only Java has.
template <std::size_t count>
void write_zeros(JsonWriter& out, const std::array<std::string_view, count>& names) {
  for (const std::string_view name : names) out.member(name, 0);
}

void write_resource(JsonWriter& out, std::string_view name, double processors) {
  out.key(name).begin_object().key("cpuCores").raw(fraction(processors));
  write_zeros(out, kResourceMemory);
  out.key("extendedResources").begin_object().end_object().end_object();
}

void write_members(JsonWriter& out, const WorkerEntry& worker) {
  const auto processors = static_cast<double>(worker.load.processors);
  const std::int64_t free = worker.free_slots();
  out.member("id", worker.about.id);
  out.member("path", "stellwerk://worker@" + worker.about.host + '/' + worker.about.id);
  out.member("dataPort", worker.about.data_port == 0 ? -1 : worker.about.data_port)
      .member("jmxPort", -1)
      .member("timeSinceLastHeartbeat", worker.heard_ms);
  out.member("slotsNumber", worker.about.slots).member("freeSlots", free);
  write_resource(out, "totalResource", processors);
  write_resource(out, "freeResource", processors * static_cast<double>(free) / static_cast<double>(worker.about.slots));
  out.key("hardware").begin_object().member("cpuCores", worker.load.processors);
  out.member("physicalMemory", worker.load.memory_total).member("freeMemory", worker.load.memory_free);
  out.member("managedMemory", 0).end_object().key("memoryConfiguration").begin_object();
  write_zeros(out, kMemoryConfiguration);
  out.end_object();
  out.member("host", worker.about.host).member("pid", worker.about.pid).member("version", worker.about.version);
  out.key("labels").begin_array();
  for (const auto& label : worker.about.labels) out.value(label);
  out.end_array();
  out.key("limits").begin_object().key("kept").begin_array();
  for (const auto name : names(worker.about.limits)) out.value(name);
  out.end_array().member("message", worker.about.limits_why).end_object();
  out.member("registered", worker.since_ms).member("away", worker.away);
  out.member("residentMemory", worker.load.resident).key("systemLoad");
  out.raw(fraction(static_cast<double>(worker.load.load_permille) / 1000));
}

/// A subtask of each vertex of a job shares one slot.
void write_slots(JsonWriter& out, const ClusterState* state, const WorkerEntry& worker) {
  std::set<std::pair<std::string, std::string>> slots;
  const auto look = [&](const std::string& path, const model::Attempt& attempt) {
    if (!attempt.open() || attempt.worker != worker.about.id) return;
    slots.emplace(path.substr(0, path.find('/')), path.substr(path.rfind('/')));
  };
  if (state != nullptr) state->attempts().for_each(look);
  const double share = static_cast<double>(worker.load.processors) / static_cast<double>(worker.about.slots);
  out.key("allocatedSlots").begin_array();
  for (const auto& [job, subtask] : slots) {
    out.begin_object().member("jobId", job);
    write_resource(out, "resource", share);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

std::string workers_json(const WorkerTable& workers) {
  constexpr std::size_t kWorkerBytes = 1200;
  std::string text;
  text.reserve(64 + workers.entries().size() * kWorkerBytes);
  JsonWriter out(text);
  out.begin_object().key("taskmanagers").begin_array();
  for (const auto& [id, worker] : workers.entries().sorted()) {
    out.begin_object();
    write_members(out, *worker);
    out.end_object();
  }
  out.end_array().end_object();
  return text;
}

std::string worker_json(const WorkerEntry& worker, const ClusterState* state) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_members(out, worker);
  write_slots(out, state, worker);
  out.key("metrics").begin_object();
  write_zeros(out, kMetrics);
  out.key("garbageCollectors").begin_array().end_array().end_object().end_object();
  return text;
}

WorkerCounts count_workers(const WorkerTable& workers) {
  return {static_cast<std::int64_t>(workers.entries().size()), workers.slots(), workers.free_slots()};
}

std::optional<WorkerCounts> read_worker_counts(std::string_view overview) {
  const auto value = parse_json(overview, "an overview");
  if (value.has_error()) return std::nullopt;
  JsonFields fields(*value, "an overview");
  WorkerCounts counts{fields.integer("taskmanagers"), fields.integer("slots-total"), fields.integer("slots-available")};
  if (!fields.ok()) return std::nullopt;
  return counts;
}

}  // namespace stellwerk::api
