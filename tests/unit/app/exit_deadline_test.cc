#include "app/exit_deadline.h"

#include <gtest/gtest.h>

#include <future>
#include <iostream>

namespace stellwerk::app {
namespace {

using namespace std::chrono_literals;

TEST(ExitDeadlineDeathTest, WhatHangsIsLeftBehind) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const ExitDeadline deadline(1ms, 3, [] { std::cerr << "left behind" << std::endl; });
        std::promise<void>().get_future().wait_for(1h);
      },
      testing::ExitedWithCode(3), "left behind");
}

TEST(ExitDeadline, WhoIsInTimeHearsNothing) {
  bool said = false;
  {
    const ExitDeadline deadline(1h, 3, [&said] { said = true; });
  }
  EXPECT_FALSE(said);
}

}  // namespace
}  // namespace stellwerk::app
