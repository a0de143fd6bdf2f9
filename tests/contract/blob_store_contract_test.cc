#include "contract/blob_store_contract.h"

#include <string>

#include "storage/file_blob_store.h"
#include "storage/memory_blob_store.h"
#include "support/faulty_blob_store.h"
#include "support/temp_dir.h"

namespace stellwerk::test {
namespace {

class MemoryWorld : public BlobStoreWorld {
 public:
  BlobStore& store() override { return store_; }
  BlobStore& other() override { return store_; }

 private:
  storage::MemoryBlobStore store_;
};

class FileWorld : public BlobStoreWorld {
 public:
  BlobStore& store() override { return store_; }
  BlobStore& other() override { return other_; }

 private:
  TempDir dir_;
  const storage::StorageLocation location_{dir_.path().string(), "team/default"};
  storage::FileBlobStore store_{location_};
  storage::FileBlobStore other_{location_};
};

/// The fault wrapper without faults: it must be a store itself, or it would prove nothing.
template <class Inner>
class WrappedWorld : public BlobStoreWorld {
 public:
  BlobStore& store() override { return store_; }
  BlobStore& other() override { return other_; }

 private:
  Inner inner_;
  FaultyBlobStore store_{inner_.store()};
  FaultyBlobStore other_{inner_.other()};
};

template <class World>
BlobStoreCase blob_store_case(std::string name) {
  return {std::move(name), [] { return std::make_unique<World>(); }};
}

std::string case_name(const testing::TestParamInfo<BlobStoreCase>& info) {
  return info.param.name;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Stores, BlobStoreContract,
                         testing::Values(blob_store_case<MemoryWorld>("Memory"), blob_store_case<FileWorld>("File"),
                                         blob_store_case<WrappedWorld<MemoryWorld>>("WrappedMemory"),
                                         blob_store_case<WrappedWorld<FileWorld>>("WrappedFile")),
                         case_name);

}  // namespace stellwerk::test
