#include "worker/artifact_fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::worker {
namespace {

using namespace std::chrono_literals;
using Answer = ArtifactFetch::Answer;
using testing::HasSubstr;

class ArtifactFetchTest : public testing::Test {
 protected:
  std::string told(const ArtifactFetch::Step& step) {
    if (const auto* ask = std::get_if<ArtifactFetch::Ask>(&step)) return "ask " + ask->master;
    if (const auto* pause = std::get_if<ArtifactFetch::Pause>(&step)) {
      const auto length = pause->until - now;
      now = pause->until;
      return "pause " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
    }
    if (const auto* error = std::get_if<Error>(&step)) return std::string(to_string(error->code)) + ": " + error->text;
    return "taken";
  }
  std::string round() { return told(fetch.begin_round(now, masters)); }
  std::string hear(Answer::Kind kind, const std::string& why = "") { return told(fetch.answered(now, {kind, why})); }

  Time now{1000s};
  std::vector<std::string> masters{"m1:6123", "m2:6123"};
  ArtifactFetch fetch{{std::string(64, 'a'), 7, "x.tar.gz", model::ArtifactKind::bundle}, now};
};

TEST_F(ArtifactFetchTest, TheLeaderIsAskedThenTheOthers) {
  EXPECT_EQ(round(), "ask m1:6123");
  EXPECT_EQ(hear(Answer::Kind::missing), "ask m2:6123");
  EXPECT_EQ(hear(Answer::Kind::taken), "taken");
}

TEST_F(ArtifactFetchTest, WhatNobodyHasIsSaidAfterThreeRounds) {
  for (const char* pause : {"pause 200", "pause 400"}) {
    EXPECT_EQ(round(), "ask m1:6123");
    hear(Answer::Kind::missing);
    EXPECT_EQ(hear(Answer::Kind::missing), pause);
  }
  round();
  hear(Answer::Kind::missing);
  EXPECT_EQ(hear(Answer::Kind::missing), "not_found: could not fetch x.tar.gz (SHA-256 " + std::string(64, 'a') +
                                             "): m1:6123: it is not there; m2:6123: it is not there");
}

TEST_F(ArtifactFetchTest, WhatIsWrongEverywhereIsDamaged) {
  masters = {"m1:6123"};
  for (int i = 0; i < 2; ++i) {
    round();
    hear(Answer::Kind::wrong, "sent 3 bytes instead of 7");
  }
  round();
  EXPECT_THAT(hear(Answer::Kind::wrong, "sent 3 bytes instead of 7"),
              testing::AllOf(HasSubstr("damaged: "), HasSubstr("m1:6123: sent 3 bytes instead of 7")));
}

TEST_F(ArtifactFetchTest, WhoCannotBeReachedIsAskedAgainUntilTheDeadline) {
  int rounds = 0;
  std::string last;
  for (const Time begin = now; now - begin < 10min; ++rounds) {
    if (last = round(); last != "ask m1:6123") break;
    hear(Answer::Kind::missing);
    if (last = hear(Answer::Kind::later, "refused\n"); !last.starts_with("pause")) break;
  }
  EXPECT_GT(rounds, 20);
  EXPECT_THAT(last, testing::AllOf(HasSubstr("unavailable: "), HasSubstr("m2:6123: refused\\n")));
}

TEST_F(ArtifactFetchTest, MastersThatComeLaterAreAskedToo) {
  masters.clear();
  EXPECT_EQ(round(), "pause 200");
  EXPECT_EQ(round(), "pause 400");
  masters = {"m3:6123"};
  EXPECT_EQ(round(), "ask m3:6123");
  EXPECT_EQ(hear(Answer::Kind::taken), "taken");
}

TEST_F(ArtifactFetchTest, WithoutAnyMasterItEndsToo) {
  masters.clear();
  std::string last;
  for (int i = 0; i < 100 && (last.empty() || last.starts_with("pause")); ++i) last = round();
  EXPECT_THAT(last, HasSubstr("no master is known"));
}

}  // namespace
}  // namespace stellwerk::worker
