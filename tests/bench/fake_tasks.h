/// What a worker's driver works with where only its words count: tasks without processes, folders or disk.
#pragma once

#include <map>
#include <memory>

#include "base/executor.h"
#include "worker/memory.h"
#include "worker/task_folders.h"
#include "worker/task_runner.h"

namespace stellwerk::bench {

/// Everything succeeds at once; a task runs until it is signalled. On the executor; outlives the tasks.
class FakeTasks : public worker::TaskRunner,
                  public worker::TaskFolders,
                  public worker::AttemptBook,
                  public worker::Memory {
 public:
  explicit FakeTasks(Executor& executor) : executor_(executor) {}

  std::size_t running() const { return *running_; }

  Result<std::unique_ptr<worker::TaskProcess>> start(const worker::Launch& launch,
                                                     worker::TaskHandler handler) override;
  void prepare(const model::AttemptId& attempt, const worker::TaskNeeds& needs,
               worker::TaskFolders::Done done) override;
  void release(const model::AttemptId&) override {}
  void discard(const model::AttemptId&) override {}
  void runs(const model::AttemptId&, std::int64_t, std::int64_t) override {}
  void ended(const link::TaskEnded&) override {}
  void forget(const model::AttemptId&) override {}
  void remember(const worker::Place& place, worker::Memory::Done done) override;

 private:
  Executor& executor_;
  std::int64_t last_pid_ = 0;
  std::shared_ptr<std::size_t> running_ = std::make_shared<std::size_t>(0);
};

}  // namespace stellwerk::bench
