/// Whose guards' words a master takes, and what becomes of the worker.
#include <gmock/gmock.h>

#include "master/workers.h"

namespace stellwerk::master {
namespace {

using Kind = DeathAnswer::Kind;
using testing::HasSubstr;

class WorkerDeathsTest : public testing::Test {
 protected:
  WorkerDeathsTest() : workers(WorkerLimits{}) {
    workers.act(kClocks, true, out);
    become(true);
  }

  void become(bool leads) {
    workers.become(kClocks, {leads, "cluster-1", 5, leads ? "" : "b:6123", {"a:6123", "b:6123"}}, out);
  }
  void arrive(LinkId link, const std::string& id, std::int64_t incarnation) {
    link::Hello hello;
    hello.worker = {id, incarnation, "process-" + std::to_string(incarnation), "host", 100, 4, "0.1.0"};
    link::Message message = hello;
    workers.opened(kClocks, link, "peer", out);
    workers.received(kClocks, link, message, out);
    workers.take_events();
    out.take();
  }
  /// An attempt that runs there, by its record.
  void record(const std::string& worker, std::int64_t incarnation, bool open = true) {
    model::Attempt attempt{0, worker, incarnation, "host", 1000, -1, {}};
    if (!open) {
      attempt.end = model::AttemptEnd::finished;
      attempt.end_ms = 2000;
    }
    const JobId job = JobId::mint(1'700'000'000'000, {1, ++records});
    const auto fault = state.apply(model::Record::put(jobs::attempt_key(job, {0, 0}), model::encode_attempt(attempt)));
    EXPECT_FALSE(fault);
  }
  DeathAnswer hear(const link::Death& death) { return workers.hear_death(death, &state, out); }
  /// Whether the scheduler was told that this worker is gone.
  bool gone(const std::string& worker, std::int64_t incarnation) {
    bool found = false;
    for (const auto& event : workers.take_events())
      if (const auto* const each = std::get_if<worker_event::Gone>(&event))
        found = found || (each->worker == worker && each->incarnation == incarnation);
    return found;
  }
  bool is_shown(const std::string& worker) { return workers.share_table().find(worker) != nullptr; }
  bool closed(LinkId link) {
    for (const auto& effect : out.take())
      if (const auto* const close = std::get_if<CloseLink>(&effect)) return close->link == link;
    return false;
  }

  static constexpr Clocks kClocks{Time(std::chrono::seconds(1000)), 1'000'000};
  std::uint64_t records = 0;
  jobs::ClusterState state;
  Outbox out;
  Workers workers;
};

const link::Death kWord{"w-1", 3, "cluster-1", 5};

TEST_F(WorkerDeathsTest, WhoLooksConnectedIsGone) {
  arrive(1, "w-1", 3);
  record("w-1", 3);
  EXPECT_EQ(hear(kWord).kind, Kind::taken) << "until its end is recorded";
  EXPECT_TRUE(closed(1));
  EXPECT_TRUE(gone("w-1", 3));
  EXPECT_FALSE(is_shown("w-1"));
  workers.closed(kClocks, 1, "end of file", out);
  EXPECT_TRUE(workers.take_events().empty()) << "it is not away as well";
}

TEST_F(WorkerDeathsTest, WhoIsAwayIsGone) {
  arrive(1, "w-1", 3);
  workers.closed(kClocks, 1, "end of file", out);
  EXPECT_TRUE(is_shown("w-1"));
  EXPECT_EQ(hear(kWord).kind, Kind::settled) << "nothing of it is recorded";
  EXPECT_TRUE(gone("w-1", 3));
  EXPECT_FALSE(is_shown("w-1"));
}

TEST_F(WorkerDeathsTest, WhoHasNotComeToThisLeaderIsKnownByItsRecords) {
  record("w-1", 3);
  EXPECT_EQ(hear(kWord).kind, Kind::taken);
  EXPECT_TRUE(gone("w-1", 3));
  state = {};
  record("w-1", 3, false);
  EXPECT_EQ(hear(kWord).kind, Kind::settled) << "its end is recorded: the word need not be said again";
  EXPECT_FALSE(gone("w-1", 3));
}

TEST_F(WorkerDeathsTest, SaidAgainItIsOneEvent) {
  record("w-1", 3);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(hear(kWord).kind, Kind::taken);
  EXPECT_EQ(workers.take_events().size(), 1u);
}

TEST_F(WorkerDeathsTest, AnOlderProcessOfItChangesNothing) {
  arrive(1, "w-1", 4);
  record("w-1", 3);
  EXPECT_EQ(hear(kWord).kind, Kind::settled);
  EXPECT_FALSE(gone("w-1", 3));
  EXPECT_TRUE(is_shown("w-1"));
  state = {};
  record("w-2", 9);
  EXPECT_EQ(hear({"w-2", 8, "cluster-1", 5}).kind, Kind::settled) << "by its records, when it has not come yet";
  EXPECT_FALSE(gone("w-2", 8));
}

TEST_F(WorkerDeathsTest, WhoIsNotKnownIsNot) {
  const DeathAnswer answer = hear(kWord);
  EXPECT_EQ(answer.kind, Kind::unknown);
  EXPECT_THAT(answer.text, HasSubstr("no worker w-1"));
  EXPECT_FALSE(gone("w-1", 3));
}

TEST_F(WorkerDeathsTest, AnotherClusterIsRefused) {
  arrive(1, "w-1", 3);
  const DeathAnswer answer = hear({"w-1", 3, "cluster-2", 5});
  EXPECT_EQ(answer.kind, Kind::refused);
  EXPECT_THAT(answer.text, HasSubstr("this is cluster cluster-1, not cluster-2"));
  EXPECT_TRUE(is_shown("w-1"));
}

TEST_F(WorkerDeathsTest, OnlyWhoLeadsNowTakesIt) {
  arrive(1, "w-1", 3);
  EXPECT_EQ(hear({"w-1", 3, "cluster-1", 6}).kind, Kind::elsewhere) << "a later leader was there";
  workers.act(kClocks, false, out);
  EXPECT_EQ(hear(kWord).kind, Kind::elsewhere);
  workers.act(kClocks, true, out);
  EXPECT_EQ(workers.hear_death(kWord, nullptr, out).kind, Kind::elsewhere);
  EXPECT_FALSE(gone("w-1", 3));
  become(false);
  const DeathAnswer answer = hear(kWord);
  EXPECT_EQ(answer.kind, Kind::elsewhere);
  EXPECT_THAT(answer.text, HasSubstr("b:6123"));
}

}  // namespace
}  // namespace stellwerk::master
