#include "drill/client_mind.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace stellwerk::drill {
namespace {

using history::Action;
using history::Call;
using history::Outcome;

/// Lets a client ask so often, answered by `answer`.
template <class Answer>
std::vector<Wish> live(std::uint64_t seed, int calls, Answer answer, bool may_list = true) {
  ClientMind mind(seed, 1, 3);
  std::vector<Wish> out;
  for (int i = 0; i < calls; ++i) {
    const Wish wish = mind.next("job-" + std::to_string(i), may_list);
    mind.learn(wish, answer(wish));
    out.push_back(wish);
  }
  return out;
}

Call done(const Wish& wish) {
  return {.action = wish.action, .job = wish.job, .outcome = Outcome::done, .status = 200, .position = {{1, 2}}};
}

TEST(ClientMindTest, ItDoesEverythingAtEveryMaster) {
  std::map<Action, int> actions;
  std::set<std::size_t> masters;
  for (const Wish& wish : live(1, 500, done)) {
    ++actions[wish.action];
    masters.insert(wish.master);
  }
  for (const Action each : {Action::submit, Action::cancel, Action::read_job, Action::list_jobs})
    EXPECT_GT(actions[each], 0);
  EXPECT_EQ(masters.size(), 3u);
}

TEST(ClientMindTest, TheSameSeedAsksTheSame) {
  const auto one = live(7, 200, done), same = live(7, 200, done);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].action, same[i].action);
    EXPECT_EQ(one[i].job, same[i].job);
    EXPECT_EQ(one[i].master, same[i].master);
  }
}

TEST(ClientMindTest, ItKeepsFewJobsAlive) {
  std::set<std::string> alive;
  for (const Wish& wish : live(3, 1000, done)) {
    if (wish.action == Action::submit) alive.insert(wish.job);
    if (wish.action == Action::cancel) alive.erase(wish.job);
    EXPECT_LE(alive.size(), kLiveJobsMax);
  }
}

TEST(ClientMindTest, WhatAFullStorageKeptAliveIsCancelledLater) {
  std::set<std::string> alive;
  int calls = 0;
  const auto often_full = [&](const Wish& wish) {
    const bool full = ++calls % 3 != 0 && wish.action == Action::cancel;
    if (wish.action == Action::submit) alive.insert(wish.job);
    if (wish.action == Action::cancel && !full) alive.erase(wish.job);
    EXPECT_LE(alive.size(), kLiveJobsMax);
    return full ? Call{.action = wish.action, .job = wish.job, .outcome = Outcome::refused, .status = 507} : done(wish);
  };
  live(3, 1000, often_full);
}

TEST(ClientMindTest, WhatIsOpenIsSaidAgainUnderTheSameIdButNotForEver) {
  std::map<std::string, int> tries;
  for (const Wish& wish : live(5, 400, [](const Wish& asked) {
         return Call{.action = asked.action, .job = asked.job, .outcome = Outcome::unknown};
       }))
    if (wish.action == Action::submit) ++tries[wish.job];
  int most = 0;
  for (const auto& [job, count] : tries) most = std::max(most, count);
  EXPECT_GT(most, 1);
  EXPECT_LE(most, kTriesMax);
  EXPECT_GT(tries.size(), 1u);
}

TEST(ClientMindTest, ReadsAreSometimesNoOlderThanWhatItWasTold) {
  int at_least = 0, reads = 0;
  for (const Wish& wish : live(9, 500, done)) {
    if (wish.action != Action::read_job) continue;
    ++reads;
    at_least += wish.at_least == model::Position{1, 2};
  }
  EXPECT_GT(at_least, 0);
  EXPECT_LT(at_least, reads);
}

TEST(ClientMindTest, ListsCanBeLeftOut) {
  for (const Wish& wish : live(1, 500, done, false)) EXPECT_NE(wish.action, Action::list_jobs);
}

}  // namespace
}  // namespace stellwerk::drill
