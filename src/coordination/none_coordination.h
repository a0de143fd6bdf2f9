/// Type `NONE`: one master.
///
/// With a storageDir it is as type local, but a second master is refused, and told who holds the
/// folder. Without one there is no service at all: the head lives in this process' memory, and
/// promises P3 and P5 (docs/architecture.md) end with it.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/executor.h"
#include "coordination/local_folder.h"

namespace stellwerk::coordination {

/// NONE with a storageDir. `executor` outlives it.
std::unique_ptr<Coordination> make_single_coordination(Executor& executor, LocalPlace place);

/// The sentence to log at the start if the folder is on a file system that other hosts may share:
/// locks may not reach them. None if it is local or cannot be looked at.
std::optional<std::string> single_master_warning(const LocalPlace& place);

/// The head of a process without a storageDir. Outlives the coordinations that use it, one at a time.
struct MemoryRegister {
  HeadReading head;
  std::int64_t generation = 0;
};

/// NONE without a storageDir. `executor` and `memory` outlive it. Everything succeeds in the next turn.
class MemoryCoordination : public Coordination {
 public:
  MemoryCoordination(Executor& executor, MemoryRegister& memory) : executor_(executor), memory_(memory) {}
  ~MemoryCoordination() override;
  MemoryCoordination(const MemoryCoordination&) = delete;
  MemoryCoordination& operator=(const MemoryCoordination&) = delete;

  void start(CoordinationListener& listener) override;
  void join(const Candidate& candidate) override;
  void leave(Handler done) override;
  void read_head(ReadHandler done) override;
  void write_head(std::string bytes, HeadVersion expected, WriteHandler done) override;
  void announce(std::string leader_json) override;
  void erase_cluster(std::function<void(Result<void>)> done) override;
  void close(Handler done) override;

 private:
  void later(std::function<void()> task);
  void tell_members();
  void contact();
  WriteResult write(std::string bytes, HeadVersion expected);

  Executor& executor_;
  MemoryRegister& memory_;
  CoordinationListener* listener_ = nullptr;
  std::optional<Candidate> candidate_;
  Executor::TimerId timer_ = 0;
  bool closed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stellwerk::coordination
