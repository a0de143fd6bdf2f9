#include "cli/job_list.h"

#include <algorithm>
#include <tuple>

#include "cli/table.h"
#include "model/job.h"

namespace stellwerk::cli {
namespace {

enum class Group { running, scheduled, ended };

Group group_of(const JobLine& job) {
  if (job.state == "CREATED" || job.state == "INITIALIZING") return Group::scheduled;
  const auto status = model::parse_job_status(job.state);
  return status && model::is_terminal(*status) ? Group::ended : Group::running;
}

/// Without options Flink lists what runs and what is scheduled.
bool is_wanted(Group group, const ListArguments& which) {
  if (which.all) return true;
  const bool neither = !which.running && !which.scheduled;
  switch (group) {
    case Group::running: return neither || which.running;
    case Group::scheduled: return neither || which.scheduled;
    case Group::ended: return false;
  }
  return false;
}

void sort_oldest_first(std::vector<JobLine>& jobs) {
  std::stable_sort(jobs.begin(), jobs.end(), [](const JobLine& a, const JobLine& b) {
    return std::tie(a.start_ms, a.state, a.id) < std::tie(b.start_ms, b.state, b.id);
  });
}

std::string section(const std::vector<JobLine>& jobs, Group group, std::string_view title, std::string_view none,
                    const LocalTime& local_time) {
  std::string lines;
  for (const JobLine& job : jobs)
    if (group_of(job) == group)
      lines += flink_time(local_time(job.start_ms)) + " : " + job.id + " : " + job.name + " (" + job.state + ")\n";
  if (lines.empty()) return none.empty() ? "" : std::string(none) + '\n';
  return rule(title) + '\n' + lines + rule("") + '\n';
}

}  // namespace

std::string render_jobs(std::vector<JobLine> jobs, const ListArguments& which, const LocalTime& local_time) {
  sort_oldest_first(jobs);
  std::string out;
  if (is_wanted(Group::running, which))
    out += section(jobs, Group::running, "Running/Restarting Jobs", "No running jobs.", local_time);
  if (is_wanted(Group::scheduled, which))
    out += section(jobs, Group::scheduled, "Scheduled Jobs", "No scheduled jobs.", local_time);
  if (is_wanted(Group::ended, which)) out += section(jobs, Group::ended, "Terminated Jobs", "", local_time);
  return out;
}

std::string render_jobs_json(std::vector<JobLine> jobs, const ListArguments& which) {
  sort_oldest_first(jobs);
  std::string out;
  for (const JobLine& job : jobs)
    if (is_wanted(group_of(job), which)) out += (out.empty() ? "" : ",\n ") + job.json;
  return '[' + out + "]\n";
}

}  // namespace stellwerk::cli
