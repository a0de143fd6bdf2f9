/// The artifacts that a worker has on its disk: fetched once however many tasks wait, shared by all that run, and kept
/// for the next ones as long as there is room.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "artifacts/artifact_folder.h"
#include "base/executor.h"
#include "storage/worker_pool.h"
#include "worker/artifacts.h"

namespace stellwerk::artifacts {

struct CacheOptions {
  std::uint64_t bytes_max = 0;  ///< as they lie on the disk; what tasks use counts, and stays even beyond it
  /// A sentence for the log. May be empty.
  std::function<void(const std::string&)> note;
};

/// On the executor; the disk is only touched on a thread of its own. `executor`, `source` and `folder`, which nobody
/// else uses, outlive it.
class Cache : public worker::Artifacts {
 public:
  /// So many are fetched, or wait in memory to be unpacked, at a time: each has up to model::kArtifactBytesMax.
  static constexpr std::size_t kFetchesMax = 2;

  Cache(Executor& executor, worker::ArtifactSource& source, const ArtifactFolder& folder, CacheOptions options);
  /// Waits for what its thread is doing.
  ~Cache() override;

  void take(const model::ArtifactRef& artifact, Done done) override;
  void release(const model::ArtifactRef& artifact) override;

  /// Of all that are complete.
  std::uint64_t bytes() const;

 private:
  struct Entry {
    bool complete = false;
    std::uint64_t bytes = 0;
    std::uint64_t used = 0;  ///< the last use, in order
    std::size_t uses = 0;    ///< tasks that have it
    std::vector<Done> waiting;
  };
  using Bytes = std::shared_ptr<const std::string>;

  /// On the thread; what it makes is handed to `then` on the executor, unless this is gone by then.
  template <class Made>
  void on_disk(std::function<Made()> work, std::function<void(Made)> then);
  void opened(const Result<std::vector<ArtifactFolder::Kept>>& kept);
  void fetch_more();
  void fetched(const model::ArtifactRef& artifact, Result<std::string> bytes);
  void store(const model::ArtifactRef& artifact, const Bytes& bytes, bool again);
  void stored(const model::ArtifactRef& artifact, const Bytes& bytes, bool again, const Result<std::uint64_t>& size);
  void give(const std::string& key, Entry& entry);
  void fail(const model::ArtifactRef& artifact, const Error& error);
  /// Removes what nobody uses, longest unused first, until at most so much is left. Says how much went. `why` stands in
  /// the log.
  std::uint64_t evict(std::uint64_t bytes_max, const std::string& why);
  void keep_limit();
  void note(const std::string& text) const;

  Executor& executor_;
  worker::ArtifactSource& source_;
  const CacheOptions options_;
  const ArtifactFolder& folder_;
  bool open_ = false;
  std::map<std::string, Entry> entries_;    ///< by key
  std::vector<model::ArtifactRef> wanted_;  ///< to be fetched, in this order
  std::size_t fetching_ = 0;
  std::uint64_t uses_ = 0;
  /// On the executor: completions that come when this is gone find false.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  storage::WorkerPool thread_{1};
};

}  // namespace stellwerk::artifacts
