/// What every BlobStore must do (include/stellwerk/blob_store.h), as tests that run on all of them.
///
/// An implementation's test program links blob_store_contract, implements BlobStoreWorld and says, in
/// namespace stellwerk::test,
///   INSTANTIATE_TEST_SUITE_P(File, BlobStoreContract, testing::Values(BlobStoreCase{...}));
#pragma once

#include <gtest/gtest.h>
#include <stellwerk/blob_store.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace stellwerk::test {

/// One empty place for files, and two processes that use it.
class BlobStoreWorld {
 public:
  virtual ~BlobStoreWorld() = default;
  virtual BlobStore& store() = 0;
  /// The same place as another master sees it; may be the same object.
  virtual BlobStore& other() = 0;
};

struct BlobStoreCase {
  std::string name;
  std::function<std::unique_ptr<BlobStoreWorld>()> make_world;

  friend std::ostream& operator<<(std::ostream& out, const BlobStoreCase& c) { return out << c.name; }
};

class BlobStoreContract : public testing::TestWithParam<BlobStoreCase> {
 protected:
  BlobStoreContract() : world_(GetParam().make_world()) {}

  BlobStore& store() { return world_->store(); }
  BlobStore& other() { return world_->other(); }
  void put_ok(const std::string& name, const std::string& bytes);
  std::vector<std::string> names(BlobStore& from, const std::string& prefix);

  std::unique_ptr<BlobStoreWorld> world_;
};

}  // namespace stellwerk::test
