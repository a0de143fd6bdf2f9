#include "unit/worker/registration_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace stellwerk::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_F(RegistrationTest, AsksAllMastersAtOnce) {
  EXPECT_THAT(dialled, UnorderedElementsAre(kA, kB));
}

TEST_F(RegistrationTest, SaysHelloToWhoeverAnswers) {
  connect(kB);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].first, links[kB]);
  EXPECT_EQ(std::get<link::Hello>(sent[0].second).worker.id, "tm-1");
}

TEST_F(RegistrationTest, TheFirstWelcomeCountsAndTheOthersAreLeft) {
  connect(kA);
  lead_by(kB, 4);
  EXPECT_TRUE(machine->registered());
  EXPECT_THAT(closed, ElementsAre(links[kA]));
  EXPECT_EQ(remembered, (Place{"cluster-1", 4}));
  EXPECT_THAT(notes, HasSubstr("Successful registration at resource manager host-b:6123 in epoch 4"));
  ASSERT_EQ(sent.size(), 1u) << "the first heartbeat tells how it is";
  EXPECT_TRUE(std::holds_alternative<link::Heartbeat>(sent[0].second));
}

TEST_F(RegistrationTest, ARefusalShowsTheWay) {
  connect(kA);
  say(kA, link::Refused{kC, {kA, kC}});
  EXPECT_THAT(closed, ElementsAre(links[kA]));
  EXPECT_THAT(dialled, ElementsAre(kC));
}

TEST_F(RegistrationTest, TwoMastersThatNameEachOtherAreNotAskedInCircles) {
  int dials = 0;
  connect(kA);
  connect(kB);
  for (int i = 0; i < 10'000; ++i) {
    for (const auto& [master, other] : {std::pair(kA, kB), std::pair(kB, kA)}) {
      say(master, link::Refused{other, {kA, kB}});
      dials += static_cast<int>(dialled.size());
      for (const auto& each : std::vector(dialled)) connect(each);
    }
    now += std::chrono::microseconds(100);
  }
  EXPECT_LT(dials, 100) << "in a second";
}

TEST_F(RegistrationTest, WaitsWithWhomeverAsksForIt) {
  connect(kA);
  say(kA, link::Wait{{kA, kB}});
  EXPECT_THAT(closed, IsEmpty());
  lead_by(kA, 1);
  EXPECT_TRUE(machine->registered());
}

TEST_F(RegistrationTest, WhoHasWaitedDoesNotStayAway) {
  for (int i = 0; i < 20; ++i) {
    connect(kA);
    say(kA, link::Wait{{kA, kB}});
    wait(seconds(2));
    say(kA, link::Refused{"", {kA, kB}});
    const Time refused = now;
    while (!dials(kA)) wait(milliseconds(1));
    EXPECT_LE(now - refused, milliseconds(80)) << "round " << i;
  }
}

TEST_F(RegistrationTest, WhoIsAskedToWaitAndSentAwayAtOnceComesBackWithPauses) {
  int count = 0;
  for (const Time end = now + seconds(20); now < end; wait(milliseconds(1))) {
    if (!dials(kA)) continue;
    ++count;
    connect(kA);
    say(kA, link::Wait{{kA, kB}});
    say(kA, link::Refused{"", {kA, kB}});
  }
  EXPECT_GT(count, 5);
  EXPECT_LT(count, 30);
}

TEST_F(RegistrationTest, TheDeathOfTheLeaderSendsItToAllOthersAtOnce) {
  lead_by(kA, 1);
  prove(kA);
  lose(kA);
  EXPECT_FALSE(machine->registered());
  EXPECT_THAT(dialled, UnorderedElementsAre(kA, kB));
  EXPECT_THAT(notes, HasSubstr("Lost the leader of epoch 1"));
}

TEST_F(RegistrationTest, NeverGoesBackToAnOlderEpoch) {
  lead_by(kA, 5);
  prove(kA);
  lose(kA);
  lead_by(kB, 4);
  EXPECT_FALSE(machine->registered());
  EXPECT_THAT(closed, ElementsAre(links[kB]));
  EXPECT_THAT(notes, HasSubstr("this worker was in 5 already"));
}

