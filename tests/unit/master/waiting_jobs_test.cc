#include "master/waiting_jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::master {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Place = WaitingJobs::Place;

const Place kFirst{1, "b"}, kSecond{2, "a"}, kThird{2, "c"};

WaitingJobs three() {
  WaitingJobs jobs;
  for (const Place& place : {kThird, kFirst, kSecond}) EXPECT_TRUE(jobs.insert(place));
  return jobs;
}

TEST(WaitingJobs, StandInTheOrderOfArrival) {
  WaitingJobs jobs = three();
  EXPECT_THAT(jobs.ready(), ElementsAre(kFirst, kSecond, kThird));
  EXPECT_FALSE(jobs.insert(kFirst)) << "it waits already";
  jobs.erase(kFirst);
  EXPECT_THAT(jobs.all(), ElementsAre(kSecond, kThird));
  EXPECT_THAT(jobs.ready(), ElementsAre(kSecond, kThird));
}

TEST(WaitingJobs, WhoIsSetAsideWaitsOnUntilSomethingElseIsOffered) {
  WaitingJobs jobs = three();
  jobs.set_aside(kSecond);
  EXPECT_THAT(jobs.ready(), ElementsAre(kFirst, kThird));
  EXPECT_THAT(jobs.all(), ElementsAre(kFirst, kSecond, kThird));
  EXPECT_FALSE(jobs.look_at_due(Time::max()));
  jobs.look_at_all();
  EXPECT_THAT(jobs.ready(), ElementsAre(kFirst, kSecond, kThird));
}

TEST(WaitingJobs, WhatHasChangedItselfIsWorthALookAtOnce) {
  WaitingJobs jobs = three();
  jobs.set_aside(kSecond);
  EXPECT_FALSE(jobs.insert(kSecond));
  EXPECT_THAT(jobs.ready(), ElementsAre(kFirst, kSecond, kThird));
}

TEST(WaitingJobs, ATimeComes) {
  WaitingJobs jobs = three();
  const Time now{seconds(100)};
  jobs.set_aside(kSecond, now + seconds(1));
  jobs.set_aside(kThird, now + seconds(1));
  EXPECT_FALSE(jobs.look_at_due(now));
  jobs.erase(kThird);
  EXPECT_TRUE(jobs.look_at_due(now + seconds(1)));
  EXPECT_THAT(jobs.ready(), ElementsAre(kFirst, kSecond));
  EXPECT_FALSE(jobs.look_at_due(now + seconds(2)));
}

TEST(WaitingJobs, WhoWaitsNoLongerDoesNotComeBack) {
  WaitingJobs jobs = three();
  const Time now{seconds(100)};
  jobs.set_aside(kFirst, now);
  jobs.erase(kFirst);
  EXPECT_FALSE(jobs.look_at_due(now));
  jobs.set_aside(kFirst, now);
  EXPECT_FALSE(jobs.look_at_due(now)) << "it was not there";
  jobs.erase(kSecond);
  jobs.erase(kThird);
  EXPECT_THAT(jobs.all(), IsEmpty());
}

}  // namespace
}  // namespace stellwerk::master
