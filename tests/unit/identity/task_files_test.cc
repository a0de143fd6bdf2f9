#include "identity/task_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/sim_executor.h"
#include "support/temp_dir.h"

namespace stellwerk::identity {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

model::AttemptId attempt(std::int32_t number) {
  return {*JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e"), {1, 2}, number};
}

link::TaskEnded end_of(std::int32_t number) {
  return {attempt(number), model::AttemptEnd::failed, false, "exit code 3\nno \"luck\"", 1'000};
}

class TaskFilesTest : public testing::Test {
 protected:
  /// As the next process of this worker.
  void open(const std::string& boot = "boot-1") {
    files.reset();
    left = {};
    auto opened = TaskFiles::open(loop, dir / "worker", dir / "log", boot, left);
    ASSERT_TRUE(opened) << opened.error().text;
    files = std::move(*opened);
  }
  Result<worker::TaskPlace> prepare(std::int32_t number, const std::vector<std::string>& ports) {
    std::optional<Result<worker::TaskPlace>> got;
    files->prepare(attempt(number), "count-2", ports, [&](Result<worker::TaskPlace> place) { got = std::move(place); });
    EXPECT_FALSE(got) << "never from inside the call";
    time.run_for(std::chrono::milliseconds(1));
    return std::move(*got);
  }

  test::TempDir dir;
  test::SimTime time;
  test::SimExecutor loop{time};
  AttemptsLeft left;
  std::unique_ptr<TaskFiles> files;
};

TEST_F(TaskFilesTest, ATaskHasAFolderAndPortsOfItsOwn) {
  open();
  const auto place = prepare(0, {"in", "out"});
  ASSERT_TRUE(place) << place.error().text;
  EXPECT_TRUE(std::filesystem::is_directory(place->folder));
  EXPECT_TRUE(std::filesystem::is_directory(std::filesystem::path(place->output).parent_path()));
  EXPECT_THAT(place->output, HasSubstr("/log/0190a1b2c3d4e5f60718293a4b5c6d7e/count-2"));
  ASSERT_THAT(place->ports, SizeIs(2));
  EXPECT_NE(place->ports.at("in"), place->ports.at("out"));
  const auto other = prepare(1, {"in"});
  EXPECT_NE(other->folder, place->folder);
  EXPECT_NE(other->ports.at("in"), place->ports.at("in")) << "the first is still held";
}

TEST_F(TaskFilesTest, WhatHasEndedIsKnownUntilItIsForgotten) {
  open();
  EXPECT_THAT(left.ended, IsEmpty());
  files->runs(attempt(0), 4711, 99);
  files->runs(attempt(1), 4712, 100);
  files->ended(end_of(1));
  files->ended(end_of(2));
  files->forget(attempt(2));
  open();
  ASSERT_THAT(left.running, SizeIs(1));
  EXPECT_EQ(left.running[0].attempt, attempt(0));
  EXPECT_EQ(left.running[0].pid, 4711);
  EXPECT_EQ(left.running[0].started, 99);
  ASSERT_THAT(left.ended, SizeIs(1));
  EXPECT_EQ(left.ended[0], end_of(1));
  open();
  EXPECT_THAT(left.running, IsEmpty()) << "they were ended at the start before";
  ASSERT_THAT(left.ended, SizeIs(1));
  files->forget(attempt(1));
  open();
  EXPECT_THAT(left.ended, IsEmpty());
}

TEST_F(TaskFilesTest, AfterAnotherBootNothingRuns) {
  open();
  files->runs(attempt(0), 4711, 99);
  open("boot-2");
  EXPECT_THAT(left.running, IsEmpty());
}

TEST_F(TaskFilesTest, ADamagedLineIsNamedAndHarmsNoOther) {
  open();
  files->ended(end_of(0));
  files.reset();
  std::ofstream(dir / "worker/attempts.jsonl", std::ios::app) << "{\"runs\":\"x\"}\n"
                                                              << "{\"forget\":\"0190";
  open();
  EXPECT_THAT(left.ended, SizeIs(1));
  ASSERT_THAT(left.warnings, SizeIs(1)) << "the last line was cut off, and was never said";
  EXPECT_THAT(left.warnings[0], HasSubstr("attempts.jsonl, line 2: "));
}

TEST_F(TaskFilesTest, AFolderThatCannotBeMadeIsNamed) {
  open();
  std::filesystem::remove_all(dir / "log");
  std::ofstream(dir / "log") << "a file";
  const auto place = prepare(0, {});
  ASSERT_TRUE(place.has_error());
  EXPECT_THAT(place.error().text, HasSubstr(dir / "log"));
}

}  // namespace
}  // namespace stellwerk::identity
