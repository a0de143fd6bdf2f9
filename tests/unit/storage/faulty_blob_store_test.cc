/// The fault wrapper itself, and a writer's loop that lives with it.
#include "support/faulty_blob_store.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "storage/memory_blob_store.h"

namespace stellwerk::test {
namespace {

class Faults : public testing::Test {
 protected:
  bool stands(const std::string& name) { return inner_.get(name).has_value(); }

  storage::MemoryBlobStore inner_;
  FaultyBlobStore store_{inner_};
};

TEST_F(Faults, EachFaultDoesWhatItsNameSays) {
  store_.next({Fault::refused, Fault::full, Fault::lost_request, Fault::lost_reply, Fault::torn});
  EXPECT_EQ(store_.put("a", "12345678").outcome, PutOutcome::not_done);
  EXPECT_EQ(store_.put("a", "12345678").error.code, Errc::no_space);
  EXPECT_EQ(store_.put("a", "12345678").outcome, PutOutcome::unknown);
  EXPECT_FALSE(stands("a"));
  EXPECT_EQ(store_.put("a", "12345678").outcome, PutOutcome::unknown);
  EXPECT_EQ(inner_.get("a").value(), "12345678");
  EXPECT_EQ(store_.put("b", "12345678").outcome, PutOutcome::unknown);
  EXPECT_EQ(inner_.get("b").value(), "1234");
}

TEST_F(Faults, WhatIsLateHappensBeforeTheNextCallUnlessTheProcessDies) {
  store_.next({Fault::late, Fault::none, Fault::late});
  EXPECT_EQ(store_.put("a", "x").outcome, PutOutcome::unknown);
  EXPECT_FALSE(stands("a"));
  EXPECT_EQ(store_.get("a").value(), "x");
  EXPECT_EQ(store_.put("b", "x").outcome, PutOutcome::unknown);
  store_.crash();
  EXPECT_EQ(store_.get("b").error().code, Errc::not_found);
}

TEST_F(Faults, AStoreThatDidNotSyncForgetsAtACrash) {
  store_.next({Fault::unsynced});
  EXPECT_EQ(store_.put("a", "x").outcome, PutOutcome::ok);
  EXPECT_EQ(store_.put("b", "x").outcome, PutOutcome::ok);
  EXPECT_EQ(store_.get("a").value(), "x");
  store_.crash();
  EXPECT_FALSE(stands("a"));
  EXPECT_TRUE(stands("b"));
}

TEST_F(Faults, ReadsAndRemovesFailTheSameWay) {
  ASSERT_EQ(store_.put("a", "12345678").outcome, PutOutcome::ok);
  store_.next({Fault::lost_reply, Fault::torn, Fault::refused, Fault::full, Fault::refused, Fault::lost_request,
               Fault::lost_reply});
  EXPECT_EQ(store_.get("a").error().code, Errc::unavailable);
  EXPECT_EQ(store_.get("a").value(), "1234");
  EXPECT_EQ(store_.list("").error().code, Errc::unavailable);
  EXPECT_EQ(store_.probe().error().code, Errc::no_space);
  EXPECT_EQ(store_.remove("a").error().code, Errc::unavailable);
  EXPECT_EQ(store_.remove("a").error().code, Errc::unknown);
  EXPECT_TRUE(stands("a"));
  EXPECT_EQ(store_.remove("a").error().code, Errc::unknown);
  EXPECT_FALSE(stands("a"));
}

TEST_F(Faults, OneSeedIsOneRun) {
  const auto run = [](std::uint64_t seed) {
    storage::MemoryBlobStore inner;
    FaultyBlobStore store(inner);
    store.set_rates(seed, {100, 100, 100, 100, 100});
    std::string trace;
    for (int i = 0; i < 100; ++i)
      trace += std::to_string(static_cast<int>(store.put("f" + std::to_string(i), "x").outcome));
    return trace;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

/// The rule for callers (blob_store.h): the same bytes again until it is settled.
TEST_F(Faults, PuttingTheSameAgainSettlesEverything) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    storage::MemoryBlobStore inner;
    FaultyBlobStore store(inner);
    store.set_rates(seed, {150, 150, 150, 150, 150});
    std::map<std::string, std::string> acknowledged;
    for (int i = 0; i < 50; ++i) {
      const std::string name = "journal/" + std::to_string(i);
      PutOutcome outcome = PutOutcome::unknown;
      for (int tries = 0; outcome != PutOutcome::ok && tries < 1000; ++tries) {
        outcome = store.put(name, name).outcome;
        ASSERT_NE(outcome, PutOutcome::exists) << "seed " << seed;
      }
      acknowledged[name] = name;
    }
    store.crash();
    for (const auto& [name, bytes] : acknowledged) EXPECT_EQ(inner.get(name).value(), bytes) << "seed " << seed;
  }
}

TEST(MemoryStore, IsFullAtItsLimitAndHasRoomAgain) {
  storage::MemoryBlobStore store(10);
  EXPECT_EQ(store.put("a", "123456").outcome, PutOutcome::ok);
  const PutResult full = store.put("b", "12345");
  EXPECT_EQ(full.outcome, PutOutcome::not_done);
  EXPECT_EQ(full.error.code, Errc::no_space);
  EXPECT_EQ(store.put("b", "1234").outcome, PutOutcome::ok);
  EXPECT_EQ(store.probe().error().code, Errc::no_space);
  EXPECT_TRUE(store.remove("a").has_value());
  EXPECT_TRUE(store.probe().has_value());
  EXPECT_EQ(store.put("c", "123456").outcome, PutOutcome::ok);
}

}  // namespace
}  // namespace stellwerk::test