TEST_F(RegistrationTest, TheSameEpochAgainIsFine) {
  lead_by(kA, 5);
  prove(kA);
  lose(kA);
  lead_by(kA, 5);
  EXPECT_TRUE(machine->registered());
}

TEST_F(RegistrationTest, ALeaderThatGoesBackIsLeft) {
  lead_by(kA, 5);
  say(kA, welcome(4));
  EXPECT_FALSE(machine->registered());
  EXPECT_THAT(closed, ElementsAre(links[kA]));
  wait(minutes(2));
}

TEST_F(RegistrationTest, OneMasterUnderTwoNamesIsNotAskedInCircles) {
  int rounds = 0;
  for (auto asked = dialled; asked.size() == 2 && rounds < 100; ++rounds) {
    connect(kA);
    connect(kB);
    // It takes both for two connections of one worker, and ends the older one; the worker has left the newer.
    say(kA, welcome(1));
    lose(kA);
    for (asked = dialled; asked.empty(); asked = dialled) {
      now = std::max(now, machine->wake_at());
      step(event::Tick{});
    }
  }
  EXPECT_LT(rounds, 5);
}

TEST_F(RegistrationTest, KnowsTheHighestEpochFromBefore) {
  begin({kA}, "cluster-1", 9);
  lead_by(kA, 8);
  EXPECT_FALSE(machine->registered());
}

TEST_F(RegistrationTest, AnotherClusterBeginsAnew) {
  begin({kA}, "cluster-0", 9);
  lead_by(kA, 1);
  EXPECT_TRUE(machine->registered());
  EXPECT_THAT(notes, HasSubstr("begins anew"));
  EXPECT_EQ(remembered.epoch, 1);
}

TEST_F(RegistrationTest, WhatIsDurableIsNotWrittenAgain) {
  begin({kA}, "cluster-1", 4);
  lead_by(kA, 4);
  EXPECT_EQ(remembers, 0);
  prove(kA);
  lose(kA);
  lead_by(kA, 5);
  EXPECT_EQ(remembers, 1);
  step(event::Remembered{remembered, {}});
  prove(kA);
  lose(kA);
  lead_by(kA, 5);
  EXPECT_EQ(remembers, 1);
}

TEST_F(RegistrationTest, WhatCannotBeRememberedIsToldOnceAndTriedAgain) {
  lead_by(kA, 4);
  const auto no_room = [this] { return event::Remembered{remembered, make_error(Errc::failed, "the disk is full")}; };
  step(no_room());
  EXPECT_EQ(notes, "Epoch 4 is not remembered over a restart: the disk is full\n");
  EXPECT_TRUE(machine->registered()) << "what it runs goes on";
  wait(Registration::kRememberPause);
  EXPECT_EQ(remembers, 2);
  step(no_room());
  EXPECT_EQ(notes, "");
  wait(Registration::kRememberPause);
  EXPECT_EQ(remembers, 3);
  step(event::Remembered{remembered, {}});
  EXPECT_EQ(notes, "Epoch 4 is remembered now\n");
  wait(Registration::kRememberPause * 2);
  EXPECT_EQ(remembers, 3);
}

TEST_F(RegistrationTest, OnlyTheNewestPlaceIsTriedAgain) {
  lead_by(kA, 4);
  const Place old = remembered;
  prove(kA);
  lose(kA);
  lead_by(kB, 5);
  step(event::Remembered{old, make_error(Errc::failed, "the disk is full")});
  step(event::Remembered{remembered, {}});
  wait(Registration::kRememberPause * 2);
  EXPECT_EQ(remembers, 2);
}

TEST_F(RegistrationTest, TellsOnceWhyItCouldNotRegister) {
  lose(kA);
  EXPECT_EQ(notes, "Could not register: host-a:6123: it is gone\n");
  wait(Registration::kPauseFirst * 2);
  lose(kA);
  EXPECT_EQ(notes, "");
}

