#include "master/workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::master {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WorkersTest : public testing::Test {
 protected:
  WorkersTest() : workers(WorkerLimits{}) { workers.act(clocks(), true, out); }

  static link::Hello hello(const std::string& id, std::int64_t incarnation = 1, std::int64_t epoch = 0) {
    link::Hello out;
    out.worker = {id, incarnation, "process-of-" + id, "host-" + id, 100 + incarnation, 4, "0.1.0"};
    out.epoch = epoch;
    out.cluster = epoch == 0 ? "" : "cluster-1";
    return out;
  }
  static WorkerRole leader(std::int64_t epoch) { return {true, "cluster-1", epoch, "", {"a:6123", "b:6123"}}; }
  static WorkerRole follower(std::int64_t epoch, std::string leader) {
    return {false, "cluster-1", epoch, std::move(leader), {"a:6123", "b:6123"}};
  }

  void open(LinkId link) {
    workers.opened(clocks(), link, "peer:" + std::to_string(link), out);
    look();
  }
  void say(LinkId link, link::Message message) {
    workers.received(clocks(), link, message, out);
    look();
  }
  void become(WorkerRole role) {
    workers.become(clocks(), std::move(role), out);
    look();
  }
  void lose(LinkId link) {
    workers.closed(clocks(), link, "it is gone", out);
    look();
  }
  /// The loop turns all the time; what it does at the end of it is looked at.
  void wait(Duration d) {
    for (const Time end = now + d; now < end;) {
      now = std::min(now + kBeat, Time(end));
      workers.beat(clocks(), out);
      look();
    }
  }
  void act(bool acting) {
    workers.act(clocks(), acting, out);
    look();
  }
  void arrive(LinkId link, link::Hello message) {
    open(link);
    say(link, std::move(message));
  }

  Clocks clocks() const { return {now, now.time_since_epoch() / milliseconds(1)}; }
  void look() {
    sent.clear();
    closed.clear();
    notes.clear();
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<SendLink>(&effect)) sent.emplace_back(send->link, std::move(send->message));
      if (auto* close = std::get_if<CloseLink>(&effect)) closed.push_back(close->link);
      if (auto* note = std::get_if<Note>(&effect)) notes += note->text + "\n";
    }
  }
  template <class Kind>
  const Kind* said(LinkId link) const {
    for (const auto& [to, message] : sent)
      if (to == link && std::holds_alternative<Kind>(message)) return &std::get<Kind>(message);
    return nullptr;
  }
  std::vector<std::string> known() {
    std::vector<std::string> ids;
    const auto table = workers.share_table();
    for (const auto& [id, entry] : table.entries().sorted()) ids.push_back(id + (entry->away ? " away" : ""));
    return ids;
  }

  Workers workers;
  Outbox out;
  Time now{seconds(1000)};
  std::vector<std::pair<LinkId, link::Message>> sent;
  std::vector<LinkId> closed;
  std::string notes;
};

