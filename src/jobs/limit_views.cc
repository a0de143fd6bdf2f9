#include "jobs/limit_views.h"

#include <map>
#include <utility>

namespace stellwerk::jobs {
namespace {

struct Unlimited {
  model::GroupLimits limits;
  std::string why;
};
/// By index of the vertex, and worker.
using UnlimitedTasks = std::map<std::pair<std::size_t, std::string>, Unlimited>;

void look_at_task(const LiveView& view, const JobId& job, model::TaskRef task, const model::GroupLimits& wanted,
                  UnlimitedTasks& found) {
  const auto attempt = view.state.attempt(job, task);
  if (!attempt || !attempt->open()) return;
  const auto worker = view.workers->find(attempt->worker);
  if (!worker) return;
  const model::GroupLimits missing = without(wanted, worker->about.limits);
  if (!missing.any()) return;
  found.try_emplace({static_cast<std::size_t>(task.vertex), attempt->worker},
                    Unlimited{missing, worker->about.limits_why});
}

}  // namespace

void write_unlimited(JsonWriter& out, const LiveView& view, const FoundJob& job) {
  if (view.workers == nullptr || !job.spec) return;
  UnlimitedTasks found;
  for (std::size_t i = 0; i < job.spec->vertices.size(); ++i) {
    const model::JobVertex& vertex = job.spec->vertices[i];
    const model::GroupLimits wanted = group_limits(vertex.limits);
    if (!wanted.any()) continue;
    for (std::int32_t subtask = 0; subtask < vertex.parallelism && found.size() < kUnlimitedShownMax; ++subtask)
      look_at_task(view, job.id, {static_cast<std::int32_t>(i), subtask}, wanted, found);
  }
  if (found.empty()) return;
  out.key("unlimited").begin_array();
  for (const auto& [where, what] : found) {
    out.begin_object().member("vertex", job.spec->vertices[where.first].name).member("taskmanager-id", where.second);
    out.key("limits").begin_array();
    for (const auto name : names(what.limits)) out.value(name);
    out.end_array().member("message", what.why).end_object();
  }
  out.end_array();
}

}  // namespace stellwerk::jobs
