#include "cli/answers.h"

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "base/text.h"

namespace stellwerk::cli {
namespace {

constexpr std::size_t kFieldBytesMax = 256;
constexpr std::size_t kExceptionBytesMax = 1'000;
constexpr std::size_t kExceptionLinesMax = 20;
constexpr std::size_t kMastersReadMax = 64;

std::string shown_text(std::string text, std::size_t bytes_max = kFieldBytesMax) {
  return escaped(text, bytes_max);
}

std::string text_of(JsonFields& fields, std::string_view name) {
  return shown_text(fields.string(name));
}

const json::object* object_in(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

std::string text_in(const json::object* object, std::string_view name) {
  const json::value* const value = object == nullptr ? nullptr : object->if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return shown_text(std::string(value->as_string()));
}

std::optional<std::int64_t> number_in(const json::object* object, std::string_view name) {
  const json::value* const value = object == nullptr ? nullptr : object->if_contains(name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->as_int64();
}

bool truth_in(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->as_bool();
}

void read_masters(const json::object& status, MasterAnswer& out) {
  const json::value* const masters = status.if_contains("masters");
  if (masters == nullptr || !masters->is_array()) return;
  for (const json::value& master : masters->as_array()) {
    if (out.masters.size() >= kMastersReadMax) return;
    const std::string rest = text_in(master.if_object(), "rest");
    if (!rest.empty()) out.masters.push_back(rest);
  }
}

/// "0.5"; empty if it is no number.
std::string load_text(const json::value* value) {
  if (value == nullptr || !value->is_number()) return {};
  char digits[32];
  const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, value->to_number<double>());
  return fault == std::errc{} ? std::string(digits, end) : "";
}

/// Somebody's words as they are, quotes and backslashes too: only what a terminal must not receive is escaped.
std::string plain_text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const auto point = next_code_point(text, at);
    if (!point) ++at;
    if (at > kExceptionBytesMax) return out + "...";
    const std::string_view letter = text.substr(begin, at - begin);
    out += point && (is_printable(*point) || letter == "\t") ? std::string(letter) : escaped(letter, letter.size());
  }
  return out;
}

/// The first line, and the last ones of those that follow.
void read_failure_text(std::string_view text, JobFailureLine& out) {
  const std::size_t first = text.find('\n');
  out.text = plain_text(text.substr(0, first));
  while (first != std::string_view::npos && text.size() > first + 1 && out.more.size() < kExceptionLinesMax) {
    const std::size_t line = text.rfind('\n') + 1;
    if (line < text.size() || !out.more.empty()) out.more.push_back(plain_text(text.substr(line)));
    text = text.substr(0, line - 1);
  }
  std::reverse(out.more.begin(), out.more.end());
}

std::vector<std::string> read_labels(JsonFields& fields) {
  std::vector<std::string> out;
  if (!fields.has("labels")) return out;
  for (const auto& label : fields.array("labels"))
    out.push_back(label.is_string() ? shown_text(std::string(label.as_string())) : "?");
  return out;
}

Result<std::vector<UnlimitedTasks>> read_unlimited(JsonFields& job) {
  std::vector<UnlimitedTasks> out;
  for (const json::value& each : job.array("unlimited")) {
    JsonFields fields(each, "tasks without limits");
    UnlimitedTasks tasks{text_of(fields, "vertex"), text_of(fields, "taskmanager-id"), {}, text_of(fields, "message")};
    for (const json::value& limit : fields.array("limits")) {
      const json::string* const name = limit.if_string();
      if (name != nullptr) tasks.limits += (tasks.limits.empty() ? "" : ", ") + shown_text(std::string(*name));
    }
    if (!fields.ok()) return fields.error();
    out.push_back(std::move(tasks));
  }
  return out;
}

}  // namespace

std::string SlotsWanted::text() const {
  std::string what = "needs " + std::to_string(needed) + (needed == 1 ? " slot" : " slots");
  for (std::size_t i = 0; i < labels.size(); ++i) what += (i == 0 ? " with " : ", ") + labels[i];
  return what + ", " + std::to_string(free) + " of " + std::to_string(total) + (free == 1 ? " is free" : " are free");
}

