#include "storage/pooled_blob_store.h"

#include <optional>
#include <utility>

namespace stellwerk::storage {
namespace {

Error too_busy() {
  return make_error(Errc::unavailable, "the storage does not keep up: " + std::to_string(kStorageOperationsMax) +
                                           " operations wait for it");
}

}  // namespace

PooledBlobStore::PooledBlobStore(BlobStore& store, Executor& executor, std::size_t threads)
    : store_(store), executor_(executor), storing_(threads) {}

PooledBlobStore::~PooledBlobStore() {
  alive_->yes = false;
}

void PooledBlobStore::hand_over(WorkerPool& pool, std::function<void()> work, std::function<void()> finish) {
  const std::uint64_t id = next_++;
  waiting_.emplace(id, std::move(finish));
  pool.submit([this, id, work = std::move(work), &executor = executor_, alive = alive_] {
    work();
    executor.post([this, id, alive] {
      if (alive->yes) complete(id);
    });
  });
}

void PooledBlobStore::complete(std::uint64_t id) {
  auto finish = std::move(waiting_.extract(id).mapped());
  finish();
}

template <class T>
void PooledBlobStore::ask(std::function<T()> call, T when_full, Handler<T> done) {
  const auto slot = std::make_shared<std::optional<T>>();
  auto finish = [slot, done = std::move(done)] { done(std::move(**slot)); };
  if (waiting_.size() < kStorageOperationsMax) {
    hand_over(
        storing_, [slot, call = std::move(call)] { slot->emplace(call()); }, std::move(finish));
    return;
  }
  slot->emplace(std::move(when_full));
  executor_.post([alive = alive_, finish = std::move(finish)] {
    if (alive->yes) finish();
  });
}

void PooledBlobStore::put(std::string name, std::function<std::string()> make, Handler<PutResult> done) {
  ask<PutResult>([this, name = std::move(name), make = std::move(make)] { return store_.put(name, make()); },
                 {PutOutcome::not_done, too_busy()}, std::move(done));
}

void PooledBlobStore::get(std::string name, Handler<Result<std::string>> done) {
  ask<Result<std::string>>([this, name = std::move(name)] { return store_.get(name); }, too_busy(), std::move(done));
}

void PooledBlobStore::list(std::string prefix, Handler<Result<std::vector<BlobInfo>>> done) {
  ask<Result<std::vector<BlobInfo>>>([this, prefix = std::move(prefix)] { return store_.list(prefix); }, too_busy(),
                                     std::move(done));
}

void PooledBlobStore::remove(std::string name, Handler<Result<void>> done) {
  ask<Result<void>>([this, name = std::move(name)] { return store_.remove(name); }, too_busy(), std::move(done));
}

void PooledBlobStore::probe(Handler<Result<void>> done) {
  ask<Result<void>>([this] { return store_.probe(); }, too_busy(), std::move(done));
}

void PooledBlobStore::run(std::function<void()> work, std::function<void()> done) {
  hand_over(computing_, std::move(work), std::move(done));
}

}  // namespace stellwerk::storage
