#include "worker/task_environment.h"

#include <array>
#include <utility>

#include "base/size_text.h"

namespace stellwerk::worker {
namespace {

/// Names of the signals that end processes; the rest is told by number.
constexpr std::array<std::pair<int, const char*>, 12> kSignals{{{1, "SIGHUP"},
                                                                {2, "SIGINT"},
                                                                {3, "SIGQUIT"},
                                                                {4, "SIGILL"},
                                                                {6, "SIGABRT"},
                                                                {7, "SIGBUS"},
                                                                {8, "SIGFPE"},
                                                                {9, "SIGKILL"},
                                                                {11, "SIGSEGV"},
                                                                {13, "SIGPIPE"},
                                                                {15, "SIGTERM"},
                                                                {31, "SIGSYS"}}};

std::string signal_text(int signal) {
  for (const auto& [number, name] : kSignals)
    if (number == signal) return "killed by signal " + std::to_string(signal) + " (" + name + ")";
  return "killed by signal " + std::to_string(signal);
}

}  // namespace

std::map<std::string, std::string> task_environment(const std::map<std::string, std::string>& base,
                                                    const link::StartTask& start, std::int64_t epoch,
                                                    const std::map<std::string, std::int64_t>& ports,
                                                    const std::map<std::string, std::string>& peers) {
  std::map<std::string, std::string> out = base;
  for (const auto& [name, value] : start.environment) out[name] = value;
  for (const auto& [name, value] : peers) out[name] = value;
  for (const auto& [name, port] : ports)
    out["STELLWERK_PORT_" + model::environment_suffix(name)] = std::to_string(port);
  out["STELLWERK_JOB_ID"] = start.attempt.job.text();
  out["STELLWERK_JOB_NAME"] = start.job;
  out["STELLWERK_VERTEX"] = start.vertex;
  out["STELLWERK_SUBTASK"] = std::to_string(start.attempt.task.subtask);
  out["STELLWERK_PARALLELISM"] = std::to_string(start.parallelism);
  out["STELLWERK_ATTEMPT"] = std::to_string(start.attempt.number);
  out["STELLWERK_FENCING_TOKEN"] = std::to_string(start.token);
  out["STELLWERK_EPOCH"] = std::to_string(epoch);
  out["STELLWERK_CONTROL_FD"] = std::to_string(kControlDescriptor);
  return out;
}

std::string output_prefix(const link::StartTask& start) {
  if (start.parallelism == 1) return start.vertex + "> ";
  return start.vertex + " " + std::to_string(start.attempt.task.subtask + 1) + "> ";
}

std::string why_ended(const TaskExit& exit, const model::TaskLimits& limits) {
  std::string why = exit.signal != 0 ? signal_text(exit.signal) : "exit code " + std::to_string(exit.code);
  if (exit.out_of_memory && limits.memory_bytes)
    why = "used more than its " + format_size(static_cast<std::uint64_t>(*limits.memory_bytes)) + " of memory: " + why;
  if (!exit.error_tail.empty()) why += "\n" + exit.error_tail;
  if (why.size() > link::kWhyBytesMax) why.resize(link::kWhyBytesMax);
  return why;
}

}  // namespace stellwerk::worker
