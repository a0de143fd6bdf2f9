#include "identity/task_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/memory_artifacts.h"
#include "support/sim_executor.h"
#include "support/temp_dir.h"

namespace stellwerk::identity {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
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
    auto opened = TaskFiles::open(loop, artifacts, {dir / "worker", dir / "log", boot, note()}, left);
    ASSERT_TRUE(opened) << opened.error().text;
    files = std::move(*opened);
  }
  Result<worker::TaskPlace> prepare(std::int32_t number, const std::vector<std::string>& ports,
                                    std::optional<model::ArtifactRef> artifact = {}) {
    std::optional<Result<worker::TaskPlace>> got;
    files->prepare(attempt(number), {"count-2", ports, std::move(artifact)},
                   [&](Result<worker::TaskPlace> place) { got = std::move(place); });
    EXPECT_FALSE(got) << "never from inside the call";
    time.run_for(std::chrono::milliseconds(1));
    return std::move(*got);
  }

  std::function<void(worker::NoteLevel, const std::string&)> note() {
    return [this](worker::NoteLevel, const std::string& text) { notes.push_back(text); };
  }

  test::TempDir dir;
  test::SimTime time;
  test::SimExecutor loop{time};
  test::MemoryArtifacts artifacts{loop};
  AttemptsLeft left;
  std::vector<std::string> notes;
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

/// No file of this process grows beyond so many bytes: as on a full disk, the last write is cut short.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &old_), 0);
    const rlimit small{bytes, old_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit old_{};
  void (*handler_)(int) = nullptr;
};

TEST_F(TaskFilesTest, AFullDiskLosesNothingThatIsToldAfterIt) {
  open();
  files->ended(end_of(0));
  const std::string book = dir / "worker/attempts.jsonl";
  {
    const SmallDisk full(std::filesystem::file_size(book) + 10);
    files->ended(end_of(1));
    files->ended(end_of(2));
  }
  EXPECT_THAT(notes, ElementsAre(HasSubstr("could not write " + book)));
  EXPECT_THAT(test::read_file(book), Not(testing::EndsWith("\n"))) << "the line was cut short";
  files->ended(end_of(3));
  files->ended(end_of(4));
  EXPECT_THAT(notes, ElementsAre(HasSubstr("could not write"), HasSubstr("is whole again")));
  open();
  EXPECT_THAT(left.warnings, IsEmpty());
  EXPECT_THAT(left.ended, SizeIs(5));
}

TEST_F(TaskFilesTest, ABookThatCannotBeWrittenAnewStillTakesLines) {
  open();
  const std::string book = dir / "worker/attempts.jsonl";
  std::filesystem::create_directories(dir / "worker/attempts.jsonl.new");
  {
    const SmallDisk full(std::filesystem::file_size(book) + 10);
    files->ended(end_of(0));
  }
  files->ended(end_of(1));
  EXPECT_THAT(notes, SizeIs(1));
  files.reset();
  std::filesystem::remove(dir / "worker/attempts.jsonl.new");
  open();
  EXPECT_THAT(left.warnings, SizeIs(1)) << "of the half line alone";
  ASSERT_THAT(left.ended, SizeIs(1));
  EXPECT_EQ(left.ended[0], end_of(1));
}

model::ArtifactRef artifact(model::ArtifactKind kind) {
  return {std::string(64, 'a'), 7, "my job.jar", kind};
}

TEST_F(TaskFilesTest, WhatABundleHasStandsInTheFolderOfEachTask) {
  std::filesystem::create_directories(dir / "bundle/lib");
  test::write_file(dir / "bundle/count.py", "print(1)");
  test::write_file(dir / "bundle/lib/a", "a");
  artifacts.put(artifact(model::ArtifactKind::bundle), dir / "bundle");
  open();
  const auto place = prepare(0, {"in"}, artifact(model::ArtifactKind::bundle));
  ASSERT_TRUE(place) << place.error().text;
  EXPECT_EQ(place->bundle, dir / "bundle");
  EXPECT_EQ(test::read_file(place->folder + "/count.py"), "print(1)");
  EXPECT_EQ(test::read_file(place->folder + "/lib/a"), "a");
  test::write_file(place->folder + "/own", "x");
  EXPECT_FALSE(std::filesystem::exists(dir / "bundle/own"));
  EXPECT_EQ(artifacts.uses(), 1);
  files->discard(attempt(0));
  EXPECT_EQ(artifacts.uses(), 0);
  open();
  EXPECT_FALSE(std::filesystem::exists(place->folder));
  EXPECT_TRUE(std::filesystem::exists(dir / "bundle/lib/a"));
}

