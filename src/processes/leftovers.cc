#include "processes/leftovers.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/file_descriptor.h"
#include "processes/mark.h"
#include "processes/proc.h"

namespace stellwerk::processes {
namespace {

using LeftoverClock = std::chrono::steady_clock;

/// The first process of all. It and 0, which is nobody's, are no task's: to kill() they mean everybody, or us.
constexpr std::int64_t kInit = 1;
/// Between two looks, if nobody who was killed ends earlier.
constexpr int kLookAgainMs = 50;
/// If nobody is waited for, and it only has to be seen that nobody comes.
constexpr int kLookAgainSoonMs = 5;
/// Processes that are waited for at a time; others are looked for again.
constexpr std::size_t kHeldMax = 256;

/// Whether it is the same process now as when it was looked at; `held` keeps it from being mistaken for another one,
/// or is empty for want of descriptors.
bool hold(const ProcessStat& stat, FileDescriptor& held) {
  held = open_pidfd(stat.pid);
  const auto now = read_stat(stat.pid);
  return now && now->started == stat.started;
}

/// All processes at one moment.
struct Sight {
  std::vector<ProcessStat> all;
  std::unordered_map<std::int64_t, const ProcessStat*> by_pid;
  /// By the number of a session or a group: its members.
  std::unordered_map<std::int64_t, std::vector<const ProcessStat*>> members;
};

void look_at_all(Sight& sight) {
  for (const std::int64_t pid : list_processes())
    if (auto stat = read_stat(pid)) sight.all.push_back(*stat);
  for (const ProcessStat& stat : sight.all) {
    sight.by_pid[stat.pid] = &stat;
    sight.members[stat.session].push_back(&stat);
    if (stat.group != stat.session) sight.members[stat.group].push_back(&stat);
  }
}

/// One task, or one worker, while what is left of it is being ended.
struct Ending {
  LeftoverEnd end;
  std::string mark_prefix;                    ///< of a worker's tasks; empty: one task, by its number
  int rounds = 0;                             ///< in which nothing was found
  std::map<std::int64_t, std::int64_t> seen;  ///< pid to start
  bool over = false;

