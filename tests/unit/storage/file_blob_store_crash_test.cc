/// Every system call of a put, failing in every way: what the store says must be what is.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "storage/file_blob_store.h"
#include "support/faulty_file_calls.h"
#include "support/temp_dir.h"

namespace stellwerk::storage {
namespace {

using test::FaultyFileCalls;
using When = FaultyFileCalls::When;

constexpr char kName[] = "blobs/ab/name";
constexpr char kBytes[] = "the bytes";
constexpr std::uint64_t kCallsMax = 100;

/// One place, a store whose calls can fail, and a look at it from outside.
struct Place {
  Place() {
    auto own = std::make_unique<FaultyFileCalls>();
    calls = own.get();
    store = std::make_unique<FileBlobStore>(location, std::move(own));
  }
  PutResult put() { return store->put(kName, kBytes); }
  /// As another process reads it.
  std::optional<std::string> found() const {
    FileBlobStore other(location);
    const auto bytes = other.get(kName);
    if (bytes) return *bytes;
    EXPECT_EQ(bytes.error().code, Errc::not_found) << bytes.error().text;
    return std::nullopt;
  }

  test::TempDir dir{test::TempDir::On::memory};
  StorageLocation location{dir.path().string(), "default"};
  FaultyFileCalls* calls = nullptr;
  std::unique_ptr<FileBlobStore> store;
};

void expect_honest(const PutResult& said, const std::optional<std::string>& found) {
  switch (said.outcome) {
    case PutOutcome::ok: EXPECT_EQ(found, kBytes); break;
    case PutOutcome::not_done: EXPECT_EQ(found, std::nullopt); break;
    case PutOutcome::exists: ADD_FAILURE() << "nobody else writes this name"; break;
    case PutOutcome::unknown: EXPECT_TRUE(!found || *found == kBytes); break;
  }
  EXPECT_EQ(said.error.text.empty(), said.outcome == PutOutcome::ok);
}

/// Runs `scenario(place)` with call 1, 2, ... failing, until that call is not reached any more.
template <class Scenario>
void for_each_call(int error, When when, Scenario scenario) {
  for (std::uint64_t n = 1;; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + ", errno " + std::to_string(error));
    Place place;
    place.calls->fail(n, error, when);
    scenario(place);
    if (!place.calls->failed()) {
      EXPECT_GT(n, 8u) << "a put makes more calls than that";
      return;
    }
    ASSERT_LT(n, kCallsMax);
  }
}

class PutFaults : public testing::TestWithParam<int> {};

TEST_P(PutFaults, WhatIsSaidIsWhatIsAndTheSameAgainSettlesIt) {
  for (const When when : {When::before, When::after}) {
    SCOPED_TRACE(when == When::before ? "before the effect" : "after the effect");
    for_each_call(GetParam(), when, [](Place& place) {
      const PutResult said = place.put();
      expect_honest(said, place.found());
      place.calls->heal();
      const PutResult again = place.put();
      EXPECT_EQ(again.outcome, PutOutcome::ok) << again.error.text;
      EXPECT_EQ(place.found(), kBytes);
    });
  }
}

TEST_P(PutFaults, AfterUnknownNothingIsCertainUntilItIsSettled) {
  int unknowns = 0;
  for_each_call(GetParam(), When::before, [&](Place& place) {
    const bool unknown = place.put().outcome == PutOutcome::unknown;
    place.calls->set_read_only(EROFS);
    const PutResult again = place.put();
    if (unknown) {
      ++unknowns;
      EXPECT_EQ(again.outcome, PutOutcome::unknown) << "the first attempt may stand";
    }
    place.calls->heal();
    EXPECT_EQ(place.put().outcome, PutOutcome::ok);
  });
  EXPECT_GT(unknowns, 0);
}

INSTANTIATE_TEST_SUITE_P(Errors, PutFaults, testing::Values(EIO, ENOSPC, EACCES, EROFS, ESTALE, ENOENT, EPERM));

TEST(FileStoreCrash, ADeadWriterLeavesAllOrNothing) {
  for_each_call(EIO, When::for_good, [](Place& place) {
    const PutResult said = place.put();
    expect_honest(said, place.found());
    FileBlobStore next(place.location);
    const auto listed = next.list("");
    ASSERT_TRUE(listed.has_value()) << listed.error().text;
    EXPECT_LE(listed->size(), 1u) << "what was begun is not seen";
    EXPECT_TRUE(next.probe().has_value());
    EXPECT_EQ(next.put(kName, kBytes).outcome, PutOutcome::ok);
    EXPECT_EQ(place.found(), kBytes);
  });
}

TEST(FileStoreCrash, WhatIsOkOutlivesThePower) {
  Place place;
  ASSERT_EQ(place.put().outcome, PutOutcome::ok);
  ASSERT_EQ(place.store->put("journal/a", "a").outcome, PutOutcome::ok);
  ASSERT_EQ(place.store->put("journal/b", "b").outcome, PutOutcome::ok);
  place.calls->lose_power();
  EXPECT_EQ(place.found(), kBytes);
  EXPECT_EQ(FileBlobStore(place.location).list("").value().size(), 3u);
}

TEST(FileStoreCrash, APowerCutAtAnyCallLeavesAllOrNothing) {
  for_each_call(EIO, When::for_good, [](Place& place) {
    const PutResult said = place.put();
    place.calls->lose_power();
    expect_honest(said, place.found());
    EXPECT_EQ(FileBlobStore(place.location).put(kName, kBytes).outcome, PutOutcome::ok);
  });
}

/// A writer was cut off between naming its file and syncing the folder; who finds the same bytes
/// there must not answer ok before they are durable.
TEST(FileStoreCrash, BytesThatStandUnsyncedAreSyncedBeforeOk) {
  for_each_call(EIO, When::for_good, [](Place& place) {
    (void)place.put();
    place.calls->heal();
    ASSERT_EQ(place.put().outcome, PutOutcome::ok);
    place.calls->lose_power();
    EXPECT_EQ(place.found(), kBytes);
  });
}

TEST(FileStoreCrash, WhatIsRemovedStaysRemoved) {
  Place place;
  ASSERT_EQ(place.put().outcome, PutOutcome::ok);
  ASSERT_TRUE(place.store->remove(kName).has_value());
  place.calls->lose_power();
  EXPECT_EQ(place.found(), std::nullopt);
}

TEST(FileStoreCrash, ARemoveIsHonestToo) {
  for (const When when : {When::before, When::after}) {
    for (std::uint64_t n = 1; n < 8; ++n) {
      Place place;
      ASSERT_EQ(place.put().outcome, PutOutcome::ok);
      place.calls->fail(n, EIO, when);
      const auto removed = place.store->remove(kName);
      if (removed) {
        EXPECT_EQ(place.found(), std::nullopt) << n;
      } else if (removed.error().code != Errc::unknown) {
        EXPECT_EQ(place.found(), kBytes) << n;
      }
      place.calls->heal();
      EXPECT_TRUE(place.store->remove(kName).has_value());
      EXPECT_EQ(place.found(), std::nullopt);
    }
  }
}

}  // namespace
}  // namespace stellwerk::storage
