#include "processes/proc.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>

namespace stellwerk::processes {
namespace {

using testing::Eq;
using testing::IsSupersetOf;
using testing::Optional;

/// What follows the name, up to field 24.
constexpr const char* kRest = " S 11 12 13 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 987654 1000 200";

TEST(ProcTest, TheFieldsThatCountAreRead) {
  EXPECT_THAT(parse_stat(std::string("10 (sh)") + kRest),
              Optional(ProcessStat{
                  .pid = 10, .parent = 11, .group = 12, .session = 13, .threads = 9, .started = 987654, .state = 'S'}));
}

TEST(ProcTest, ANameMayHoldAnything) {
  for (const char* name : {"", " ", "a b", ") R 1 1 1", "x) Z 1 2 3 (", "((", "))", "\n", ") "}) {
    const auto stat = parse_stat("10 (" + std::string(name) + ")" + kRest);
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->state, 'S') << name;
    EXPECT_EQ(stat->parent, 11) << name;
    EXPECT_EQ(stat->started, 987654) << name;
  }
}

TEST(ProcTest, WhatIsShortOrOddIsNoProcess) {
  const std::string whole = std::string("10 (sh)") + kRest;
  for (std::size_t length = 0; length < whole.find(" 987654") + 2; ++length)
    EXPECT_EQ(parse_stat(whole.substr(0, length)), std::nullopt) << whole.substr(0, length);
  for (const char* text : {"sh (10) S 1 2 3", "10 sh S 1 2 3", "10 (sh) S one 2 3", "10 (sh)S 1 2 3"})
    EXPECT_EQ(parse_stat(text), std::nullopt) << text;
}

TEST(ProcTest, OnlyAProcessWithoutOtherThreadsHasEnded) {
  EXPECT_FALSE((ProcessStat{.threads = 1, .state = 'S'}.ended()));
  EXPECT_TRUE((ProcessStat{.threads = 1, .state = 'Z'}.ended()));
  EXPECT_FALSE((ProcessStat{.threads = 2, .state = 'Z'}.ended())) << "its first thread alone has";
}

TEST(ProcTest, OneFindsOneself) {
  const auto self = read_stat(::getpid());
  ASSERT_TRUE(self);
  EXPECT_EQ(self->pid, ::getpid());
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_EQ(self->group, ::getpgrp());
  EXPECT_EQ(self->session, ::getsid(0));
  EXPECT_GT(self->started, 0);
  EXPECT_THAT(list_processes(),
              IsSupersetOf({static_cast<std::int64_t>(::getpid()), static_cast<std::int64_t>(::getppid())}));
  EXPECT_TRUE(open_pidfd(::getpid()));
  EXPECT_THAT(boot_id(), testing::MatchesRegex("[0-9a-f-]+\\.[0-9]+")) << "the host's boot, and its first process";
  EXPECT_EQ(boot_id(), boot_id());
}

TEST(ProcTest, NoProcessHasTheNumberMinusOne) {
  EXPECT_EQ(read_stat(-1), std::nullopt);
  EXPECT_EQ(read_environment(-1), std::nullopt);
  EXPECT_FALSE(open_pidfd(-1));
}

TEST(ProcTest, AVariableIsWhatAProcessWasStartedWith) {
  const char* const path = std::getenv("PATH");
  ASSERT_NE(path, nullptr);
  const std::string own = read_environment(::getpid()).value_or("");
  EXPECT_THAT(find_variable(own, "PATH"), Optional(Eq(path)));
  EXPECT_EQ(find_variable(own, "STELLWERK_NO_SUCH_VARIABLE"), std::nullopt);
}

TEST(ProcTest, AVariableIsFoundByItsWholeName) {
  constexpr std::string_view kEnvironment("AB=1\0A=\0B=x=y\0C", 14);
  EXPECT_THAT(find_variable(kEnvironment, "A"), Optional(Eq("")));
  EXPECT_THAT(find_variable(kEnvironment, "AB"), Optional(Eq("1")));
  EXPECT_THAT(find_variable(kEnvironment, "B"), Optional(Eq("x=y")));
  EXPECT_EQ(find_variable(kEnvironment, "C"), std::nullopt);
  EXPECT_EQ(find_variable("", "A"), std::nullopt);
}

}  // namespace
}  // namespace stellwerk::processes
