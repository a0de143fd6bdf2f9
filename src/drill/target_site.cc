#include "drill/target_site.h"

#include <algorithm>

#include "cli/answers.h"
#include "cli/processes.h"
#include "drill/system_processes.h"

namespace stellwerk::drill {
namespace {

using cli::Milliseconds;

/// Between two searches for what was started again.
constexpr Milliseconds kAskEvery = Milliseconds(200);

bool is_daemon_here(const std::vector<cli::Process>& here, std::int64_t pid, bool master) {
  return std::any_of(here.begin(), here.end(), [&](const cli::Process& each) {
    return each.pid == pid && each.master == master && (master || each.entry_point == "TaskManagerRunner");
  });
}

bool listens(const std::string& proc, std::int64_t pid, std::uint16_t port) {
  const auto at = cli::listening(proc, pid);
  return std::any_of(at.begin(), at.end(), [&](const http::Endpoint& each) { return each.port == port; });
}

Result<std::int64_t> pid_of(cli::Host& host, const http::Endpoint& master) {
  const auto answers = host.ask({{master, {.target = "/status"}, kMasterAnswerMax}});
  if (!answers.front() || answers.front()->status != 200)
    return make_error(Errc::unavailable, master.url() + " does not answer");
  const auto status = cli::read_status(answers.front()->body);
  if (!status) return make_error(Errc::unavailable, master.url() + ": " + status.error().text);
  return status->pid;
}

}  // namespace

Result<std::unique_ptr<TargetSite>> TargetSite::find(cli::Host& host, const std::vector<http::Endpoint>& masters) {
  std::unique_ptr<TargetSite> site(new TargetSite(host));
  const auto here = cli::find_processes(host.process_directory());
  for (const http::Endpoint& master : masters) {
    const auto pid = pid_of(host, master);
    if (!pid) return pid.error();
    if (!is_daemon_here(here, *pid, true) || !listens(host.process_directory(), *pid, master.port))
      return make_error(Errc::refused, "the master " + master.url() + " (process " + std::to_string(*pid) +
                                           ") does not run on this host, or belongs to another user: a drill hits "
                                           "processes of this host only");
    site->daemons_.push_back({Kind::master, master.authority(), *pid, true, master});
  }
  auto workers = site->workers_of(masters.front());
  if (!workers) return workers.error();
  for (Daemon& worker : *workers) {
    if (!is_daemon_here(here, worker.pid, false))
      return make_error(Errc::refused, "the worker " + worker.name + " (process " + std::to_string(worker.pid) +
                                           ") does not run on this host, or belongs to another user: a drill hits "
                                           "processes of this host only");
    site->daemons_.push_back(std::move(worker));
  }
  return site;
}

Result<std::vector<Daemon>> TargetSite::workers_of(const http::Endpoint& master) {
  const auto answers = host_.ask({{master, {.target = "/taskmanagers"}, kMasterAnswerMax}});
  if (!answers.front() || answers.front()->status != 200)
    return make_error(Errc::unavailable, master.url() + " does not tell its workers");
  const auto read = cli::read_workers(answers.front()->body);
  if (!read) return read.error();
  std::vector<Daemon> out;
  for (const cli::WorkerLine& line : *read)
    if (!line.away) out.push_back({Kind::worker, line.id, line.pid, true, {}});
  return out;
}

std::vector<Daemon> TargetSite::look() {
  for (Daemon& each : daemons_) each.runs = process_runs(each.pid);
  const bool lacks = std::any_of(daemons_.begin(), daemons_.end(), [](const Daemon& each) { return !each.runs; });
  if (lacks && host_.now() - asked_ >= kAskEvery) find_again();
  return daemons_;
}

void TargetSite::find_again() {
  asked_ = host_.now();
  const auto here = cli::find_processes(host_.process_directory());
  const Daemon* alive = nullptr;
  for (Daemon& each : daemons_) {
    if (each.kind != Kind::master) continue;
    if (!each.runs)
      if (const auto pid = pid_of(host_, each.rest); pid && is_daemon_here(here, *pid, true)) each.pid = *pid;
    each.runs = process_runs(each.pid);
    if (each.runs) alive = &each;
  }
  if (alive == nullptr) return;
  const auto workers = workers_of(alive->rest);
  if (!workers) return;
  for (Daemon& each : daemons_) {
    if (each.kind != Kind::worker || each.runs) continue;
    for (const Daemon& now : *workers)
      if (now.name == each.name && is_daemon_here(here, now.pid, false)) each.pid = now.pid;
    each.runs = process_runs(each.pid);
  }
}

Result<void> TargetSite::signal(std::int64_t pid, int number) {
  return send_signal(pid, number);
}

std::vector<std::int64_t> TargetSite::guards_of(std::int64_t pid) {
  return find_guards(pid);
}

Result<void> TargetSite::start(const std::string&) {
  return {};
}

std::string TargetSite::lacks(Fault fault) const {
  if (info_of(fault).zookeeper) return "the ZooKeeper server of a running cluster is not hit";
  switch (fault) {
    case Fault::kill_container: return "containers of a running cluster are not hit";
    case Fault::partition: return "the network of a running cluster is not hit";
    case Fault::full_disk:
    case Fault::lose_storage: return "the storageDir of a running cluster is not hit";
    default: return "";
  }
}

Result<void> TargetSite::harm(const Harm&) {
  return make_error(Errc::failed, "the surroundings of a running cluster are not hit");
}

}  // namespace stellwerk::drill
