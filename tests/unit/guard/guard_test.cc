#include "guard/guard.h"

#include <gtest/gtest.h>

namespace stellwerk::guard {
namespace {

using namespace std::chrono_literals;

constexpr Time kBegin{};
const Place kPlace{"/q/leader/latch/me-latch-0000000001", "/q/leader/rest_server_lock"};

class GuardTest : public testing::Test {
 protected:
  void SetUp() override { session_.timeout = 40s; }

  template <class E>
  void step(const E& event) {
    for (auto& effect : guard_->step(now_, event)) effects_.push_back(std::move(effect));
  }
  void tell(const Message& message) { step(event::Told{message}); }
  /// Ticks as often as it should; the master beats every 100 ms if it is well.
  void run(Duration span, bool well) {
    const Time end = now_ + span;
    while (now_ < end) {
      now_ += options_.tick;
      if (well && (now_ - kBegin) % 100ms == 0us) tell(Beat{});
      step(event::Tick{});
    }
  }
  template <class E>
  int count() const {
    return static_cast<int>(
        std::count_if(effects_.begin(), effects_.end(), [](const Effect& e) { return std::holds_alternative<E>(e); }));
  }
  void begin() {
    tell(settings_);
    run(100ms, true);
    tell(session_);
    tell(kPlace);
  }
  Options options_;
  std::optional<Guard> guard_{options_};
  Settings settings_{Settings::Lock::session, 2000ms};
  Session session_;
  Time now_ = kBegin;
  std::vector<Effect> effects_;
};

TEST_F(GuardTest, AHealthyMasterIsLeftAlone) {
  begin();
  run(1h, true);
  EXPECT_TRUE(effects_.empty());
}

TEST_F(GuardTest, TheSessionOfADeadMasterIsEndedAtOnce) {
  begin();
  step(event::MasterDied{});
  ASSERT_EQ(count<effect::EndSession>(), 1);
  EXPECT_EQ(std::get<effect::EndSession>(effects_[0]).session, session_);
  step(event::SessionEnded{true, ""});
  EXPECT_EQ(count<effect::Exit>(), 1);
  run(1min, false);
  EXPECT_EQ(count<effect::EndSession>(), 1) << "it is over";
}

TEST_F(GuardTest, EndingItIsTriedUntilItsTimeoutHasPassed) {
  begin();
  step(event::MasterDied{});
  int tries = 0;
  for (const Time end = now_ + 1min; now_ < end && count<effect::Exit>() == 0;) {
    if (count<effect::EndSession>() > tries) {
      ++tries;
      step(event::SessionEnded{false, "no server answers"});
    }
    run(50ms, false);
  }
  EXPECT_GT(tries, 40);
  EXPECT_LT(tries, 60) << "once a second in the end";
  EXPECT_EQ(count<effect::Exit>(), 1);
  EXPECT_GT(now_ - kBegin, session_.timeout);
}

TEST_F(GuardTest, WithoutASessionNothingIsLeftToDo) {
  run(1s, true);
  step(event::MasterDied{});
  EXPECT_EQ(count<effect::Exit>(), 1);
  EXPECT_EQ(count<effect::EndSession>(), 0);
}

TEST_F(GuardTest, AfterAFarewellSilenceMeansNothingButASessionIsStillEnded) {
  begin();
  tell(Farewell{});
  run(10s, false);
  EXPECT_EQ(count<effect::RemovePlace>(), 0);
  step(event::MasterDied{});
  EXPECT_EQ(count<effect::EndSession>(), 1) << "its own close may have failed";
  step(event::SessionEnded{false, "no server answers"});
  for (int i = 0; i < 10 && count<effect::Exit>() == 0; ++i) {
    run(1s, false);
    if (count<effect::Exit>() == 0) step(event::SessionEnded{false, "no server answers"});
  }
  EXPECT_EQ(count<effect::Exit>(), 1);
  EXPECT_LT(now_ - kBegin, 20s) << "an orderly end is not worth a session's timeout";
}

TEST_F(GuardTest, AnEndOfTheSocketIsNoFarewellAndNoSilence) {
  begin();
  step(event::SocketEnded{});
  run(10s, false);
  EXPECT_TRUE(effects_.empty());
  step(event::MasterDied{});
  for (int i = 0; i < 10; ++i) {
    step(event::SessionEnded{false, "no server answers"});
    run(1s, false);
  }
  EXPECT_EQ(count<effect::Exit>(), 0) << "the session still lives";
}

TEST_F(GuardTest, AHangingMasterLosesItsPlaceOnce) {
  begin();
  run(2s, false);
  EXPECT_EQ(count<effect::RemovePlace>(), 0);
  run(100ms, false);
  ASSERT_EQ(count<effect::RemovePlace>(), 1);
  step(event::PlaceRemoved{true, ""});
  run(1min, false);
  EXPECT_EQ(count<effect::RemovePlace>(), 1) << "it has no place any more";
  EXPECT_EQ(count<effect::KillMaster>(), 0);
}

TEST_F(GuardTest, AMasterThatIsNotInTheQueueMayHang) {
  tell(settings_);
  run(100ms, true);
  tell(session_);
  run(1min, false);
  tell(kPlace);
  tell(Place{});
  run(1min, false);
  EXPECT_TRUE(effects_.empty());
}

TEST_F(GuardTest, TheTimeoutDoublesAndIsForgivenLater) {
  begin();
  run(2100ms, false);
  step(event::PlaceRemoved{true, ""});
  tell(kPlace);  // it woke and joined again
  run(4s, false);
  EXPECT_EQ(count<effect::RemovePlace>(), 1);
  run(100ms, false);
  EXPECT_EQ(count<effect::RemovePlace>(), 2);
  step(event::PlaceRemoved{true, ""});
  tell(kPlace);
  run(11min, true);
  run(2100ms, false);
  EXPECT_EQ(count<effect::RemovePlace>(), 3) << "ten minutes without another act";
}

TEST_F(GuardTest, AnActThatFailedIsTriedAgainSoonAndCostsNoPatience) {
  begin();
  run(2100ms, false);
  for (int tries = 2; tries < 6; ++tries) {
    step(event::PlaceRemoved{false, "no server answers"});
    run(600ms, false);
    EXPECT_EQ(count<effect::RemovePlace>(), tries);
  }
  step(event::PlaceRemoved{false, "the master turns again"});
  tell(Beat{});
  run(2s, false);
  EXPECT_EQ(count<effect::RemovePlace>(), 5);
  run(100ms, false);
  EXPECT_EQ(count<effect::RemovePlace>(), 6);
}

TEST_F(GuardTest, TimeInWhichItWasNotScheduledItselfIsNoSilence) {
  begin();
  for (int i = 0; i < 100; ++i) {
    now_ += 1s;  // the machine crawls
    step(event::Tick{});
  }
  EXPECT_TRUE(effects_.empty());
  run(1500ms, false);
  now_ += 10s;
  step(event::Tick{});
  EXPECT_TRUE(effects_.empty());
  run(700ms, false);
  EXPECT_EQ(count<effect::RemovePlace>(), 1) << "what it saw before and after counts";
}

TEST_F(GuardTest, TimeInWhichTheMasterWaitedForAProcessorIsNoSilence) {
  begin();
  Duration waited{};
  const auto starve = [&](Duration span, double share) {
    for (const Time end = now_ + span; now_ < end;) {
      now_ += options_.tick;
      waited += std::chrono::duration_cast<Duration>(options_.tick * share);
      step(event::Tick{waited});
    }
  };
  starve(6s, 0.9);
  EXPECT_TRUE(effects_.empty()) << "it got little, and did nothing wrong";
  tell(Beat{});
  starve(1500ms, 0);
  EXPECT_TRUE(effects_.empty());
  starve(700ms, 0);
  EXPECT_EQ(count<effect::RemovePlace>(), 1) << "it waited for nothing";
}

TEST_F(GuardTest, ALoopThatTurnsInCirclesOnABusyHostHasAnEnd) {
  begin();
  Duration waited{};
  for (int i = 0; i < 300; ++i) {  // 15 s
    now_ += options_.tick;
    waited += options_.tick;
    step(event::Tick{waited});
  }
  EXPECT_EQ(count<effect::RemovePlace>(), 1) << "after five stall timeouts";
}

TEST_F(GuardTest, AMasterThatBeatsAgainIsSeenByWhoeverActs) {
  begin();
  run(2100ms, false);
  EXPECT_FALSE(guard_->master_is_back());
  tell(Beat{});
  EXPECT_TRUE(guard_->master_is_back());
}

TEST_F(GuardTest, ALockOfTheKernelIsTakenByKilling) {
  tell(Settings{Settings::Lock::kernel, 2000ms});
  run(100ms, true);
  run(2100ms, false);
  EXPECT_EQ(count<effect::KillMaster>(), 1);
  step(event::MasterDied{});
  EXPECT_EQ(count<effect::Exit>(), 1);
}

TEST_F(GuardTest, AStallTimeoutOfZeroIsOff) {
  settings_.stall_timeout = 0ms;
  begin();
  run(1h, false);
  EXPECT_TRUE(effects_.empty());
}

TEST_F(GuardTest, TheNewestSessionIsTheOneThatCounts) {
  begin();
  session_.id = 77;
  tell(session_);
  step(event::MasterDied{});
  ASSERT_EQ(count<effect::EndSession>(), 1);
  EXPECT_EQ(std::get<effect::EndSession>(effects_.back()).session.id, 77);
}

}  // namespace
}  // namespace stellwerk::guard
