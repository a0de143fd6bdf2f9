#include "master/scheduler.h"

#include <algorithm>

/// Checkpoints: between what is decided for each job and the workers that its tasks are on.
namespace stellwerk::master {

using jobs::JobRun;
using jobs::TaskRun;
using model::CheckpointBook;
using model::TaskRef;

namespace {

CheckpointBook book_of(const jobs::ClusterState& state, const JobRun& run) {
  const auto book = state.checkpointing(run.id());
  return book ? *book : CheckpointBook{};
}

link::TakeCheckpoint request_of(const jobs::Checkpoints& checkpoints, std::int64_t number) {
  return {number, {}, !checkpoints.policy().interval};
}

}  // namespace

/// All attempts that begin before the next checkpoint does begin from the same one: none begins while one does not run.
std::optional<link::Restore> Scheduler::restore_for(const jobs::ClusterState& state, const JobRun& run, TaskRef ref) {
  const auto book = state.checkpointing(run.id());
  if (!book || book->newest() == 0) return std::nullopt;
  auto& newest = jobs_.at(run.id().text()).newest;
  if (!newest || newest->number != book->newest()) newest = state.checkpoint(run.id(), book->newest());
  if (!newest) return std::nullopt;  // an operator has removed its record by hand
  const auto* const subtask = newest->find(ref);
  if (subtask == nullptr) return link::Restore{newest->number, {}, true};
  return link::Restore{newest->number, subtask->handle, false};
}

/// What is recorded of a job has changed.
void Scheduler::see_checkpoints(Clocks clocks, const jobs::ClusterState& state, const std::string& id) {
  Job* const job = find(id);
  if (job == nullptr || !job->run || !job->checkpoints) return;
  JobRun& run = *job->run;
  const CheckpointBook book = book_of(state, run);
  const auto outcome = job->checkpoints->take(clocks.now, run, book);
  if (outcome.begun != 0) job->newest.reset();  // all run
  if (outcome.begun != 0) send_to_each(run, outcome.ask, request_of(*job->checkpoints, outcome.begun));
  if (outcome.completed != 0)
    send_to_each(run, outcome.tell, link::CheckpointCompleted{outcome.completed, outcome.oldest, {}});
  fail_tasks(run, outcome.fail, outcome.fault);
}

/// All that it runs on: who is away would only hold it up.
bool Scheduler::workers_here(const JobRun& run) const {
  const auto open = run.tasks_at(TaskRun::At::open);
  return std::all_of(open.begin(), open.end(), [&](TaskRef ref) {
    const auto worker = workers_.find(run.task(ref).worker);
    return worker != workers_.end() && worker->second.here && !worker->second.leaving;
  });
}

/// One message for all of a worker's.
template <class Message>
void Scheduler::send_to_each(const JobRun& run, const std::vector<TaskRef>& tasks, const Message& message) {
  std::map<std::string, Message> messages;
  for (const TaskRef ref : tasks) {
    const TaskRun& task = run.task(ref);
    const auto worker = workers_.find(task.worker);
    if (task.at != TaskRun::At::open || worker == workers_.end() || !worker->second.here) continue;
    messages.try_emplace(task.worker, message).first->second.attempts.push_back(run.attempt_of(ref));
  }
  for (auto& [worker, each] : messages) send(worker, std::move(each));
}

/// They are stopped, and that is their failure.
void Scheduler::fail_tasks(JobRun& run, const std::vector<TaskRef>& tasks, const std::string& fault) {
  for (const TaskRef ref : tasks) {
    TaskRun& task = run.task(ref);
    if (task.at != TaskRun::At::open || task.stopping || task.ending) continue;
    task.fault = fault;
    stop_task(run, ref);
  }
}

void Scheduler::look_at_checkpoints(Clocks clocks, const jobs::ClusterState& state, const std::string& id) {
  Job* const job = find(id);
  if (job == nullptr || !job->run || job->status != model::JobStatus::running) return;
  if (!job->checkpoints)
    job->checkpoints.emplace(jobs::checkpoint_policy(job->run->spec(), limits_.checkpoints), job->run->id(),
                             clocks.now);
  jobs::Checkpoints& checkpoints = *job->checkpoints;
  // What a leader finds when it wakes was said before: nobody is late before a beat has given them that time.
  const Time now = std::min<Time>(clocks.now, last_beat_ + limits_.late);
  auto wish = checkpoints.step(now, clocks.wall, *job->run, book_of(state, *job->run));
  // It is wished again in a moment.
  auto* const begin = std::get_if<jobs::BeginCheckpoint>(&wish);
  if (begin != nullptr && workers_here(*job->run)) orders_.changes.emplace_back(std::move(*begin));
  if (auto* const complete = std::get_if<jobs::CompleteCheckpoint>(&wish))
    orders_.changes.emplace_back(std::move(*complete));
  if (auto* const give_up = std::get_if<jobs::GiveUpCheckpoint>(&wish))
    orders_.changes.emplace_back(std::move(*give_up));
  if (checkpoints.wake_at() == job->checkpoint_at) return;
  checkpoint_wakes_.erase({job->checkpoint_at, id});
  job->checkpoint_at = checkpoints.wake_at();
  if (job->checkpoint_at != Time::max()) checkpoint_wakes_.emplace(job->checkpoint_at, id);
}

void Scheduler::wake_checkpoints(Clocks clocks) {
  while (!checkpoint_wakes_.empty() && checkpoint_wakes_.begin()->first <= clocks.now) {
    const std::string id = checkpoint_wakes_.begin()->second;
    checkpoint_wakes_.erase(checkpoint_wakes_.begin());
    jobs_.at(id).checkpoint_at = Time::max();
    touched_.insert(id);
  }
}

/// A worker is back: what it was asked, or has answered, may have been lost with its connection.
void Scheduler::ask_again(const std::string& id) {
  std::map<std::string, std::vector<TaskRef>> tasks;
  for (const auto& [job_id, ref] : workers_.at(id).tasks) {
    const Job* const job = find(job_id);
    if (job != nullptr && job->run && job->checkpoints && job->checkpoints->wanted_of(ref) != 0)
      tasks[job_id].push_back(ref);
  }
  for (const auto& [job_id, refs] : tasks) {
    const Job& job = jobs_.at(job_id);
    send_to_each(*job.run, refs, request_of(*job.checkpoints, job.checkpoints->wanted_of(refs.front())));
  }
}

void Scheduler::take(WallMs wall, const jobs::ClusterState& state, const std::string& worker,
                     const link::CheckpointAnswer& answer) {
  const JobRun* const run = holder(state, worker, answer.attempt);
  if (run == nullptr) return;
  Job& job = jobs_.at(run->id().text());
  if (!job.checkpoints) return;
  const TaskRef ref = answer.attempt.task;
  if (answer.declined)
    job.checkpoints->decline(*run, ref, answer.attempt.number, answer.number, answer.text);
  else
    job.checkpoints->acknowledge({ref, answer.attempt.number, wall, answer.size, answer.text}, answer.number);
  touched_.insert(run->id().text());
}

}  // namespace stellwerk::master