  bool by_number() const { return mark_prefix.empty(); }
};

bool is_marked(const ProcessStat& stat, std::string_view prefix) {
  return find_variable(read_environment(stat.pid).value_or(""), kMarkVariable).value_or("").starts_with(prefix);
}

std::vector<const ProcessStat*> members_of(const Ending& ending, const Sight& sight) {
  const std::int64_t first = ending.end.what.started;
  std::vector<const ProcessStat*> found;
  const auto take = [&](const ProcessStat& stat) {
    if (!stat.ended() && stat.pid != ::getpid() && stat.started >= first) found.push_back(&stat);
  };
  if (!ending.by_number()) {
    for (const ProcessStat& stat : sight.all) take(stat);
    std::erase_if(found, [&](const ProcessStat* stat) { return !is_marked(*stat, ending.mark_prefix); });
  } else if (const auto at = sight.members.find(ending.end.what.pid); at != sight.members.end()) {
    for (const ProcessStat* stat : at->second) take(*stat);
  }
  return found;
}

/// Kills what lives of it; `held` gets what is to be waited for.
void kill_members(Ending& ending, const Sight& sight, std::vector<FileDescriptor>& held) {
  ending.end.left.clear();
  for (const ProcessStat* stat : members_of(ending, sight)) {
    FileDescriptor process;
    if (!hold(*stat, process)) continue;
    ending.seen[stat->pid] = stat->started;
    ending.end.left.push_back(stat->pid);
    // The whole group at once, because one that forks quickly escapes who kills one by one. The number is this group's:
    // it has this member now.
    const bool whole_group = stat->group == ending.end.what.pid || stat->group == stat->pid;
    if (whole_group && stat->group > kInit) ::kill(-static_cast<pid_t>(stat->group), SIGKILL);
    if (process && ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0 && held.size() < kHeldMax)
      held.push_back(std::move(process));
  }
  ending.rounds = ending.end.left.empty() ? ending.rounds + 1 : 0;
  // Who is just becoming another program shows no mark.
  ending.over = ending.rounds >= (ending.by_number() ? 1 : 2);
}

/// Whether a task's number has been given to another process: nothing is left of the task then. Our own session was not
/// made by a task of another worker's.
bool is_taken(const Leftover& task, const Sight& sight) {
  if (task.pid <= kInit || task.pid == ::getsid(0) || task.pid == ::getpgrp()) return true;
  const auto at = sight.by_pid.find(task.pid);
  return at != sight.by_pid.end() && at->second->started != task.started;
}

/// `found`: there is somebody who was killed.
void wait_for_one(const std::vector<FileDescriptor>& held, bool found) {
  std::vector<pollfd> waits;
  waits.reserve(held.size());
  for (const FileDescriptor& process : held) waits.push_back({process.get(), POLLIN, 0});
  ::poll(waits.data(), waits.size(), found ? kLookAgainMs : kLookAgainSoonMs);
}

void end_all(std::vector<Ending>& endings) {
  const auto over = [&] { return std::all_of(endings.begin(), endings.end(), [](const auto& e) { return e.over; }); };
  const auto deadline = LeftoverClock::now() + kLeftoversMax;
  while (!over() && LeftoverClock::now() < deadline) {
    Sight sight;
    look_at_all(sight);
    std::vector<FileDescriptor> held;
    for (Ending& ending : endings) {
      if (ending.over) continue;
      ending.over = ending.by_number() && is_taken(ending.end.what, sight);
      if (!ending.over) {
        kill_members(ending, sight, held);
      } else {
        ending.end.left.clear();
        ending.end.taken = ending.seen.empty();
      }
    }
    const bool found = std::any_of(endings.begin(), endings.end(), [](const auto& e) { return !e.end.left.empty(); });
    if (!over()) wait_for_one(held, found);
  }
  for (Ending& ending : endings)
    for (const auto& [pid, started] : ending.seen)
      if (std::find(ending.end.left.begin(), ending.end.left.end(), pid) == ending.end.left.end())
        ending.end.killed.push_back(pid);
}

std::string list(const std::vector<std::int64_t>& pids) {
  std::string text;
  for (const std::int64_t pid : pids) text += (text.empty() ? "" : ", ") + std::to_string(pid);
  return text;
}

}  // namespace

std::string LeftoverEnd::text() const {
  const std::string task = "Of process " + std::to_string(what.pid) + " of an earlier worker ";
  if (taken) return task + "nothing is left; that number is another process' now";
  if (killed.empty() && left.empty()) return task + "nothing is left";
  std::string done = killed.empty() ? "" : "was ended, by SIGKILL: " + list(killed);
  if (!left.empty()) done += std::string(killed.empty() ? "" : "; ") + "could not be ended: " + list(left);
  return task + done;
}

std::vector<LeftoverEnd> end_leftovers(std::span<const Leftover> tasks) {
  std::vector<Ending> endings;
  for (const Leftover& task : tasks) {
    Ending ending;
    ending.end.what = task;
    endings.push_back(std::move(ending));
  }
  end_all(endings);
  std::vector<LeftoverEnd> ends;
  ends.reserve(endings.size());
  for (Ending& ending : endings) ends.push_back(std::move(ending.end));
  return ends;
}

LeftoverEnd end_daemons_of(const Leftover& worker) {
  std::vector<Ending> endings(1);
  Ending& ending = endings[0];
  ending.end.what = worker;
  ending.mark_prefix = mark_prefix(worker.pid, worker.started);
  const auto lives = read_stat(worker.pid);
  if (!lives || lives->started != worker.started || lives->ended()) end_all(endings);
  return std::move(ending.end);
}

std::vector<Leftover> find_marked(const std::set<std::string>& marks) {
  std::vector<Leftover> found;
  for (const std::int64_t pid : list_processes()) {
    const auto stat = read_stat(pid);
    if (!stat || stat->ended() || stat->session != pid) continue;
    const std::string environment = read_environment(pid).value_or("");
    const auto mark = find_variable(environment, kMarkVariable);
    if (mark && marks.contains(std::string(*mark))) found.push_back({pid, stat->started});
  }
  return found;
}

}  // namespace stellwerk::processes
