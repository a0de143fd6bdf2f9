/// A BlobStore that fails as asked, around one that works: what callers must live with.
#pragma once

#include <stellwerk/blob_store.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <vector>

namespace stellwerk::test {

/// What becomes of one call. Reads that fail are `unavailable`.
enum class Fault {
  none,
  refused,       ///< nothing happens, and the caller is told so
  full,          ///< as refused, with no_space; reads work
  lost_request,  ///< nothing happens; a writer is told `unknown`
  lost_reply,    ///< it happens; a writer is told `unknown`
  late,          ///< a writer is told `unknown`; it happens right before the next call
  // Of stores that break the contract, for readers that must notice:
  torn,      ///< put: a prefix stands under the name, and the writer is told `unknown`; get: a prefix comes back
  unsynced,  ///< put: `ok`, but a crash() takes it back
};

/// How many of a thousand calls meet each fault.
struct FaultRates {
  unsigned refused = 0;
  unsigned full = 0;
  unsigned lost_request = 0;
  unsigned lost_reply = 0;
  unsigned late = 0;
};

/// May be called from several threads, as any store. `inner` outlives it.
class FaultyBlobStore : public BlobStore {
 public:
  explicit FaultyBlobStore(BlobStore& inner) : inner_(inner) {}

  /// The next calls meet these, one each; later ones go by the rates.
  void next(std::initializer_list<Fault> faults);
  /// Faults by chance, a function of the seed and the order of calls. No rates: none.
  void set_rates(std::uint64_t seed, FaultRates rates);
  /// The process (or its disk's power) dies: what is late never happens, what was unsynced is gone.
  void crash();

  PutResult put(std::string_view name, std::string_view bytes) override;
  Result<std::string> get(std::string_view name) override;
  Result<std::string> get_range(std::string_view name, std::uint64_t offset, std::uint64_t bytes) override;
  Result<std::vector<BlobInfo>> list(std::string_view prefix) override;
  Result<void> remove(std::string_view name) override;
  Result<void> probe() override;
  std::string describe() const override { return inner_.describe(); }

 private:
  /// What this call meets; performs what was late.
  Fault begin_call();
  std::uint64_t random();
  Result<std::string> cut_if(bool torn, Result<std::string> bytes);

  BlobStore& inner_;
  std::mutex mutex_;
  std::deque<Fault> script_;
  FaultRates rates_;
  std::uint64_t random_state_ = 0;
  std::vector<std::function<void()>> late_;
  std::vector<std::string> unsynced_;
};

}  // namespace stellwerk::test