TEST_F(TaskFilesTest, AWideBundleIsLinkedInSlices) {
  constexpr std::size_t kFiles = 3 * TaskFiles::kLinksSlice;
  std::filesystem::create_directories(dir / "bundle");
  for (std::size_t i = 0; i < kFiles; ++i) test::write_file(dir / ("bundle/" + std::to_string(i)), "x");
  artifacts.put(artifact(model::ArtifactKind::bundle), dir / "bundle");
  open();
  const auto links_of = [&](const std::string& folder) {
    const std::filesystem::directory_iterator links(folder);
    return static_cast<std::size_t>(std::distance(begin(links), end(links)));
  };
  // Turn by turn, because in between the loop has other things to do.
  std::optional<Result<worker::TaskPlace>> got;
  std::size_t most = 0;
  std::size_t before = 0;
  const std::string folder = dir / "worker/tasks/0190a1b2c3d4e5f60718293a4b5c6d7e/1-2-0";
  std::function<void()> look = [&] {
    const std::size_t now = std::filesystem::exists(folder) ? links_of(folder) : 0;
    most = std::max(most, now - std::exchange(before, now));
    if (!got) loop.post(look);
  };
  files->prepare(attempt(0), {"count-2", {}, artifact(model::ArtifactKind::bundle)},
                 [&](Result<worker::TaskPlace> place) { got = std::move(place); });
  loop.post(look);
  time.run_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(got && got->has_value());
  EXPECT_EQ(links_of((*got)->folder), kFiles);
  EXPECT_EQ(most, TaskFiles::kLinksSlice);
}

TEST_F(TaskFilesTest, WhoIsStoppedBetweenSlicesIsNotTold) {
  std::filesystem::create_directories(dir / "bundle");
  for (std::size_t i = 0; i < 2 * TaskFiles::kLinksSlice; ++i)
    test::write_file(dir / ("bundle/" + std::to_string(i)), "x");
  artifacts.put(artifact(model::ArtifactKind::bundle), dir / "bundle");
  open();
  bool told = false;
  const std::string folder = dir / "worker/tasks/0190a1b2c3d4e5f60718293a4b5c6d7e/1-2-0";
  std::function<void()> look = [&] {
    if (std::filesystem::exists(folder))
      files->discard(attempt(0));
    else
      loop.post(look);
  };
  files->prepare(attempt(0), {"count-2", {}, artifact(model::ArtifactKind::bundle)}, [&](const auto&) { told = true; });
  loop.post(look);
  time.run_for(std::chrono::milliseconds(1));
  EXPECT_FALSE(told);
  EXPECT_EQ(artifacts.uses(), 0);
}

TEST_F(TaskFilesTest, AJarStandsThereUnderItsName) {
  std::filesystem::create_directories(dir / "jar");
  test::write_file(dir / "jar/artifact.jar", "PK");
  artifacts.put(artifact(model::ArtifactKind::jar), dir / "jar");
  open();
  const auto place = prepare(0, {}, artifact(model::ArtifactKind::jar));
  ASSERT_TRUE(place) << place.error().text;
  EXPECT_EQ(test::read_file(place->folder + "/my job.jar"), "PK");
  EXPECT_EQ(place->bundle, "");
}

TEST_F(TaskFilesTest, WithoutItsArtifactNothingIsPrepared) {
  open();
  const auto place = prepare(0, {}, artifact(model::ArtifactKind::bundle));
  ASSERT_TRUE(place.has_error());
  EXPECT_EQ(place.error().text, "no master has my job.jar");
  files->discard(attempt(0));
  EXPECT_EQ(artifacts.uses(), 0);
}

TEST_F(TaskFilesTest, WhoIsStoppedMeanwhileIsNotToldAndHoldsNothing) {
  std::filesystem::create_directories(dir / "bundle");
  artifacts.put(artifact(model::ArtifactKind::bundle), dir / "bundle");
  open();
  bool told = false;
  files->prepare(attempt(0), {"count-2", {}, artifact(model::ArtifactKind::bundle)}, [&](const auto&) { told = true; });
  files->discard(attempt(0));
  time.run_for(std::chrono::milliseconds(1));
  EXPECT_FALSE(told);
  EXPECT_EQ(artifacts.uses(), 0);
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
