/// A leader that is not certain to lead any more: others are asked while its connection is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/worker/registration_fixture.h"

namespace stellwerk::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class RegistrationDoubtTest : public RegistrationTest {
 protected:
  /// A leads in epoch 1, has answered heartbeats, and says now that it may not act.
  void doubt() {
    lead_by(kA, 1);
    prove(kA);
    say(kA, link::Wait{{kA, kB}});
  }
};

TEST_F(RegistrationDoubtTest, ALeaderThatMayNotActIsKeptWhileOthersAreAsked) {
  lead_by(kA, 1);
  prove(kA);
  say(kA, link::Wait{{kA, kB, kC}});
  EXPECT_TRUE(machine->registered());
  EXPECT_TRUE(machine->doubts());
  EXPECT_THAT(dialled, UnorderedElementsAre(kB, kC));
  connect(kB);
  EXPECT_TRUE(std::holds_alternative<link::Hello>(sent.at(0).second));
  say(kB, link::Wait{{kA, kB}});
  say(kA, link::Wait{{kA, kB}});
  EXPECT_THAT(dialled, IsEmpty()) << "said twice";
  prove(kA);
  EXPECT_FALSE(machine->doubts());
  EXPECT_THAT(closed, UnorderedElementsAre(links[kB], links[kC]));
  wait(minutes(1));
  EXPECT_TRUE(exit == std::nullopt);
}

TEST_F(RegistrationDoubtTest, ALeaderThatDoesNotAnswerAHeartbeatIsInDoubtLongBeforeItIsLost) {
  lead_by(kA, 1);
  wait(seconds(9));
  prove(kA);
  wait(milliseconds(3'900));
  EXPECT_FALSE(machine->doubts()) << "it has answered, and the next heartbeat is 2.9 s old";
  wait(milliseconds(200));
  EXPECT_TRUE(machine->registered());
  EXPECT_TRUE(machine->doubts());
  prove(kA);
  EXPECT_FALSE(machine->doubts());
  EXPECT_THAT(closed, ElementsAre(links[kB]));
}

TEST_F(RegistrationDoubtTest, WhoStoodStillItselfGivesTheLeaderTimeToAnswer) {
  lead_by(kA, 1);
  prove(kA);
  wait(milliseconds(9'999));
  now += minutes(1);
  step(event::Tick{});
  EXPECT_FALSE(machine->doubts());
  prove(kA);
  wait(seconds(5));
  EXPECT_FALSE(machine->doubts());
}

TEST_F(RegistrationDoubtTest, TheListOfMastersEndsADoubtToo) {
  lead_by(kA, 1);
  say(kA, link::Wait{{kA, kB}});
  say(kA, link::Masters{{kA, kB}});
  EXPECT_FALSE(machine->doubts());
  EXPECT_THAT(closed, ElementsAre(links[kB]));
}

TEST_F(RegistrationDoubtTest, AHeartbeatThatALeaderHeardWhileItMightNotActCastsNoDoubtLater) {
  doubt();
  wait(seconds(13));
  say(kA, link::Masters{{kA, kB}});
  EXPECT_FALSE(machine->doubts());
  wait(seconds(5));
  EXPECT_FALSE(machine->doubts());
}

TEST_F(RegistrationDoubtTest, TheNextLeaderTakesTheDoubtedOnesPlace) {
  doubt();
  connect(kB);
  say(kB, link::Wait{{kA, kB}});
  say(kB, welcome(2));
  EXPECT_EQ(machine->leader(), links[kB]);
  EXPECT_EQ(machine->epoch(), 2);
  EXPECT_FALSE(machine->doubts());
  EXPECT_THAT(closed, ElementsAre(links[kA]));
  EXPECT_THAT(notes, HasSubstr("Left the leader of epoch 1"));
}

TEST_F(RegistrationDoubtTest, ADoubtedLeaderThatIsGoneLeavesTheOthersAsked) {
  doubt();
  connect(kB);
  lose(kA);
  EXPECT_FALSE(machine->registered());
  EXPECT_FALSE(machine->doubts());
  EXPECT_THAT(dialled, ElementsAre(kA)) << "B is asked already";
  say(kB, welcome(2));
  EXPECT_TRUE(machine->registered());
}

TEST_F(RegistrationDoubtTest, ADoubtedLeaderOfTheSameEpochUnderAnotherNameIsFine) {
  doubt();
  connect(kB);
  say(kB, welcome(1));
  EXPECT_EQ(machine->leader(), links[kB]);
  EXPECT_THAT(closed, ElementsAre(links[kA]));
}

}  // namespace
}  // namespace stellwerk::worker
