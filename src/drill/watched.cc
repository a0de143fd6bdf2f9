#include "drill/watched.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "base/json_writer.h"
#include "model/job_spec.h"
#include "processes/proc.h"

namespace stellwerk::drill {
namespace {

using cli::Milliseconds;
using history::Outcome;

constexpr Milliseconds kRunsMax = std::chrono::seconds(60);
constexpr Milliseconds kRunsEvery = Milliseconds(50);
constexpr int kSubmitTries = 30;
constexpr std::string_view kVertex = "task";
/// Exit codes of flock, and of a shell that has no such command.
constexpr int kLockHeld = 1;
constexpr int kNoCommand = 127;
/// The system itself says whether two of them live: a lock goes with the last process that holds it.
constexpr std::string_view kOnce =
    "exec 9>>\"$0/lock\"; flock -n 9; met=$?; echo \"$$ $STELLWERK_FENCING_TOKEN $met\" >>\"$0/log\"; exec sleep "
    "864000";

std::string make_spec(const std::string& id, const std::string& once_folder) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("jobId", id).member("name", once_folder.empty() ? "drill-watched" : "drill-once");
  if (!once_folder.empty()) json.member("at-most-one", true);
  json.key("restart-strategy").begin_object().member("type", "fixed-delay").member("attempts", 1'000'000);
  json.member("delay", "10 ms").end_object();
  json.key("vertices").begin_array().begin_object().member("name", kVertex).key("command").begin_array();
  if (once_folder.empty())
    json.value("sleep").value("864000");
  else
    json.value("sh").value("-c").value(kOnce).value(once_folder);
  json.end_array().end_object().end_array().end_object();
  return out;
}

/// Its worker lives and is its parent: what an earlier process of the worker left may still be shown, and even run.
bool belongs(const history::TaskSeen& task, const std::vector<WorkerSight>& workers) {
  const auto stat = processes::read_stat(task.pid);
  return stat && !stat->ended() && std::any_of(workers.begin(), workers.end(), [&](const WorkerSight& worker) {
           return worker.id == task.worker && worker.pid == stat->parent;
         });
}

}  // namespace

Result<void> Watched::submit(int jobs) {
  for (int i = 0; i < jobs; ++i) {
    const std::string id = JobId::mint(host_.wall_ms(), host_.random_bits()).text();
    if (auto accepted = submit(make_spec(id, ""), id); !accepted) return accepted;
    jobs_.push_back(id);
  }
  if (folder_.empty()) return {};
  const std::string id = JobId::mint(host_.wall_ms(), host_.random_bits()).text();
  return submit(make_spec(id, folder_), id);
}

Result<void> Watched::submit(const std::string& spec, const std::string& id) {
  history::Call told;
  for (int i = 0; i < kSubmitTries; ++i) {
    if (host_.interrupted()) return make_error(Errc::lost, "Ctrl-C");
    told = clients_.call({.action = history::Action::submit, .job = id, .spec = spec});
    if (told.outcome == Outcome::done) return {};
    if (told.outcome == Outcome::refused) break;
    host_.pause(kRunsEvery);
  }
  return make_error(Errc::failed, "a job for the drill was not taken: " + describe(told));
}

Result<history::TaskLook> Watched::look(World& world) {
  const Milliseconds end = host_.now() + kRunsMax;
  for (;;) {
    if (host_.interrupted()) return make_error(Errc::lost, "Ctrl-C");
    history::TaskLook look{.at = clients_.now()};
    if (const auto leader = look_at_leader(world))
      for (const std::string& job : jobs_) {
        auto task = look_at(leader->master, job);
        if (task && belongs(*task, leader->workers)) look.tasks.push_back(std::move(*task));
      }
    if (look.tasks.size() == jobs_.size()) return look;
    if (host_.now() >= end)
      return make_error(Errc::failed, "within 60 s only " + std::to_string(look.tasks.size()) + " of " +
                                          std::to_string(jobs_.size()) + " watched tasks run");
    host_.pause(kRunsEvery);
  }
}

std::optional<history::TaskSeen> Watched::look_at(const Daemon& leader, const std::string& job) {
  const std::string target = "/jobs/" + job + "/vertices/" + model::vertex_id(kVertex) + "/subtasks/0";
  const auto answers = host_.ask({{leader.rest, {.target = target}, kMasterAnswerMax}});
  if (!answers.front() || answers.front()->status != 200) return std::nullopt;
  const auto parsed = parse_json(answers.front()->body, "a task");
  if (!parsed) return std::nullopt;
  JsonFields fields(*parsed, "a task");
  if (fields.string_or("status", "") != "RUNNING" || !fields.has("pid")) return std::nullopt;
  return history::TaskSeen{job, fields.integer_or("attempt", 0), fields.integer_or("pid", 0),
                           fields.string_or("taskmanager-id", "")};
}

std::string Watched::read_once(history::History& into) const {
  if (folder_.empty()) return "";
  std::string trouble;
  std::ifstream file(folder_ + "/log");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    history::OnceAttempt attempt;
    int met = 0;
    if (!(words >> attempt.pid >> attempt.token >> met)) {
      ++into.once_unreadable;
      continue;
    }
    attempt.met_another = met == kLockHeld;
    if (met == kNoCommand) trouble = "the at-most-one job found no flock on this host: nothing is known of it";
    if (met != 0 && met != kLockHeld && met != kNoCommand)
      trouble = "flock ended with " + std::to_string(met) + " in the at-most-one job: nothing is known of that attempt";
    into.once.push_back(attempt);
  }
  if (into.once.empty()) return "the at-most-one job never began: nothing is known of it";
  return trouble;
}

}  // namespace stellwerk::drill