Result<std::vector<JobLine>> read_jobs(std::string_view body) {
  const auto parsed = parse_json(body, "the list of jobs");
  if (!parsed) return parsed.error();
  JsonFields fields(*parsed, "the list of jobs");
  std::vector<JobLine> out;
  for (const json::value& job : fields.array("jobs")) {
    JsonFields line(job, "a job in the list of jobs");
    JobLine read;
    read.id = text_of(line, "jid");
    read.name = text_of(line, "name");
    read.state = text_of(line, "state");
    read.start_ms = line.integer("start-time");
    read.json = json::serialize(job);
    if (!line.ok()) return line.error();
    out.push_back(std::move(read));
  }
  if (!fields.ok()) return fields.error();
  return out;
}

std::string UnlimitedTasks::text() const {
  return "vertex " + vertex + " runs on " + worker + " without its limits of " + limits + ": " + why;
}

Result<JobDetails> read_job(std::string_view body) {
  const auto parsed = parse_json(body, "the job");
  if (!parsed) return parsed.error();
  JsonFields fields(*parsed, "the job");
  JobDetails out;
  out.id = text_of(fields, "jid");
  out.name = text_of(fields, "name");
  out.state = text_of(fields, "state");
  out.start_ms = fields.integer("start-time");
  out.end_ms = fields.integer_or("end-time", -1);
  out.duration_ms = fields.integer_or("duration", 0);
  if (parsed->is_object())
    out.restarting_ms = number_in(object_in(parsed->as_object(), "timestamps"), "RESTARTING").value_or(0);
  for (const json::value& vertex : fields.array("vertices")) {
    JsonFields line(vertex, "a vertex of the job");
    VertexLine read{text_of(line, "name"), text_of(line, "status"), line.integer("parallelism")};
    const json::object* const tasks = vertex.is_object() ? object_in(vertex.get_object(), "tasks") : nullptr;
    read.running = number_in(tasks, "RUNNING").value_or(0);
    read.finished = number_in(tasks, "FINISHED").value_or(0);
    read.id = text_in(vertex.if_object(), "id");
    if (!line.ok()) return line.error();
    out.vertices.push_back(std::move(read));
  }
  if (fields.has("waiting")) {
    JsonFields waiting(fields.object("waiting"), "what the job waits for");
    out.waiting = SlotsWanted{waiting.integer("needed"), waiting.integer("free"), waiting.integer("total")};
    out.waiting->labels = read_labels(waiting);
    if (!waiting.ok()) return waiting.error();
  }
  if (fields.has("unlimited")) {
    auto unlimited = read_unlimited(fields);
    if (!unlimited) return unlimited.error();
    out.unlimited = *std::move(unlimited);
  }
  if (!fields.ok()) return fields.error();
  return out;
}

Result<std::map<std::int64_t, std::string>> read_workers_of_subtasks(std::string_view body) {
  const auto parsed = parse_json(body, "the subtasks");
  if (!parsed) return parsed.error();
  std::map<std::int64_t, std::string> out;
  std::string fault;
  const auto add = [&](const json::value& subtask) {
    JsonFields fields(subtask, "a subtask");
    const std::int64_t number = fields.integer("subtask");
    const std::string worker = fields.string("taskmanager-id");
    if (!fields.ok()) fault = fields.error().text;
    if (worker != "(unassigned)") out[number] = worker;
  };
  const json::value* const all = parsed->is_object() ? parsed->as_object().if_contains("subtasks") : nullptr;
  if (all != nullptr && all->is_array())
    for (const json::value& each : all->as_array()) add(each);
  else
    add(*parsed);
  if (!fault.empty()) return make_error(Errc::damaged, fault);
  return out;
}

Result<std::string> read_job_status(std::string_view body) {
  const auto parsed = parse_json(body, "the job's status");
  if (!parsed) return parsed.error();
  JsonFields fields(*parsed, "the job's status");
  std::string status = text_of(fields, "status");
  if (!fields.ok()) return fields.error();
  return status;
}

