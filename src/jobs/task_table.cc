#include "jobs/task_table.h"

#include "jobs/cluster_state.h"

namespace stellwerk::jobs {

void TaskTable::put(const JobId& job, model::TaskRef task, TaskEntry entry) {
  tasks_.put(attempt_path(job, task), std::make_shared<const TaskEntry>(std::move(entry)));
  changed_ = true;
}

void TaskTable::erase(const JobId& job, model::TaskRef task) {
  if (tasks_.erase(attempt_path(job, task))) changed_ = true;
}

std::shared_ptr<const TaskEntry> TaskTable::find(const JobId& job, model::TaskRef task) const {
  return tasks_.find(attempt_path(job, task));
}

std::string SlotLack::text() const {
  std::string out = std::to_string(needed) + (needed == 1 ? " slot" : " slots");
  for (const auto& label : labels) out += (&label == &*labels.begin() ? " with " : ", ") + label;
  return out + ", " + std::to_string(free) + " of " + std::to_string(total) + (free == 1 ? " is free" : " are free");
}

void TaskTable::set_lack(const std::string& job, std::optional<SlotLack> lack) {
  const auto before = lacks_.find(job);
  if (before ? lack == *before : !lack) return;
  if (lack)
    lacks_.put(job, std::make_shared<const SlotLack>(*lack));
  else
    lacks_.erase(job);
  changed_ = true;
}

TaskTable TaskTable::share() {
  TaskTable twin;
  twin.tasks_ = tasks_.share();
  twin.lacks_ = lacks_.share();
  return twin;
}

}  // namespace stellwerk::jobs
