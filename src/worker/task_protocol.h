/// What goes into a worker's machine for tasks and what comes out: plain values, no behaviour.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "worker/protocol.h"
#include "worker/task_folders.h"
#include "worker/task_runner.h"

namespace stellwerk::worker {

/// Tells one attempt from all others of this process. 0 is none.
using TaskId = std::uint64_t;

namespace event {

/// The end of effect::Prepare.
struct Prepared {
  TaskId task = 0;
  Result<std::map<std::string, std::int64_t>> ports;  ///< number by name
};
/// The end of effect::Launch.
struct Launched {
  TaskId task = 0;
  Result<void> result;
  std::int64_t pid = 0;
};
/// One line of a task's control channel.
struct Line {
  TaskId task = 0;
  std::string text;
};
struct Exited {
  TaskId task = 0;
  TaskExit exit;
};

}  // namespace event

namespace effect {

/// Make the task's folder, with what the job brings along, and find it a free port for each name; tell event::Prepared.
struct Prepare {
  TaskId task = 0;
  model::AttemptId attempt;
  TaskNeeds needs;
};
/// Start its process, in its folder; tell event::Launched, and, if that went well, Exited in the end. `folder` and
/// `output` are the performer's to fill in.
struct Launch {
  TaskId task = 0;
  worker::Launch launch;
};
/// To its group.
struct Signal {
  TaskId task = 0;
  int signal = 0;
};
/// On its control channel.
struct Say {
  TaskId task = 0;
  std::string line;
};
/// Nothing of it is needed any more: its folder and its ports may go.
struct Discard {
  TaskId task = 0;
};
/// Outlives this process, though not the host: it has ended, and no leader knows yet.
struct KeepEnd {
  link::TaskEnded ended;
};
struct ForgetEnd {
  model::AttemptId attempt;
};

}  // namespace effect

using TaskEvent = std::variant<event::Prepared, event::Launched, event::Line, event::Exited>;
using TaskEffect = std::variant<effect::Prepare, effect::Launch, effect::Signal, effect::Say, effect::Discard,
                                effect::KeepEnd, effect::ForgetEnd, effect::Note>;

}  // namespace stellwerk::worker
