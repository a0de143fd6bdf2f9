/// A worker's memory in its own folder, written on a thread of its own: a disk that hangs does not hang the worker.
#pragma once

#include <memory>

#include "base/executor.h"
#include "identity/worker_folder.h"
#include "storage/worker_pool.h"
#include "worker/memory.h"

namespace stellwerk::identity {

/// `executor` and `folder` outlive it; while it lives nobody else uses the folder.
class DiskMemory : public worker::Memory {
 public:
  /// Most that wait for the disk.
  static constexpr int kWaitingMax = 16;

  DiskMemory(Executor& executor, WorkerFolder& folder) : executor_(executor), folder_(folder), thread_(1) {}
  /// Waits for a write that is under way, as long as the disk takes.
  ~DiskMemory() override { *alive_ = false; }

  void remember(const worker::Place& place, Done done) override;

 private:
  Executor& executor_;
  WorkerFolder& folder_;
  int waiting_ = 0;  ///< on the executor
  /// On the executor too: who still waits when this goes is not called.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  storage::WorkerPool thread_;
};

}  // namespace stellwerk::identity
