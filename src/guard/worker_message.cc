#include "guard/worker_message.h"

#include "guard/bytes.h"

namespace stellwerk::guard::worker_mode {
namespace {

enum class WorkerKind : char {
  self = 65,
  place = 66,
  starts = 67,
  runs = 68,
  not_started = 69,
  ended = 70,
  farewell = 71,
  runs_leased = 72,
  lease = 73,
  log = 74
};

Writer begin(WorkerKind kind) {
  return Writer(static_cast<char>(kind));
}

void write(Writer& out, const Process& process) {
  out.number(static_cast<std::uint64_t>(process.pid));
  out.number(static_cast<std::uint64_t>(process.started));
}

std::string encode(const Self& self) {
  Writer out = begin(WorkerKind::self);
  out.text(self.id);
  out.number(static_cast<std::uint64_t>(self.incarnation));
  write(out, self.process);
  return out.take();
}

std::string encode(const Place& place) {
  Writer out = begin(WorkerKind::place);
  out.text(place.cluster);
  out.number(static_cast<std::uint64_t>(place.epoch));
  out.number(place.masters.size());
  for (const auto& each : place.masters) out.text(each);
  return out.take();
}

std::string encode(const Starts& starts) {
  Writer out = begin(WorkerKind::starts);
  out.text(starts.mark);
  out.number(starts.leased ? 1 : 0);
  return out.take();
}

std::string encode(const Runs& runs) {
  Writer out = begin(WorkerKind::runs);
  out.number(runs.tasks.size());
  for (const Process& each : runs.tasks) write(out, each);
  return out.take();
}

std::string encode(const RunsLeased& runs) {
  Writer out = begin(WorkerKind::runs_leased);
  out.number(runs.tasks.size());
  for (const LeasedTask& each : runs.tasks) {
    write(out, each.process);
    out.text(each.mark);
  }
  return out.take();
}

std::string encode(const Lease& lease) {
  Writer out = begin(WorkerKind::lease);
  out.number(static_cast<std::uint64_t>(lease.until_us));
  return out.take();
}

std::string encode(const NotStarted&) {
  return begin(WorkerKind::not_started).take();
}

std::string encode(const Ended& ended) {
  Writer out = begin(WorkerKind::ended);
  write(out, ended.task);
  return out.take();
}

std::string encode(const Log& log) {
  Writer out = begin(WorkerKind::log);
  out.number(log.json ? 1 : 0);
  return out.take();
}

std::string encode(const Farewell&) {
  return begin(WorkerKind::farewell).take();
}

std::int64_t read_number(Reader& in) {
  return static_cast<std::int64_t>(in.number(INT64_MAX));
}

Process read_process(Reader& in) {
  Process process;
  process.pid = read_number(in);
  process.started = read_number(in);
  return process;
}

Self read_self(Reader& in) {
  Self self;
  self.id = in.text();
  self.incarnation = read_number(in);
  self.process = read_process(in);
  return self;
}

Place read_place(Reader& in) {
  Place place;
  place.cluster = in.text();
  place.epoch = read_number(in);
  const std::uint64_t masters = in.number(kMastersMax);
  for (std::uint64_t i = 0; i < masters; ++i) place.masters.push_back(in.text());
  return place;
}

Runs read_runs(Reader& in) {
  Runs runs;
  const std::uint64_t tasks = in.number(kTaskListMax);
  for (std::uint64_t i = 0; i < tasks; ++i) runs.tasks.push_back(read_process(in));
  return runs;
}

Starts read_starts(Reader& in) {
  Starts starts;
  starts.mark = in.text();
  starts.leased = in.number(1) == 1;
  return starts;
}

RunsLeased read_runs_leased(Reader& in) {
  RunsLeased runs;
  const std::uint64_t tasks = in.number(kLeasedListMax);
  for (std::uint64_t i = 0; i < tasks; ++i) {
    const Process process = read_process(in);
    runs.tasks.push_back({process, in.text()});
  }
  return runs;
}

}  // namespace

std::string encode(const Message& message) {
  return std::visit([](const auto& each) { return encode(each); }, message);
}

Result<Message> decode(std::string_view bytes) {
  if (const auto why = fault_of(bytes)) return damaged(*why);
  Reader in(bytes.substr(2));
  Message message;
  switch (static_cast<WorkerKind>(bytes[1])) {
    case WorkerKind::self: message = read_self(in); break;
    case WorkerKind::place: message = read_place(in); break;
    case WorkerKind::starts: message = read_starts(in); break;
    case WorkerKind::runs: message = read_runs(in); break;
    case WorkerKind::runs_leased: message = read_runs_leased(in); break;
    case WorkerKind::lease: message = Lease{read_number(in)}; break;
    case WorkerKind::not_started: message = NotStarted{}; break;
    case WorkerKind::ended: message = Ended{read_process(in)}; break;
    case WorkerKind::log: message = Log{in.number(1) == 1}; break;
    case WorkerKind::farewell: message = Farewell{}; break;
    default: return damaged("its kind");
  }
  if (!in.done()) return damaged("its fields");
  return message;
}

}  // namespace stellwerk::guard::worker_mode