Result<JobId> read_submitted(std::string_view body) {
  const auto parsed = parse_json(body, "the answer to the submission");
  if (!parsed) return parsed.error();
  JsonFields fields(*parsed, "the answer to the submission");
  const std::string id = fields.string("jobid");
  if (!fields.ok()) return fields.error();
  return JobId::parse(id);
}

Result<std::string> read_uploaded(std::string_view body) {
  const auto parsed = parse_json(body, "the answer to the upload");
  if (!parsed) return parsed.error();
  JsonFields fields(*parsed, "the answer to the upload");
  const std::string name = fields.string("filename");
  if (!fields.ok()) return fields.error();
  return name.substr(name.rfind('/') + 1);
}

std::string JobFailureLine::cause() const {
  std::string out = task;
  if (!task.empty() && !host.empty()) out += " on " + host;
  return out + (out.empty() ? "" : ": ") + text;
}

Result<JobFailureLine> read_failure(std::string_view body) {
  const auto parsed = parse_json(body, "the job's exceptions");
  if (!parsed) return parsed.error();
  JsonFields fields(*parsed, "the job's exceptions");
  JsonFields history(fields.object("exceptionHistory"), "the history of the job's exceptions");
  const json::array& entries = history.array("entries");
  if (!fields.ok()) return fields.error();
  if (!history.ok()) return history.error();
  if (entries.empty()) return JobFailureLine{};
  JsonFields newest(entries.front(), "the newest of the job's exceptions");
  JobFailureLine out;
  read_failure_text(newest.string("stacktrace"), out);
  out.at_ms = newest.integer("timestamp");
  out.task = shown_text(newest.string_or("taskName", ""));
  out.host = shown_text(newest.string_or("location", ""));
  if (!newest.ok()) return newest.error();
  return out;
}

Result<std::vector<WorkerLine>> read_workers(std::string_view body) {
  const auto parsed = parse_json(body, "the list of workers");
  if (!parsed) return parsed.error();
  JsonFields fields(*parsed, "the list of workers");
  std::vector<WorkerLine> out;
  for (const json::value& worker : fields.array("taskmanagers")) {
    JsonFields line(worker, "a worker in the list of workers");
    WorkerLine read;
    read.id = text_of(line, "id");
    read.slots = line.integer("slotsNumber");
    read.free = line.integer("freeSlots");
    read.heard_ms = line.integer("timeSinceLastHeartbeat");
    read.labels = read_labels(line);
    if (!line.ok()) return line.error();
    const json::object& object = worker.get_object();
    read.host = text_in(&object, "host");
    read.version = text_in(&object, "version");
    read.pid = number_in(&object, "pid").value_or(0);
    read.away = truth_in(object, "away");
    read.processors = number_in(object_in(object, "hardware"), "cpuCores").value_or(0);
    read.load = load_text(line.find("systemLoad"));
    out.push_back(std::move(read));
  }
  if (!fields.ok()) return fields.error();
  return out;
}

Result<MasterAnswer> read_status(std::string_view body) {
  const auto parsed = parse_json(body, "the status");
  if (!parsed) return parsed.error();
  JsonFields fields(*parsed, "the status");
  MasterAnswer out;
  out.role = text_of(fields, "role");
  out.id = text_of(fields, "id");
  out.rest = text_of(fields, "rest");
  if (!fields.ok()) return fields.error();
  const json::object& status = parsed->as_object();
  out.acting = truth_in(status, "acting");
  out.eligible = truth_in(status, "eligible");
  out.eligible_reason = text_in(&status, "eligible-reason");
  out.epoch = number_in(&status, "epoch").value_or(0);
  out.version = text_in(&status, "version");
  out.pid = number_in(&status, "pid").value_or(0);
  const json::object* const leader = object_in(status, "leader");
  out.leader_rest = text_in(leader, "rest");
  out.leader_since_ms = number_in(leader, "since").value_or(0);
  const json::object* const journal = object_in(status, "journal");
  out.position = text_in(journal, "applied");
  out.lag_ms = number_in(journal, "lag-ms");
  read_masters(status, out);
  out.json = json::serialize(*parsed);
  return out;
}

}  // namespace stellwerk::cli
