#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/worker/registration_fixture.h"

namespace stellwerk::worker {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;

using HeartbeatTest = RegistrationTest;

TEST_F(HeartbeatTest, MeasuresForEachHeartbeat) {
  EXPECT_EQ(measures, 1) << "for the first";
  lead_by(kA, 1);
  EXPECT_EQ(measures, 2);
  wait(seconds(30));
  EXPECT_EQ(measures, 5);
}

TEST_F(HeartbeatTest, WhatWasSaidWhileItStoodStillIsHeardBeforeTheLeaderIsJudged) {
  lead_by(kA, 1);
  now += seconds(55);
  step(event::Tick{});
  EXPECT_TRUE(machine->registered());
  say(kA, link::Echo{1, 0});
  wait(seconds(49));
  EXPECT_TRUE(machine->registered());
  now += seconds(55);
  step(event::Tick{});
  wait(Registration::kCatchUp);
  EXPECT_FALSE(machine->registered()) << "nothing was said";
}

TEST_F(HeartbeatTest, HeartbeatsComeInTheirIntervalAndWithTheNewestLoad) {
  lead_by(kA, 1);
  model::WorkerLoad load;
  load.resident = 12;
  step(event::Measured{load});
  now += seconds(9);
  step(event::Tick{});
  EXPECT_THAT(sent, IsEmpty());
  now += seconds(1);
  step(event::Tick{});
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(std::get<link::Heartbeat>(sent[0].second).load, load);
  EXPECT_EQ(std::get<link::Heartbeat>(sent[0].second).sent_us, now.time_since_epoch().count());
}

TEST_F(HeartbeatTest, ALeaderThatDoesNotEchoIsGivenUp) {
  lead_by(kA, 1);
  for (int i = 0; i < 10; ++i) {
    wait(seconds(10));
    say(kA, link::Echo{1, 0});
  }
  EXPECT_TRUE(machine->registered());
  wait(seconds(49));
  EXPECT_TRUE(machine->registered());
  wait(seconds(1));
  EXPECT_FALSE(machine->registered());
}

TEST_F(HeartbeatTest, AnEchoOfAnotherEpochIsNone) {
  lead_by(kA, 2);
  wait(seconds(40));
  say(kA, link::Echo{1, 0});
  wait(seconds(10));
  EXPECT_FALSE(machine->registered());
}

TEST_F(HeartbeatTest, ALeaseRunsFromTheSendingOfTheHeartbeatThatWasEchoed) {
  lead_by(kA, 3);
  const Time said = now;
  now += seconds(5);
  EXPECT_FALSE(leased_until) << "a welcome gives none";
  say(kA, link::Echo{3, said.time_since_epoch().count()});
  EXPECT_EQ(leased_until, said + seconds(70));
}

TEST_F(HeartbeatTest, AnEchoOfWhatWasNotSaidYetGivesNoLease) {
  lead_by(kA, 3);
  say(kA, link::Echo{3, (now + seconds(1)).time_since_epoch().count()});
  say(kA, link::Echo{2, now.time_since_epoch().count()});
  EXPECT_FALSE(leased_until);
}

}  // namespace
}  // namespace stellwerk::worker
