/// The election's machine with what it asked for, answered by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "leadership/zk_election.h"

namespace stellwerk::leadership::election {

inline constexpr std::int64_t kSession = 0x10;
inline constexpr std::int64_t kOther = 0x20;
inline const std::string kMine = "me-latch-0000000005";
inline const std::string kBefore = "you-latch-0000000003";

/// What the machine asks for is kept until it is answered.
class ZkElectionTest : public testing::Test {
 protected:
  explicit ZkElectionTest(Safeguards safeguards = {}) : machine("/q", "me", safeguards) {}

  void step(const Event& event) {
    for (Effect& effect : machine.step(now, event)) effects.push_back(std::move(effect));
  }

  /// Takes the oldest effect of this kind out; fails if there is none.
  template <class Kind>
  Kind take() {
    for (auto it = effects.begin(); it != effects.end(); ++it) {
      if (const auto* found = std::get_if<Kind>(&*it)) {
        Kind out = *found;
        effects.erase(it);
        return out;
      }
    }
    ADD_FAILURE() << "not asked for";
    return Kind{};
  }

  template <class Kind>
  bool has() const {
    return std::any_of(effects.begin(), effects.end(), [](const Effect& e) { return std::holds_alternative<Kind>(e); });
  }

  void answer(OpId op, ZkReply reply) { step(Replied{op, std::move(reply)}); }
  static ZkReply reply(ZkCode code) {
    ZkReply out;
    out.code = code;
    return out;
  }
  static ZkReply node(std::int64_t owner) {
    ZkReply out = reply(ZkCode::ok);
    out.stat.ephemeral_owner = owner;
    return out;
  }

  void session_up(std::int64_t id = kSession) { step(SessionUp{id, std::chrono::seconds(12)}); }
  void join() {
    Candidate candidate;
    candidate.id = "me";
    step(Join{candidate});
  }

  /// Answers the sync and the list that are asked for.
  List list(const std::vector<std::string>& names) {
    answer(take<Sync>().op, reply(ZkCode::ok));
    const List asked = take<List>();
    ZkReply children = reply(ZkCode::ok);
    children.children = names;
    answer(asked.op, children);
    effects.erase(
        std::remove_if(effects.begin(), effects.end(), [](const Effect& e) { return std::holds_alternative<Get>(e); }),
        effects.end());
    return asked;
  }
  void created(const std::string& name) {
    ZkReply made = reply(ZkCode::ok);
    made.path = "/q/" + name;
    answer(take<Create>().op, made);
  }
  /// Answers the sync and the look at our own candidate.
  Exists verified(ZkReply with) {
    answer(take<Sync>().op, reply(ZkCode::ok));
    const Exists asked = take<Exists>();
    EXPECT_EQ(asked.path, "/q/" + machine_own);
    answer(asked.op, std::move(with));
    return asked;
  }

  /// Up to the moment when our candidate is made, verified and listed with `others`.
  void stand(std::vector<std::string> others = {}) {
    session_up();
    join();
    list_watch = list(others).op;
    created(kMine);
    machine_own = kMine;
    own_watch = verified(node(kSession)).op;
    others.push_back(kMine);
    list(others);
  }
  void lead() {
    stand();
    ASSERT_TRUE(has<MayClaim>());
    effects.clear();
  }

  ZkElection machine;
  std::string machine_own = kMine;
  OpId own_watch = 0;
  OpId list_watch = 0;
  Time now{std::chrono::seconds(1000)};
  Effects effects;
};

}  // namespace stellwerk::leadership::election