TEST_F(WorkersTest, TheLeaderWelcomes) {
  become(leader(3));
  arrive(1, hello("w"));
  const auto* welcome = said<link::Welcome>(1);
  ASSERT_NE(welcome, nullptr);
  EXPECT_EQ(*welcome, (link::Welcome{"cluster-1", 3, 10'000, 50'000, 70'000, {"a:6123", "b:6123"}}));
  EXPECT_THAT(notes, HasSubstr("Registering worker w (host-w, process 101) at peer:1 with 4 slots"));
  EXPECT_THAT(known(), ElementsAre("w"));
  EXPECT_EQ(workers.share_table().slots(), 4);
  EXPECT_TRUE(workers.take_changed());
  EXPECT_FALSE(workers.take_changed());
}

TEST_F(WorkersTest, AFollowerSendsOnWhoeverDoesNotKnowItsLeader) {
  become(follower(3, "b:6123"));
  arrive(1, hello("w", 1, 2));
  ASSERT_NE(said<link::Refused>(1), nullptr);
  EXPECT_EQ(said<link::Refused>(1)->leader, "b:6123");
  EXPECT_THAT(closed, ElementsAre(1));
}

TEST_F(WorkersTest, AFollowerLetsThoseWaitWhoLostTheSameLeaderAndWelcomesThemWhenItLeads) {
  become(follower(3, "b:6123"));
  arrive(1, hello("w", 1, 3));
  EXPECT_NE(said<link::Wait>(1), nullptr);
  EXPECT_THAT(closed, IsEmpty());
  wait(milliseconds(500));
  become(leader(4));
  ASSERT_NE(said<link::Welcome>(1), nullptr);
  EXPECT_EQ(said<link::Welcome>(1)->epoch, 4);
}

TEST_F(WorkersTest, WhoWaitsIsSentOnWhenAnotherLeads) {
  become(follower(3, "b:6123"));
  arrive(1, hello("w", 1, 3));
  become(follower(4, "a:6123"));
  ASSERT_NE(said<link::Refused>(1), nullptr);
  EXPECT_EQ(said<link::Refused>(1)->leader, "a:6123");
}

TEST_F(WorkersTest, WhoWaitsInVainIsRefused) {
  become(follower(3, "b:6123"));
  arrive(1, hello("w", 1, 3));
  wait(milliseconds(7'999));
  EXPECT_THAT(closed, IsEmpty());
  wait(milliseconds(1));
  EXPECT_NE(said<link::Refused>(1), nullptr);
  EXPECT_THAT(closed, ElementsAre(1));
}

TEST_F(WorkersTest, WhoKnowsAHigherEpochIsNotWelcomed) {
  become(leader(3));
  arrive(1, hello("w", 1, 4));
  EXPECT_EQ(said<link::Welcome>(1), nullptr);
  EXPECT_THAT(known(), IsEmpty());
  EXPECT_THAT(notes, HasSubstr("was in epoch 4 of this cluster, but this is 3"));
}

TEST_F(WorkersTest, AConnectionThatSaysNothingIsClosed) {
  become(leader(3));
  open(1);
  wait(seconds(10));
  EXPECT_THAT(closed, ElementsAre(1));
}

TEST_F(WorkersTest, HeartbeatsAreEchoedOnlyByALeaderThatMayAct) {
  become(leader(3));
  arrive(1, hello("w"));
  say(1, link::Heartbeat{77, {}});
  ASSERT_NE(said<link::Echo>(1), nullptr);
  EXPECT_EQ(*said<link::Echo>(1), (link::Echo{3, 77}));
  act(false);
  say(1, link::Heartbeat{78, {}});
  EXPECT_THAT(sent, IsEmpty());
}

TEST_F(WorkersTest, WhoMayNotActSendsItsWorkersToTheOthersUntilItMay) {
  become(leader(3));
  arrive(1, hello("w"));
  act(false);
  EXPECT_NE(said<link::Wait>(1), nullptr);
  EXPECT_THAT(closed, IsEmpty()) << "it may act again";
  act(true);
  EXPECT_NE(said<link::Masters>(1), nullptr);
}

TEST_F(WorkersTest, AnEchoIsALease) {
  become(leader(3));
  arrive(1, hello("w"));
  EXPECT_THAT(workers.take_leases(), IsEmpty());
  say(1, link::Heartbeat{5, {}});
  now += seconds(1);
  say(1, link::Heartbeat{6, {}});
  EXPECT_THAT(workers.take_leases(), ElementsAre(std::pair(std::string("w"), now)));
  act(false);
  say(1, link::Heartbeat{7, {}});
  EXPECT_THAT(workers.take_leases(), IsEmpty()) << "who may not act gives none";
}

TEST_F(WorkersTest, LoadsAreShownAtMostOnceASecond) {
  become(leader(3));
  arrive(1, hello("w"));
  EXPECT_TRUE(workers.take_changed());
  model::WorkerLoad load;
  load.resident = 5;
  say(1, link::Heartbeat{1, load});
  wait(milliseconds(100));
  EXPECT_TRUE(workers.take_changed());
  EXPECT_EQ(workers.share_table().find("w")->load.resident, 5);
  say(1, link::Heartbeat{2, load});
  wait(milliseconds(100));
  EXPECT_FALSE(workers.take_changed());
  wait(seconds(1));
  EXPECT_TRUE(workers.take_changed());
}

TEST_F(WorkersTest, ASilentWorkerLosesItsConnectionAndThenItsPlace) {
  become(leader(3));
  arrive(1, hello("w"));
  wait(seconds(50));
  EXPECT_THAT(closed, ElementsAre(1));
  EXPECT_THAT(notes, HasSubstr("no heartbeat for 50000 ms"));
  EXPECT_THAT(known(), ElementsAre("w away"));
  wait(seconds(10));
  EXPECT_THAT(known(), IsEmpty());
  EXPECT_THAT(notes, HasSubstr("is lost: it did not come back within 10000 ms"));
}

TEST_F(WorkersTest, ABrokenConnectionMayComeBack) {
  become(leader(3));
  arrive(1, hello("w"));
  lose(1);
  EXPECT_THAT(known(), ElementsAre("w away"));
  wait(seconds(9));
  arrive(2, hello("w", 1, 3));
  EXPECT_NE(said<link::Welcome>(2), nullptr);
  wait(seconds(9));
  EXPECT_THAT(known(), ElementsAre("w"));
}

TEST_F(WorkersTest, ItMayBeBackBeforeItsOldConnectionHasEnded) {
  become(leader(3));
  arrive(1, hello("w"));
  arrive(2, hello("w", 1, 3));
  EXPECT_NE(said<link::Welcome>(2), nullptr);
  EXPECT_THAT(closed, ElementsAre(1));
  lose(1);
  EXPECT_THAT(known(), ElementsAre("w"));
}

TEST_F(WorkersTest, ARestartedWorkerReplacesItself) {
  become(leader(3));
  arrive(1, hello("w", 1));
  arrive(2, hello("w", 2));
  EXPECT_NE(said<link::Welcome>(2), nullptr);
  EXPECT_THAT(closed, ElementsAre(1));
  EXPECT_EQ(workers.share_table().find("w")->about.incarnation, 2);
}

TEST_F(WorkersTest, TwoWorkersWithOneIdAreNamed) {
  become(leader(3));
  arrive(1, hello("w", 2));
  arrive(2, hello("w", 1));
  ASSERT_NE(said<link::Rejected>(2), nullptr);
  EXPECT_EQ(said<link::Rejected>(2)->why,
            "w (host-w, process 101) and w (host-w, process 102) are two workers with one id; set "
            "taskmanager.resource-id, or give each a folder of its own");
  EXPECT_THAT(known(), ElementsAre("w"));
}

TEST_F(WorkersTest, TwoContainersThatLookAlikeAreToldApart) {
  become(leader(3));
  arrive(1, hello("w"));
  link::Hello twin = hello("w");
  twin.worker.process = "another";
  arrive(2, twin);
  EXPECT_NE(said<link::Rejected>(2), nullptr);
  EXPECT_THAT(closed, ElementsAre(2));
}

TEST_F(WorkersTest, OneElsewhereTakesNobodysPlaceWhoIsStillHeard) {
  become(leader(3));
  link::Hello here = hello("w", 1);
  here.home = "host-1/w";
  arrive(1, here);
  link::Hello elsewhere = hello("w", 2);
  elsewhere.home = "host-2/w";
  arrive(2, elsewhere);
  EXPECT_NE(said<link::Rejected>(2), nullptr);
  EXPECT_THAT(closed, ElementsAre(2));
  lose(1);
  arrive(3, elsewhere);
  EXPECT_NE(said<link::Welcome>(3), nullptr);
}

TEST_F(WorkersTest, WhoIsRejectedAgainAndAgainIsToldOfOnceInAWhile) {
  become(leader(3));
  arrive(1, hello("w", 2));
  arrive(2, hello("w", 1));
  EXPECT_THAT(notes, HasSubstr("Rejected a worker at peer:2"));
  arrive(3, hello("w", 1));
  EXPECT_THAT(notes, IsEmpty());
  for (const Time until = now + WorkerLimits{}.tell_again; now < until; say(1, link::Heartbeat{})) wait(seconds(10));
  arrive(4, hello("w", 1));
  EXPECT_THAT(notes, HasSubstr("Rejected a worker at peer:4"));
}

TEST_F(WorkersTest, TheReasonIsNeverTooLongToBeSent) {
  become(leader(3));
  link::Hello one = hello("w", 2);
  one.worker.host = std::string(link::kTextBytesMax, 'h');
  arrive(1, one);
  one.worker.incarnation = 1;
  arrive(2, one);
  ASSERT_NE(said<link::Rejected>(2), nullptr);
  EXPECT_LE(said<link::Rejected>(2)->why.size(), link::kTextBytesMax);
}

TEST_F(WorkersTest, EpochsOfAnotherClusterCountForNothing) {
  become(leader(1));
  link::Hello foreign = hello("w", 1, 9);
  foreign.cluster = "cluster-0";
  arrive(1, foreign);
  EXPECT_NE(said<link::Welcome>(1), nullptr);
  become(follower(2, "b:6123"));
  foreign.worker.id = "v";
  arrive(2, foreign);
  EXPECT_NE(said<link::Refused>(2), nullptr);
}

TEST_F(WorkersTest, ALeaderThatMayNotActRegistersNobodyUntilItMay) {
  become(leader(3));
  act(false);
  arrive(1, hello("w"));
  EXPECT_NE(said<link::Wait>(1), nullptr);
  EXPECT_THAT(known(), IsEmpty());
  act(true);
  EXPECT_NE(said<link::Welcome>(1), nullptr);
}

TEST_F(WorkersTest, ALoopThatStoodStillJudgesNobodyAtOnce) {
  become(leader(3));
  arrive(1, hello("w"));
  wait(seconds(1));
  now += seconds(100);
  workers.beat(clocks(), out);
  look();
  EXPECT_THAT(known(), ElementsAre("w")) << "its heartbeats wait in a socket";
  wait(seconds(48));
  EXPECT_THAT(known(), ElementsAre("w"));
  wait(seconds(2));
  EXPECT_THAT(known(), ElementsAre("w away"));
}

TEST_F(WorkersTest, WhoLeavesIsForgottenWithItsConnection) {
  become(leader(3));
  arrive(1, hello("w"));
  say(1, link::Leaving{});
  EXPECT_THAT(known(), ElementsAre("w")) << "it may still end what it runs";
  lose(1);
  EXPECT_THAT(known(), IsEmpty()) << "it is never away";
  const auto events = workers.take_events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<worker_event::Came>(events[0]));
  EXPECT_TRUE(std::holds_alternative<worker_event::Leaves>(events[1]));
  EXPECT_TRUE(std::holds_alternative<worker_event::Gone>(events[2]));
}

TEST_F(WorkersTest, WhatRegisteredWorkersSayOfTasksIsPassedOn) {
  become(leader(3));
  arrive(1, hello("w"));
  workers.take_events();
  const link::TaskReport report{
      {*JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e"), {0, 0}, 0}, link::TaskPhase::running, 7, {}, 1};
  say(1, report);
  const auto events = workers.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(std::get<worker_event::Reported>(events[0]).report, report);
  workers.send("w", link::StopTask{report.attempt}, out);
  workers.send("v", link::StopTask{report.attempt}, out);
  EXPECT_EQ(out.take().size(), 1u) << "nobody else is registered";
}

TEST_F(WorkersTest, WhoLosesTheLeadSendsItsWorkersOn) {
  become(leader(3));
  arrive(1, hello("w"));
  become(follower(4, "b:6123"));
  ASSERT_NE(said<link::Refused>(1), nullptr);
  EXPECT_EQ(said<link::Refused>(1)->leader, "b:6123");
  EXPECT_THAT(known(), IsEmpty());
}

TEST_F(WorkersTest, ANewListOfMastersIsToldAndChangesNothingElse) {
  become(leader(3));
  arrive(1, hello("w"));
  open(2);
  WorkerRole role = leader(3);
  role.masters.push_back("c:6123");
  become(role);
  ASSERT_NE(said<link::Masters>(1), nullptr);
  EXPECT_THAT(said<link::Masters>(1)->masters, ElementsAre("a:6123", "b:6123", "c:6123"));
  EXPECT_EQ(said<link::Masters>(2), nullptr) << "it is not registered";
  EXPECT_THAT(closed, IsEmpty());
  EXPECT_THAT(known(), ElementsAre("w"));
}

TEST_F(WorkersTest, WhatAWorkerMustNotSayEndsItsConnection) {
  become(leader(3));
  arrive(1, hello("w"));
  say(1, link::Echo{3, 1});
  EXPECT_NE(said<link::Rejected>(1), nullptr);
  EXPECT_THAT(closed, ElementsAre(1));
  EXPECT_THAT(known(), ElementsAre("w away"));
  arrive(2, hello("w", 1, 3));
  say(2, hello("w", 1, 3));
  EXPECT_THAT(closed, ElementsAre(2));
  EXPECT_THAT(known(), ElementsAre("w away"));
}

TEST_F(WorkersTest, ThereIsALimitForConnections) {
  WorkerLimits limits;
  limits.links = 1;
  Workers small(limits);
  small.opened(clocks(), 1, "a", out);
  small.opened(clocks(), 2, "b", out);
  look();
  EXPECT_NE(said<link::Rejected>(2), nullptr);
  EXPECT_THAT(closed, ElementsAre(2));
}

}  // namespace
}  // namespace stellwerk::master
