#include "jobs/task_transitions.h"

#include <gmock/gmock.h>

#include <string>

namespace stellwerk::jobs {
namespace {

using model::TaskState;

/// The words of all states that may follow, in the order of the life.
std::string after(TaskState from) {
  std::string words;
  for (std::size_t i = 0; i < model::kTaskStates; ++i) {
    const auto to = static_cast<TaskState>(i);
    if (may_follow(from, to)) words += (words.empty() ? "" : " ") + std::string(to_string(to));
  }
  return words;
}

TEST(TaskTransitions, TheTable) {
  EXPECT_EQ(after(TaskState::created), "SCHEDULED CANCELED FAILED");
  EXPECT_EQ(after(TaskState::scheduled), "DEPLOYING CANCELED FAILED");
  EXPECT_EQ(after(TaskState::deploying), "INITIALIZING RUNNING FINISHED CANCELING CANCELED FAILED");
  EXPECT_EQ(after(TaskState::initializing), "RUNNING FINISHED CANCELING CANCELED FAILED");
  EXPECT_EQ(after(TaskState::running), "FINISHED CANCELING CANCELED FAILED");
  EXPECT_EQ(after(TaskState::canceling), "CANCELED");
  EXPECT_EQ(after(TaskState::reconciling), "DEPLOYING INITIALIZING RUNNING FINISHED CANCELING CANCELED FAILED");
}

TEST(TaskTransitions, NothingFollowsAnEnd) {
  for (std::size_t i = 0; i < model::kTaskStates; ++i) {
    const auto state = static_cast<TaskState>(i);
    EXPECT_EQ(after(state).empty(), is_terminal(state)) << to_string(state);
  }
}

TEST(TaskTransitions, EveryStateIsReachedAndReadAsItIsWritten) {
  for (std::size_t i = 0; i < model::kTaskStates; ++i) {
    const auto state = static_cast<TaskState>(i);
    EXPECT_EQ(model::parse_task_state(to_string(state)), state);
    bool reached = state == TaskState::created || state == TaskState::reconciling;
    for (std::size_t from = 0; from < model::kTaskStates; ++from)
      reached = reached || may_follow(static_cast<TaskState>(from), state);
    EXPECT_TRUE(reached) << to_string(state);
  }
  EXPECT_EQ(model::parse_task_state("running"), std::nullopt);
  EXPECT_EQ(model::parse_task_state("CANCELLING"), std::nullopt) << "that is a job's";
}

}  // namespace
}  // namespace stellwerk::jobs
