/// A BlobStore as the master's loop sees it: nothing blocks, completions come on the executor.
///
/// In production a pool of threads stands behind it (storage/pooled_blob_store.h), in the simulator
/// virtual time. `work` lets costly pure functions (decoding, encoding, hashing) run off the loop.
#pragma once

#include <stellwerk/blob_store.h>

#include <functional>
#include <string>
#include <vector>

namespace stellwerk {

/// Call only on the executor given at construction. Every handler runs exactly once, on that
/// executor, never from inside the call, unless the store is destroyed first: then it is dropped.
/// Operations may complete in any order. Waiting operations are bounded by the callers' own limits.
class AsyncBlobStore {
 public:
  template <class T>
  using Handler = std::function<void(T)>;

  virtual ~AsyncBlobStore() = default;

  /// See BlobStore for the meaning of each; `bytes` is made off the loop by calling `make`, which
  /// must be pure and own (or share) all it uses.
  virtual void put(std::string name, std::function<std::string()> make, Handler<PutResult> done) = 0;
  virtual void get(std::string name, Handler<Result<std::string>> done) = 0;
  virtual void list(std::string prefix, Handler<Result<std::vector<BlobInfo>>> done) = 0;
  virtual void remove(std::string name, Handler<Result<void>> done) = 0;
  virtual void probe(Handler<Result<void>> done) = 0;

  /// Runs `work` off the loop, then `done` on the executor. `work` must not touch the loop's state.
  virtual void run(std::function<void()> work, std::function<void()> done) = 0;
};

}  // namespace stellwerk
