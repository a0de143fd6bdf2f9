#include "master/storage_pace.h"

#include <gtest/gtest.h>

namespace stellwerk::master {
namespace {

using namespace std::chrono_literals;

class StoragePaceTest : public testing::Test {
 protected:
  static Time at(Duration since) { return Time(1000s) + since; }
  void probe(Duration asked, Duration answered) {
    pace_.asked(at(asked), ProbeStorage{++op_});
    pace_.answered(at(answered), op_);
  }

  StoragePace pace_;
  OpId op_ = 0;
};

TEST_F(StoragePaceTest, QuickStorageIsBorneNoLongerThanBefore) {
  EXPECT_EQ(pace_.patience(at(0s), 10s), 10s);
  probe(0s, 100ms);
  EXPECT_EQ(pace_.patience(at(1s), 10s), 10s);
  EXPECT_EQ(pace_.times().longest(at(1s)), 100ms);
  EXPECT_FALSE(pace_.take_changed());
}

TEST_F(StoragePaceTest, WhoAnswersLateIsWaitedForLongerForAMinute) {
  probe(0s, 14s);
  EXPECT_TRUE(pace_.take_changed());
  EXPECT_EQ(pace_.patience(at(15s), 10s), 28s);
  EXPECT_EQ(pace_.patience(at(74s), 10s), 28s);
  EXPECT_EQ(pace_.patience(at(75s), 10s), 10s);
  EXPECT_EQ(pace_.times().longest(at(75s)), 0s);
}

TEST_F(StoragePaceTest, PatienceHasAnEnd) {
  probe(0s, 300s);
  EXPECT_EQ(pace_.patience(at(301s), 10s), kPatienceMax);
}

TEST_F(StoragePaceTest, ASlowAnswerIsNotForgottenForAQuickOne) {
  probe(0s, 5s);
  probe(6s, 6100ms);
  EXPECT_EQ(pace_.times().longest(at(7s)), 5s);
  probe(66s, 66100ms);
  EXPECT_EQ(pace_.times().longest(at(67s)), 100ms);
}

TEST_F(StoragePaceTest, SilenceIsShownBeforeItEnds) {
  pace_.asked(at(0s), ProbeStorage{1});
  pace_.beat(at(500ms));
  EXPECT_FALSE(pace_.take_changed());
  pace_.beat(at(1100ms));
  EXPECT_TRUE(pace_.take_changed());
  EXPECT_EQ(pace_.times().longest(at(4s)), 4s);
  EXPECT_EQ(pace_.patience(at(4s), 10s), 10s) << "what has not answered has shown nothing";
  pace_.answered(at(5s), 1);
  EXPECT_TRUE(pace_.take_changed());
  EXPECT_EQ(pace_.times().asked, Time{});
}

TEST_F(StoragePaceTest, WhatTakesLongByItselfIsNotMeasured) {
  pace_.asked(at(0s), PutBlob{1, model::snapshot_name({1, 5}), {}});
  pace_.asked(at(0s), PutBlob{2, "blobs/1-00", {}});
  pace_.asked(at(0s), ListBlobs{3, "journal/"});
  for (const OpId op : {1U, 2U, 3U}) pace_.answered(at(9s), op);
  EXPECT_EQ(pace_.times(), StorageTimes{});
  pace_.asked(at(0s), PutBlob{4, model::segment_name(1, 6), {}});
  pace_.answered(at(9s), 4);
  EXPECT_EQ(pace_.times().longest(at(9s)), 9s);
}

}  // namespace
}  // namespace stellwerk::master