TEST_F(RegistrationTest, ALeaderThatRefusesIsNoLeaderAnyMore) {
  lead_by(kA, 1);
  prove(kA);
  say(kA, link::Refused{kB, {kA, kB}});
  EXPECT_FALSE(machine->registered());
  EXPECT_NE(std::find(dialled.begin(), dialled.end(), kB), dialled.end());
}

TEST_F(RegistrationTest, WhoAnswersNothingIsGivenUpAndAskedAgain) {
  connect(kA);
  wait(Registration::kGreetingMax - milliseconds(1));
  EXPECT_NE(links.at(kA), 0u);
  const LinkId before = links.at(kA);
  wait(seconds(5));
  EXPECT_NE(links.at(kA), before);
}

TEST_F(RegistrationTest, AConnectionThatWasGivenUpIsClosedWhenItComes) {
  const LinkId late = links.at(kA);
  wait(Registration::kGreetingMax + Registration::kPauseFirst * 2);
  ASSERT_NE(links.at(kA), late);
  step(event::Dialled{late});
  EXPECT_THAT(sent, IsEmpty());
  EXPECT_THAT(closed, ElementsAre(late));
}

TEST_F(RegistrationTest, PausesGrowAndEnd) {
  begin({kA});
  std::vector<Duration> pauses;
  for (int i = 0; i < 12; ++i) {
    lose(kA);
    pauses.push_back(machine->wake_at() - now);
    now = machine->wake_at();
    step(event::Tick{});
    ASSERT_THAT(dialled, ElementsAre(kA));
  }
  EXPECT_LE(pauses.front(), Registration::kPauseFirst * 3 / 2);
  EXPECT_GE(pauses.back(), Registration::kPauseLast / 2);
  EXPECT_LE(*std::max_element(pauses.begin(), pauses.end()), Registration::kPauseLast * 3 / 2);
}

TEST_F(RegistrationTest, WorkersThatLoseTheSameLeaderComeApart) {
  std::set<Duration> pauses;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RegistrationOptions options;
    options.masters = {kA};
    options.seed = seed;
    Registration one(std::move(options));
    const auto effects = one.step(now, event::Tick{});
    one.step(now, event::Closed{std::get<effect::Dial>(effects.back()).link, "refused"});
    pauses.insert(one.wake_at() - now);
  }
  EXPECT_GT(pauses.size(), 15u);
}

TEST_F(RegistrationTest, EndsIfItNeverFindsALeader) {
  wait(minutes(5) - milliseconds(1));
  EXPECT_FALSE(exit);
  wait(milliseconds(1));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 1);
  EXPECT_EQ(exit->why, "no leader within 300 s; asked host-a:6123, host-b:6123");
}

TEST_F(RegistrationTest, WhoWasRegisteredHasLongerPatience) {
  lead_by(kA, 1);
  lose(kA);
  wait(minutes(59));
  EXPECT_FALSE(exit);
  wait(minutes(1));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 2) << "it did run";
}

TEST_F(RegistrationTest, ARejectionIsToldOnceAndTriedAgainSeldom) {
  connect(kA);
  say(kA, link::Rejected{"another worker has the same id"});
  EXPECT_THAT(notes, HasSubstr("another worker has the same id"));
  wait(Registration::kPauseLast * 3 / 2);
  connect(kA);
  say(kA, link::Rejected{"another worker has the same id"});
  EXPECT_EQ(notes, "");
}

TEST_F(RegistrationTest, EachMastersRejectionIsToldOnce) {
  connect(kA);
  say(kA, link::Rejected{"no room here"});
  EXPECT_THAT(notes, HasSubstr("no room here"));
  connect(kB);
  say(kB, link::Rejected{"nor here"});
  EXPECT_THAT(notes, HasSubstr("nor here"));
  wait(Registration::kPauseLast * 3 / 2);
  for (const auto& [master, why] : {std::pair(kA, "no room here"), std::pair(kB, "nor here")}) {
    connect(master);
    say(master, link::Rejected{why});
    EXPECT_EQ(notes, "");
  }
}

