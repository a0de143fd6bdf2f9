#include "drill/watched.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"
#include "unit/cli/fake_host.h"

namespace stellwerk::drill {
namespace {

using testing::HasSubstr;

class WatchedOnceTest : public testing::Test {
 protected:
  std::string read(const std::string& log) {
    test::write_file(folder_ / "log", log);
    return Watched(host_, clients_, folder_.path().string()).read_once(history_);
  }
  const test::TempDir folder_;
  cli::FakeHost host_;
  Clients clients_{{}};
  history::History history_;
};

TEST_F(WatchedOnceTest, EachAttemptInItsOrder) {
  EXPECT_EQ(read("100 5 0\n101 9 1\n"), "");
  ASSERT_EQ(history_.once.size(), 2u);
  EXPECT_EQ(history_.once[0].token, 5);
  EXPECT_FALSE(history_.once[0].met_another);
  EXPECT_TRUE(history_.once[1].met_another);
}

TEST_F(WatchedOnceTest, LinesThatTellNothingAreCounted) {
  EXPECT_EQ(read("100 5 0\n101\nso\n\n"), "");
  EXPECT_EQ(history_.once.size(), 1u);
  EXPECT_EQ(history_.once_unreadable, 3u);
}

TEST_F(WatchedOnceTest, WhatIsNotKnownIsNoProof) {
  EXPECT_THAT(read(""), HasSubstr("never began"));
  EXPECT_THAT(read("100 5 127\n"), HasSubstr("no flock"));
  EXPECT_THAT(read("100 5 66\n"), HasSubstr("flock ended with 66"));
}

TEST_F(WatchedOnceTest, WithoutWorkersThereIsNone) {
  EXPECT_EQ(Watched(host_, clients_, "").read_once(history_), "");
}

}  // namespace
}  // namespace stellwerk::drill
