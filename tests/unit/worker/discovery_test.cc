#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/worker/registration_fixture.h"

namespace stellwerk::worker {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// A worker that starts without knowing any master.
class WorkerDiscoveryTest : public RegistrationTest {
 protected:
  WorkerDiscoveryTest() { begin({}, "", 0, true); }

  void find(std::vector<std::string> masters, std::string trouble = "") {
    step(event::Found{std::move(masters), std::move(trouble)});
  }
};

TEST_F(WorkerDiscoveryTest, AsksForMastersAtItsStartAndDialsThem) {
  EXPECT_EQ(looks, 1);
  EXPECT_THAT(dialled, IsEmpty());
  find({kA, kB});
  EXPECT_THAT(dialled, UnorderedElementsAre(kA, kB));
}

TEST_F(WorkerDiscoveryTest, AsksOnceAtATime) {
  wait(minutes(1));
  EXPECT_EQ(looks, 1) << "nobody has answered yet";
}

TEST_F(WorkerDiscoveryTest, AsksAgainWithPausesThatGrowAndEnd) {
  std::vector<Duration> pauses;
  for (int i = 0; i < 12; ++i) {
    const int before = looks;
    const Time asked = now;
    find({});
    while (looks == before) {
      now = std::max(now, machine->wake_at());
      step(event::Tick{});
    }
    pauses.push_back(now - asked);
  }
  EXPECT_LE(pauses.front(), Registration::kPauseFirst * 3 / 2);
  EXPECT_GE(pauses.back(), Registration::kPauseLast / 2);
  EXPECT_LE(*std::max_element(pauses.begin(), pauses.end()), Registration::kPauseLast * 3 / 2);
}

TEST_F(WorkerDiscoveryTest, AsksAgainWhileThoseWhoAreKnownAreNoLeaders) {
  find({kA});
  connect(kA);
  say(kA, link::Wait{{kA}});
  wait(Registration::kPauseFirst * 2);
  EXPECT_EQ(looks, 2);
  find({kA, kB});
  EXPECT_THAT(dialled, ElementsAre(kB));
}

TEST_F(WorkerDiscoveryTest, DoesNotAskWhileItHasALeader) {
  find({kA});
  lead_by(kA, 1);
  wait(Registration::kPauseLast * 2);
  EXPECT_EQ(looks, 1);
  EXPECT_TRUE(machine->registered());
}

TEST_F(WorkerDiscoveryTest, AsksThoseWhoAreKnownFirstWhenTheLeaderIsLost) {
  find({kA});
  lead_by(kA, 1);
  prove(kA);
  lose(kA);
  EXPECT_EQ(looks, 1);
  wait(Registration::kPauseFirst * 3 / 2);
  EXPECT_EQ(looks, 2) << "and soon whoever may know others";
}

TEST_F(WorkerDiscoveryTest, ForgetsTheOldPortOfAMasterThatWasStartedAnew) {
  find({kA});
  lose(kA);
  find({kC});
  EXPECT_THAT(dialled, ElementsAre(kC));
  wait(minutes(4));
  links.erase(kA);
  find({kC});
  wait(minutes(1));
  EXPECT_FALSE(links.contains(kA));
}

TEST_F(WorkerDiscoveryTest, KeepsThoseWhoAreKnownWhenNobodyIsFound) {
  find({kA});
  lose(kA);
  find({});
  wait(Registration::kPauseFirst * 2);
  EXPECT_THAT(dialled, ElementsAre(kA));
}

TEST_F(WorkerDiscoveryTest, TellsOnceWhyNobodyWasFound) {
  find({}, "http://host-a:8081: refused");
  EXPECT_EQ(notes, "Could not find a master: http://host-a:8081: refused\n");
  find({}, "http://host-a:8081: refused");
  EXPECT_EQ(notes, "");
  find({kA}, "");
  find({}, "http://host-a:8081: refused");
  EXPECT_NE(notes, "");
}

TEST_F(WorkerDiscoveryTest, EndsIfItNeverFindsAMaster) {
  wait(minutes(5));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 1);
  EXPECT_THAT(exit->why, HasSubstr("no leader within 300 s; no master is known"));
}

}  // namespace
}  // namespace stellwerk::worker