TEST_F(RegistrationTest, SaysThatItKnowsTooManyMasters) {
  std::vector<std::string> many{kA};
  while (many.size() < link::kMastersMax) many.push_back("host-" + std::to_string(many.size()) + ":6123");
  connect(kA);
  say(kA, link::Wait{many});
  EXPECT_THAT(notes, HasSubstr("More than 64 masters are named; host-63:6123 and others are not asked"));
  EXPECT_EQ(dialled.size(), link::kMastersMax - 2);
  say(kA, link::Wait{many});
  EXPECT_EQ(notes, "") << "said once";
}

TEST_F(RegistrationTest, AMasterThatTalksLikeAWorkerIsLeft) {
  connect(kA);
  say(kA, link::Leaving{});
  EXPECT_THAT(closed, ElementsAre(links[kA]));
  EXPECT_THAT(notes, HasSubstr("which only workers send"));
}

TEST_F(RegistrationTest, SaysGoodbye) {
  lead_by(kA, 1);
  step(event::StopWanted{});
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<link::Leaving>(sent[0].second));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 0);
}

TEST_F(RegistrationTest, LearnsMastersAndForgetsThemAgain) {
  connect(kA);
  say(kA, welcome(1, {kA, kC}));
  prove(kA);
  lose(kA);
  EXPECT_THAT(dialled, UnorderedElementsAre(kA, kB, kC));
  lead_by(kB, 2);
  prove(kB);
  lose(kB);
  EXPECT_THAT(dialled, UnorderedElementsAre(kA, kB)) << "the new leader does not know of C, and nobody configured it";
}

TEST_F(RegistrationTest, MastersThatComeLaterAreToldByTheLeader) {
  lead_by(kA, 1);
  prove(kA);
  registered.reset();
  say(kA, link::Masters{{kA, kC}});
  ASSERT_TRUE(registered) << "for whoever speaks for it";
  EXPECT_EQ(registered->masters, (std::vector<std::string>{kA, kC}));
  lose(kA);
  EXPECT_THAT(dialled, UnorderedElementsAre(kA, kB, kC));
}

TEST_F(RegistrationTest, OnlyTheLeaderSaysWhoTheMastersAre) {
  connect(kA);
  connect(kB);
  say(kB, link::Masters{{kC}});
  say(kA, welcome(1));
  say(kA, link::Masters{{kA}});
  prove(kA);
  lose(kA);
  EXPECT_THAT(dialled, UnorderedElementsAre(kA, kB)) << "C was named by B only, and B is configured";
}

TEST_F(RegistrationTest, WordsOfAClosedLinkAreNotHeard) {
  connect(kA);
  const LinkId old = links[kA];
  say(kA, link::Refused{"", {}});
  step(event::Received{old, welcome(1)});
  EXPECT_FALSE(machine->registered());
}

TEST_F(RegistrationTest, WhoSpeaksForItIsToldOfEachLeaderAndTheOthers) {
  begin({kA, kB});
  EXPECT_FALSE(registered);
  connect(kB);
  say(kB, welcome(4, {kA, kB, kC}));
  ASSERT_TRUE(registered);
  EXPECT_EQ(registered->cluster, "cluster-1");
  EXPECT_EQ(registered->epoch, 4);
  EXPECT_EQ(registered->masters, (std::vector<std::string>{kB, kA, kC})) << "the leader first, and once";
  registered.reset();
  lose(kB);
  EXPECT_FALSE(registered);
  const std::vector<std::string> many(link::kMastersMax, kC);
  wait(std::chrono::seconds(3));
  connect(kA);
  say(kA, welcome(5, many));
  ASSERT_TRUE(registered);
  EXPECT_EQ(registered->epoch, 5);
  EXPECT_EQ(registered->masters.front(), kA);
  EXPECT_EQ(registered->masters.size(), link::kMastersMax);
}

}  // namespace
}  // namespace stellwerk::worker
