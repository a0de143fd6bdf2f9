#include "jobs/worker_table.h"

namespace stellwerk::jobs {

void WorkerTable::put(WorkerEntry entry) {
  erase(entry.about.id);
  slots_ += entry.about.slots;
  free_ += entry.free_slots();
  const std::string id = entry.about.id;
  entries_.put(id, std::make_shared<const WorkerEntry>(std::move(entry)));
}

void WorkerTable::erase(const std::string& id) {
  const auto before = entries_.find(id);
  if (!before) return;
  slots_ -= before->about.slots;
  free_ -= before->free_slots();
  entries_.erase(id);
}

void WorkerTable::clear() {
  entries_ = {};
  slots_ = 0;
  free_ = 0;
}

WorkerTable WorkerTable::share() {
  WorkerTable twin;
  twin.entries_ = entries_.share();
  twin.slots_ = slots_;
  twin.free_ = free_;
  return twin;
}

}  // namespace stellwerk::jobs
