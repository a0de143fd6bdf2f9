#include "worker/tasks.h"

/// What processes say of themselves on their control channels.
namespace stellwerk::worker {
namespace {

std::string name_of(const link::StartTask& start) {
  return "Task " + start.vertex + " (" + std::to_string(start.attempt.task.subtask + 1) + "/" +
         std::to_string(start.parallelism) + ") of job " + start.attempt.job.text();
}

/// Why it takes no checkpoint, and what it would have to do.
std::string unaware_text(bool heard) {
  return std::string(heard ? "the hello on its control channel does not name the word checkpoint"
                           : "it has said no hello on its control channel, which would name the word checkpoint") +
         "; docs/job-spec.md says how a process takes part";
}

}  // namespace

void Tasks::on(Clocks clocks, const event::Line& e) {
  Task* const task = find(e.task);
  if (task == nullptr) return;
  const auto word = parse_control_line(e.text);
  if (word.has_error()) return tell_fault(*task, word.error().text);
  std::visit([&](const auto& each) { hear(clocks, e.task, *task, each); }, *word);
}

/// Once for each process: it may say the same a thousand times a second.
void Tasks::tell_fault(Task& task, const std::string& why) {
  if (std::exchange(task.fault_told, true)) return;
  emit(effect::Note{NoteLevel::warn, name_of(task.start) +
                                         " said on its control channel what is not understood, and left out as "
                                         "whatever else like it: " +
                                         why});
}

void Tasks::hear(Clocks clocks, TaskId id, Task& task, const said::Hello& word) {
  const bool before = std::exchange(task.will_be_ready, word.words.contains("ready"));
  task.heard = true;
  task.answers = word.words.contains("checkpoint") || word.words.contains("ack");
  if (before != task.will_be_ready && !task.ready) pass_on(clocks.now, id, task);
  ask_checkpoint(clocks.now, id, task);
}

void Tasks::hear(Clocks clocks, TaskId id, Task& task, const said::Ready&) {
  if (std::exchange(task.ready, true) || !task.will_be_ready) return;
  task.since = clocks.now;
  pass_on(clocks.now, id, task);
  ask_checkpoint(clocks.now, id, task);
}

void Tasks::hear(Clocks clocks, TaskId id, Task& task, const said::Progress& word) {
  if (std::exchange(task.progress, word.text) != word.text) pass_on(clocks.now, id, task);
}

void Tasks::hear(Clocks clocks, TaskId id, Task& task, const said::Advertise& word) {
  if (!task.ports.contains(word.port))
    return tell_fault(task, "\"port\" of advertise is " + word.port + ", which is no port of its vertex");
  if (std::exchange(task.advertised[word.port], word.address) != word.address) pass_on(clocks.now, id, task);
}

// ---- checkpoints ----

/// It may come again, after a connection that may have taken the answer along.
void Tasks::take(Clocks clocks, const link::TakeCheckpoint& message) {
  for (const auto& attempt : message.attempts) {
    Task* const task = find(attempt);
    if (task == nullptr || task->silent) continue;
    if (task->checkpoint >= message.number) {
      if (task->answer && task->checkpoint == message.number) messages_.emplace_back(*task->answer);
      continue;
    }
    task->checkpoint = message.number;
    task->answer.reset();
    task->checkpoint_waits = true;
    task->wished = message.wished;
    ask_checkpoint(clocks.now, ids_.at(attempt), *task);
  }
}

/// Who restores first may not know yet what a checkpoint would have to hold: it says so in its hello, which has to be
/// heard before, and is asked when it is ready. Who is being started is asked after that. Who is being stopped never
/// is: its end gives the checkpoint up, and that is nobody's failure, as an answer of ours would be.
void Tasks::ask_checkpoint(Time now, TaskId id, Task& task) {
  if (!task.checkpoint_waits || task.pid == 0 || task.stopping) return;
  if (!task.heard && now < task.mute_at) {
    mute_.emplace(task.mute_at, id);
    return;
  }
  mute_.erase({task.mute_at, id});
  // Whoever wished for it would hear only after the timeout that nobody here has ever heard of checkpoints.
  if (task.wished && !task.answers) {
    task.checkpoint_waits = false;
    return answer_checkpoint(task, {task.start.attempt, task.checkpoint, true, unaware_text(task.heard), 0});
  }
  if (task.will_be_ready && !task.ready) return;
  task.checkpoint_waits = false;
  emit(effect::Say{id, checkpoint_line(task.checkpoint)});
}

void Tasks::ask_mute(Time now) {
  while (!mute_.empty() && mute_.begin()->first <= now) {
    const TaskId id = mute_.begin()->second;
    mute_.erase(mute_.begin());
    ask_checkpoint(now, id, tasks_.at(id));
  }
}

void Tasks::take(const link::CheckpointCompleted& message) {
  for (const auto& attempt : message.attempts) {
    Task* const task = find(attempt);
    if (task == nullptr || task->silent || task->pid == 0 || task->stopping) continue;
    if (task->checkpoint == message.number) task->answer.reset();
    emit(effect::Say{ids_.at(attempt), completed_line(message.number, message.oldest)});
  }
}

void Tasks::hear(Clocks, TaskId, Task& task, const said::Ack& word) {
  answer_checkpoint(task, {task.start.attempt, word.checkpoint, false, word.handle, word.size});
}

void Tasks::hear(Clocks, TaskId, Task& task, const said::Decline& word) {
  answer_checkpoint(task, {task.start.attempt, word.checkpoint, true, word.reason, 0});
}

/// The first one counts; to another number than the last it comes too late.
void Tasks::answer_checkpoint(Task& task, link::CheckpointAnswer answer) {
  if (answer.number != task.checkpoint || task.answer || task.silent) return;
  messages_.emplace_back(answer);
  task.answer = std::move(answer);
}

// ---- to the leader ----

/// At once, unless it says very much.
void Tasks::pass_on(Time now, TaskId id, Task& task) {
  if (task.words_wait || task.silent) return;
  if (now - task.words_since >= kWordsEvery) {
    task.words_since = now;
    task.words = 0;
  }
  if (task.words >= kWordsMax) {
    task.words_wait = true;
    untold_.emplace(task.words_since + kWordsEvery, id);
    return;
  }
  ++task.words;
  messages_.emplace_back(report_of(now, task));
}

void Tasks::pass_on_late(Time now) {
  while (!untold_.empty() && untold_.begin()->first <= now) {
    const TaskId id = untold_.begin()->second;
    untold_.erase(untold_.begin());
    Task& task = tasks_.at(id);
    task.words_wait = false;
    pass_on(now, id, task);
  }
}

void Tasks::tell_peers(TaskId id, Task& task, std::map<std::string, std::string> peers) {
  for (const auto& [variable, value] : peers) {
    const auto before = task.peers.find(variable);
    if (before == task.peers.end() || before->second != value) emit(effect::Say{id, peer_line(variable, value)});
  }
  task.peers = std::move(peers);
}

}  // namespace stellwerk::worker
