/// A BlobStore in this process' memory: for tests, and for high-availability.type NONE without a
/// storageDir, where nothing outlives the process and the log says so.
#pragma once

#include <stellwerk/blob_store.h>

#include <map>
#include <mutex>
#include <string>

namespace stellwerk::storage {

/// Bytes that a MemoryBlobStore holds unless told otherwise; more is "full".
inline constexpr std::size_t kMemoryStoreBytesMax = std::size_t{1} << 30;

/// May be called from several threads. "Durable" here means: as long as this object.
class MemoryBlobStore : public BlobStore {
 public:
  explicit MemoryBlobStore(std::size_t bytes_max = kMemoryStoreBytesMax) : bytes_max_(bytes_max) {}

  PutResult put(std::string_view name, std::string_view bytes) override;
  Result<std::string> get(std::string_view name) override;
  Result<std::string> get_range(std::string_view name, std::uint64_t offset, std::uint64_t bytes) override;
  Result<std::vector<BlobInfo>> list(std::string_view prefix) override;
  Result<void> remove(std::string_view name) override;
  Result<void> probe() override;
  std::string describe() const override { return "memory"; }

 private:
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> files_;
  std::size_t bytes_ = 0;
};

}  // namespace stellwerk::storage
