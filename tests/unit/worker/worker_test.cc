/// The core of a worker: who hears what of its two parts, and what follows from both.
#include "worker/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stellwerk::worker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class WorkerTest : public testing::Test {
 protected:
  using Words = std::vector<std::string>;

  WorkerTest() {
    options.registration.self.worker.id = "tm-1";
    options.registration.masters = {"A", "B"};
    options.tasks.cancellation_timeout = 60s;
    begin();
  }
  void begin() {
    worker.emplace(options);
    step(event::Tick{});
  }

  /// What it wants done, in words and in order; without what is only for people, and without dials and measures.
  Words step(Event event) {
    words.clear();
    for (auto& each : worker->step({now, now.time_since_epoch() / 1ms}, std::move(event)))
      std::visit([this](auto& effect) { take(effect); }, each);
    return words;
  }
  void take(effect::Dial& e) {
    names[e.link] = e.address;
    links[e.address] = e.link;
  }
  void take(effect::Send& e) {
    words.push_back(names.at(e.link) + " " + std::string(link::type_of(e.message)));
    if (const auto* said = std::get_if<link::Hello>(&e.message)) hello = *said;
    if (const auto* said = std::get_if<link::TaskEnded>(&e.message)) ended = *said;
  }
  void take(effect::Close& e) { words.push_back("close " + names.at(e.link)); }
  void take(effect::Remember& e) { words.push_back("remember " + e.place.cluster); }
  void take(effect::Leased& e) { words.push_back(e.until == Time{} ? "no lease" : "lease"); }
  void take(effect::Exit& e) { words.push_back("exit " + std::to_string(e.code)); }
  void take(effect::Prepare&) { words.push_back("prepare"); }
  void take(effect::Launch&) { words.push_back("launch"); }
  void take(effect::Signal& e) { words.push_back("signal " + std::to_string(e.signal)); }
  void take(effect::Say&) { words.push_back("say"); }
  void take(effect::Discard&) { words.push_back("discard"); }
  void take(effect::KeepEnd&) { words.push_back("keep"); }
  void take(effect::ForgetEnd&) { words.push_back("forget"); }
  template <class Other>
  void take(Other&) {}

  Words connect(const std::string& master) { return step(event::Dialled{links.at(master)}); }
  Words lose(const std::string& master) { return step(event::Closed{links.at(master), "it is gone"}); }
  Words say(const std::string& master, link::Message message) {
    return step(event::Received{links.at(master), std::move(message)});
  }
  Words welcome(const std::string& master, std::int64_t epoch, const std::string& cluster = "one") {
    return say(master, link::Welcome{cluster, epoch, 10'000, 50'000, 70'000, {"A", "B"}});
  }
  void lead_by(const std::string& master, std::int64_t epoch) {
    connect(master);
    welcome(master, epoch);
    echo(master, epoch);
  }
  Words echo(const std::string& master, std::int64_t epoch) {
    return say(master, link::Echo{epoch, now.time_since_epoch() / 1us});
  }
  model::AttemptId attempt(int subtask) const { return {job, {0, subtask}, 0}; }
  Words start(const std::string& master, int subtask, bool leased = false) {
    link::StartTask message;
    message.attempt = attempt(subtask);
    message.vertex = "v";
    message.command = {"x"};
    message.leased = leased;
    return say(master, message);
  }
  Words prepared(TaskId id) { return step(event::Prepared{id, std::map<std::string, std::int64_t>{}}); }
  /// The first task of a worker that A leads.
  void run_one() {
    lead_by("A", 1);
    start("A", 0);
    prepared(1);
    step(event::Launched{1, {}, 100});
  }
  Words exited(TaskId id) { return step(event::Exited{id, {}}); }

  const JobId job = *JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e");
  Time now{1000s};
  WorkerOptions options;
  std::optional<Worker> worker;
  Words words;
  std::map<LinkId, std::string> names;
  std::map<std::string, LinkId> links;
  link::Hello hello;
  link::TaskEnded ended;
};

TEST_F(WorkerTest, TasksAreStartedForTheLeaderOnly) {
  connect("A");
  EXPECT_THAT(start("A", 0), ElementsAre("close A")) << "it has not registered us";
  lead_by("B", 1);
  EXPECT_THAT(start("B", 0), ElementsAre("prepare"));
  EXPECT_THAT(prepared(1), ElementsAre("launch"));
  EXPECT_THAT(step(event::Launched{1, {}, 100}), ElementsAre("say", "B task")) << "hello, on its control channel";
  EXPECT_THAT(say("B", link::StopTask{attempt(0)}), ElementsAre("say", "signal 15"));
  EXPECT_THAT(exited(1), ElementsAre("discard", "keep", "B ended"));
  EXPECT_THAT(say("B", link::Acknowledge{{attempt(0)}}), ElementsAre("forget"));
}

TEST_F(WorkerTest, AHelloTellsWhatRunsAndWhatHasEnded) {
  run_one();
  start("A", 1);
  prepared(2);
  step(event::Launched{2, {}, 101});
  exited(2);
  lose("A");
  connect("B");
  ASSERT_EQ(hello.tasks.size(), 1);
  EXPECT_EQ(hello.tasks[0].attempt, attempt(0));
  ASSERT_EQ(hello.ended.size(), 1);
  EXPECT_EQ(hello.ended[0].attempt, attempt(1));
}

TEST_F(WorkerTest, WhatHappensBetweenHelloAndWelcomeIsToldOnce) {
  run_one();
  lose("A");
  connect("B");
  EXPECT_THAT(exited(1), ElementsAre("discard", "keep")) << "nobody leads";
  EXPECT_THAT(welcome("B", 2), ElementsAre("remember one", "close A", "B heartbeat", "B ended"));
  EXPECT_EQ(ended.attempt, attempt(0));
  echo("B", 2);
  lose("B");
  EXPECT_THAT(connect("A"), ElementsAre("A hello"));
  EXPECT_EQ(hello.ended.size(), 1);
  EXPECT_THAT(welcome("A", 3), testing::Not(testing::Contains("A ended"))) << "the hello has said it";
}

TEST_F(WorkerTest, WhatALeaderWasToldThatMayNotActIsToldTheNextOneToo) {
  run_one();
  say("A", link::Wait{{"A", "B"}});
  connect("B");
  EXPECT_EQ(hello.tasks.size(), 1u);
  EXPECT_THAT(exited(1), testing::Contains("A ended"));
  EXPECT_THAT(welcome("B", 2), testing::Contains("B ended"));
  EXPECT_EQ(ended.attempt, attempt(0));
}

TEST_F(WorkerTest, WhatWasToldInDoubtIsForgottenWhenThatIsOver) {
  run_one();
  say("A", link::Wait{{"A", "B"}});
  exited(1);
  echo("A", 1);
  say("A", link::Acknowledge{{attempt(0)}});
  lose("A");
  connect("B");
  EXPECT_THAT(hello.ended, IsEmpty());
  EXPECT_THAT(welcome("B", 2), testing::Not(testing::Contains("B ended")));
}

TEST_F(WorkerTest, AnEchoLeasesAlsoWhatWaitsForIt) {
  connect("A");
  welcome("A", 1);
  start("A", 0, true);
  EXPECT_THAT(prepared(1), IsEmpty()) << "a welcome gives no lease";
  EXPECT_THAT(echo("A", 1), ElementsAre("lease", "launch"));
}

TEST_F(WorkerTest, WhatHasLostItsLeaseIsKilledBeforeAnythingElseIsHeard) {
  lead_by("A", 1);
  start("A", 0, true);
  prepared(1);
  step(event::Launched{1, {}, 100});
  now += 70s;
  EXPECT_THAT(step(event::Line{1, "{}"}), ElementsAre("signal 9"));
}

TEST_F(WorkerTest, InAnotherClusterNothingOfTheOldOneGoesOn) {
  run_one();
  start("A", 1, true);
  prepared(2);
  step(event::Launched{2, {}, 101});
  start("A", 2);
  prepared(3);
  step(event::Launched{3, {}, 102});
  lose("A");
  exited(3);
  connect("B");
  welcome("B", 1, "two");
  EXPECT_THAT(words, testing::IsSupersetOf({"no lease", "remember two", "signal 9", "forget", "say", "signal 15"}));
  EXPECT_THAT(words, testing::Not(testing::Contains("B ended"))) << "the new leader has never heard of it";
  EXPECT_LT(std::find(words.begin(), words.end(), "no lease"), std::find(words.begin(), words.end(), "remember two"));
  EXPECT_THAT(exited(1), ElementsAre("discard"));
  EXPECT_THAT(exited(2), ElementsAre("discard"));
}

TEST_F(WorkerTest, WhoRunsNothingEndsAtOnce) {
  lead_by("A", 1);
  EXPECT_THAT(step(event::StopWanted{}), ElementsAre("A leaving", "close A", "exit 0"));
  EXPECT_THAT(step(event::Tick{}), IsEmpty());
  EXPECT_THAT(start("A", 0), IsEmpty());
}

TEST_F(WorkerTest, WhoRunsTasksEndsAfterThem) {
  run_one();
  EXPECT_THAT(step(event::StopWanted{}), ElementsAre("A leaving", "say", "signal 15"));
  EXPECT_THAT(step(event::StopWanted{}), IsEmpty());
  EXPECT_THAT(start("A", 1), ElementsAre("discard", "keep", "A ended"));
  EXPECT_TRUE(ended.given_back);
  EXPECT_THAT(exited(1), ElementsAre("discard", "keep", "A ended", "A leaving", "close A", "exit 0"));
  EXPECT_TRUE(ended.given_back);
}

TEST_F(WorkerTest, ANewLeaderHearsThatItLeaves) {
  run_one();
  step(event::StopWanted{});
  lose("A");
  connect("B");
  welcome("B", 2);
  EXPECT_EQ(words.back(), "B leaving");
}

TEST_F(WorkerTest, TasksThatCannotBeEndedKeepItForALimitedTime) {
  run_one();
  step(event::StopWanted{});
  const Time stopped = now;
  Words last;
  for (int turns = 0; turns < 100 && last.empty(); ++turns) {
    now = std::max(now, worker->wake_at());
    if (const Words said = step(event::Tick{}); !said.empty() && said.back() == "exit 0") last = said;
  }
  ASSERT_FALSE(last.empty());
  EXPECT_EQ(now - stopped, Worker::kEndMax);
}

TEST_F(WorkerTest, WhomNobodyWantsEndsItsTasksFirst) {
  options.registration.orphan_timeout = 100s;
  begin();
  run_one();
  lose("A");
  now += 100s;
  EXPECT_THAT(step(event::Tick{}), ElementsAre("say", "signal 15"));
  EXPECT_THAT(exited(1), ElementsAre("discard", "keep", "exit 2"));
}

}  // namespace
}  // namespace stellwerk::worker
