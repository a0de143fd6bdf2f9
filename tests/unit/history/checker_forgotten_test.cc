/// A cluster that others use too forgets ended jobs by limits of its own: nobody may call that a loss.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history/checker.h"
#include "unit/history/told.h"

namespace stellwerk::history {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Status = model::JobStatus;

class ForgottenTest : public testing::Test {
 protected:
  ForgottenTest() { told_.history.alone = false; }
  /// What is broken, there and in a cluster of the drill's own, which forgets nothing.
  void expect_broken(const testing::Matcher<std::vector<std::string>>& there) {
    EXPECT_THAT(told_.broken(), there);
    told_.history.alone = true;
    EXPECT_THAT(told_.broken(), testing::Contains(rules::kLost));
  }
  Told told_;
};

TEST_F(ForgottenTest, AfterItsEndWasSeen) {
  told_.submit("a", 202, {1, 2});
  told_.read("a", Status::finished, {1, 3});
  told_.missing("a", {1, 9});
  told_.list({}, {1, 9});
  expect_broken(IsEmpty());
}

TEST_F(ForgottenTest, AfterItsCancel) {
  told_.submit("a", 202, {1, 2});
  told_.cancel("a", 202, {1, 3});
  told_.cancel("a", 404, {1, 9});
  told_.list({}, {1, 9});
  expect_broken(IsEmpty());
}

TEST_F(ForgottenTest, AfterACancelThatMayHaveHappened) {
  told_.submit("a", 202, {1, 2});
  told_.cancel("a", 504);
  told_.missing("a", {1, 9});
  expect_broken(IsEmpty());
}

TEST_F(ForgottenTest, AJobThatEndsByItself) {
  told_.submit("a", 202, {1, 2}).short_lived = true;
  told_.missing("a", {1, 9});
  told_.list({}, {1, 9});
  expect_broken(IsEmpty());
}

TEST_F(ForgottenTest, NotWhileItHadNoReasonToEnd) {
  told_.submit("a", 202, {1, 2});
  told_.read("a", Status::running, {1, 3});
  told_.missing("a", {1, 9});
  told_.list({}, {1, 9});
  told_.cancel("a", 202, {1, 10});
  expect_broken(ElementsAre(rules::kLost, rules::kLost));
}

TEST_F(ForgottenTest, NotAfterACancelThatCertainlyDidNotHappen) {
  told_.submit("a", 202, {1, 2});
  told_.cancel("a", 503);
  told_.missing("a", {1, 9});
  expect_broken(ElementsAre(rules::kLost));
}

TEST_F(ForgottenTest, WhatWasForgottenDoesNotLiveAgain) {
  told_.submit("a", 202, {1, 2});
  told_.read("a", Status::finished, {1, 3});
  told_.missing("a", {1, 9});
  told_.read("a", Status::running, {1, 12});
  expect_broken(ElementsAre(rules::kOneEnd));
}

}  // namespace
}  // namespace stellwerk::history
