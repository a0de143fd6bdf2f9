/// A shared storageDir on virtual time: one disk, and one client of it per process, each with its own
/// faults. Holds the AsyncBlobStore contract exactly, so that a fault is always one it allows.
#pragma once

#include <map>
#include <random>
#include <set>
#include <string>

#include "base/async_blob_store.h"
#include "support/sim_executor.h"

namespace stellwerk::test {

/// What is durable. Files are written whole or not at all, as the port promises; damage comes from
/// outside, through damage() and drop().
class SimDisk {
 public:
  struct File {
    std::string bytes;
    WallMs modified_ms = 0;
  };

  const std::map<std::string, File>& files() const { return files_; }
  bool has(const std::string& name) const { return files_.contains(name); }

  /// The store's own rule: never replaces.
  PutOutcome put(const std::string& name, const std::string& bytes, WallMs now);
  void remove(const std::string& name) { files_.erase(name); }

  /// Flips a bit of a byte of the file.
  void damage(const std::string& name, std::size_t at);
  void drop(const std::string& name) {
    files_.erase(name);
    dropped_.insert(name);
  }
  bool was_dropped(const std::string& name) const { return dropped_.contains(name); }
  /// Cuts the file to its first `bytes` bytes.
  void tear(const std::string& name, std::size_t bytes);
  /// Names that were removed through the port: none may ever be put again (P4).
  const std::map<std::string, int>& removed() const { return removed_; }
  void note_removed(const std::string& name) { ++removed_[name]; }

 private:
  std::map<std::string, File> files_;
  std::map<std::string, int> removed_;
  std::set<std::string> dropped_;
};

/// Chances per operation, 0 to 1.
struct SimStorageFaults {
  double unavailable = 0;    ///< nothing happens
  double not_done = 0;       ///< put: certainly not
  double unknown_done = 0;   ///< put: happens now, the answer is lost
  double unknown_late = 0;   ///< put: the answer is lost, it happens later
  double unknown_never = 0;  ///< put: the answer is lost, it never happens
  bool full = false;         ///< put: no space
  bool broken = false;       ///< everything is unavailable (a missing mount)
  bool hangs = false;        ///< nothing is answered, and nothing happens, until it is over
  Duration delay_min = std::chrono::microseconds(100);
  Duration delay_max = std::chrono::milliseconds(5);
  Duration late = std::chrono::seconds(3);
};

class SimBlobClient : public AsyncBlobStore {
 public:
  SimBlobClient(SimTime& time, SimExecutor& executor, SimDisk& disk, std::mt19937_64& random, SimStorageFaults& faults)
      : time_(time), executor_(executor), disk_(disk), random_(random), faults_(faults) {}

  void put(std::string name, std::function<std::string()> make, Handler<PutResult> done) override;
  void get(std::string name, Handler<Result<std::string>> done) override;
  void list(std::string prefix, Handler<Result<std::vector<BlobInfo>>> done) override;
  void remove(std::string name, Handler<Result<void>> done) override;
  void probe(Handler<Result<void>> done) override;
  void run(std::function<void()> work, std::function<void()> done) override;

 private:
  bool chance(double p) { return p > 0 && std::uniform_real_distribution<>(0, 1)(random_) < p; }
  Duration delay();
  /// The effect takes place on the disk's side even if the process dies meanwhile.
  void at_disk(std::function<void()> effect, std::function<void()> done);

  SimTime& time_;
  SimExecutor& executor_;
  SimDisk& disk_;
  std::mt19937_64& random_;
  SimStorageFaults& faults_;
};

}  // namespace stellwerk::test
