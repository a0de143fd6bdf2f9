/// The AsyncBlobStore of a real master: a blocking BlobStore behind two small pools of threads.
#pragma once

#include <stellwerk/blob_store.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/async_blob_store.h"
#include "base/executor.h"
#include "storage/worker_pool.h"

namespace stellwerk::storage {

/// Without a number of threads: enough to have reads of a journal in flight while a put waits for the disk.
inline constexpr std::size_t kStorageThreads = 8;
/// For run(): computing goes on while the storage hangs.
inline constexpr std::size_t kComputeThreads = 2;
/// Operations on the store that wait or run; one more is answered at once: not_done or unavailable.
inline constexpr std::size_t kStorageOperationsMax = 16'384;

/// Constructed, called and destroyed on the executor's thread. `store` and `executor` outlive this.
/// The destructor drops handlers unrun, on the calling thread, and waits for calls that have begun:
/// with a store that hangs it hangs too, so main ends the process without it then (app/exit_deadline.h).
class PooledBlobStore : public AsyncBlobStore {
 public:
  /// `threads`, at least 1, call the store: so many calls are under way at the same time.
  PooledBlobStore(BlobStore& store, Executor& executor, std::size_t threads = kStorageThreads);
  ~PooledBlobStore() override;

  void put(std::string name, std::function<std::string()> make, Handler<PutResult> done) override;
  void get(std::string name, Handler<Result<std::string>> done) override;
  void list(std::string prefix, Handler<Result<std::vector<BlobInfo>>> done) override;
  void remove(std::string name, Handler<Result<void>> done) override;
  void probe(Handler<Result<void>> done) override;
  void run(std::function<void()> work, std::function<void()> done) override;

 private:
  /// Touched on the executor only, but for being copied: tells late completions that nobody is left.
  struct Alive {
    bool yes = true;
  };
  template <class T>
  void ask(std::function<T()> call, T when_full, Handler<T> done);
  void hand_over(WorkerPool& pool, std::function<void()> work, std::function<void()> finish);
  void complete(std::uint64_t id);

  BlobStore& store_;
  Executor& executor_;
  std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
  /// Handlers never leave the executor's thread: the pools know only their numbers.
  std::unordered_map<std::uint64_t, std::function<void()>> waiting_;
  std::uint64_t next_ = 1;
  WorkerPool computing_{kComputeThreads};
  WorkerPool storing_;
};

}  // namespace stellwerk::storage
