#include <algorithm>
#include <map>

#include "history/checker.h"

namespace stellwerk::history {
namespace {

std::string told(const TaskSeen& task) {
  return "attempt " + std::to_string(task.attempt) + " as process " + std::to_string(task.pid) + " on " + task.worker;
}

bool was_hit(const TaskLook& look, const std::string& worker) {
  return std::find(look.workers_hit.begin(), look.workers_hit.end(), worker) != look.workers_hit.end();
}

}  // namespace

void check_tasks(const History& history, Verdict& verdict) {
  std::map<std::string, TaskSeen> before;
  for (const TaskLook& look : history.looks) {
    const std::string round = std::to_string(look.round);
    std::map<std::string, TaskSeen> now;
    for (const TaskSeen& task : look.tasks) now[task.job] = task;
    for (const auto& [job, old] : before) {
      if (was_hit(look, old.worker)) continue;
      const auto found = now.find(job);
      if (found == now.end())
        verdict.violate(rules::kTasks, "the task of " + job + ", " + told(old) + ", runs no more after round " + round);
      else if (found->second.attempt != old.attempt || found->second.pid != old.pid)
        verdict.violate(rules::kTasks, "the task of " + job + " was " + told(old) + " and is " + told(found->second) +
                                           " after round " + round);
    }
    before = std::move(now);
  }
}

void check_once(const History& history, Verdict& verdict) {
  const OnceAttempt* before = nullptr;
  for (const OnceAttempt& attempt : history.once) {
    const std::string name = "process " + std::to_string(attempt.pid);
    if (attempt.met_another) verdict.violate(rules::kOnce, name + " began while another one still lived");
    if (before != nullptr && attempt.token <= before->token)
      verdict.violate(rules::kOnce, name + " has fencing token " + std::to_string(attempt.token) + ", the one before " +
                                        std::to_string(before->token));
    before = &attempt;
  }
}

}  // namespace stellwerk::history
