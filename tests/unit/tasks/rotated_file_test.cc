#include "tasks/rotated_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/temp_dir.h"
#include "tasks/descriptors.h"

namespace stellwerk::tasks {
namespace {

using test::read_file;
using test::write_file;
using testing::HasSubstr;
namespace fs = std::filesystem;

class RotatedFileTest : public testing::Test {
 protected:
  RotatedFile file(OutputLimits limits) { return {path, limits}; }

  test::TempDir folder;
  const std::string path = folder / "a.out";
};

TEST_F(RotatedFileTest, ItIsThereBeforeAnythingIsWritten) {
  auto out = file({});
  out.open();
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(RotatedFileTest, ItGoesOnBehindWhatIsThere) {
  write_file(path, "before\n");
  auto out = file({});
  EXPECT_EQ(out.write("after\n"), 0u);
  EXPECT_EQ(read_file(path), "before\nafter\n");
}

TEST_F(RotatedFileTest, ItBeginsAnewAtALine) {
  auto out = file({.file_bytes = 10, .older_files = 2});
  EXPECT_EQ(out.write("one\ntwo\nthree\nfour\nfive\nsix\n"), 0u);
  EXPECT_EQ(read_file(path), "six\n");
  EXPECT_EQ(read_file(path + ".1"), "four\nfive\n");
  EXPECT_EQ(read_file(path + ".2"), "three\n");
  EXPECT_EQ(out.write("seven\neight\n"), 0u);
  EXPECT_EQ(read_file(path), "eight\n");
  EXPECT_EQ(read_file(path + ".1"), "six\nseven\n");
  EXPECT_EQ(read_file(path + ".2"), "four\nfive\n");
  EXPECT_FALSE(fs::exists(path + ".3"));
}

TEST_F(RotatedFileTest, ALineLongerThanAFileIsCut) {
  auto out = file({.file_bytes = 4, .older_files = 5});
  EXPECT_EQ(out.write("0123456789\nx\n"), 0u);
  EXPECT_EQ(read_file(path), "x\n");
  EXPECT_EQ(read_file(path + ".1"), "89\n");
  EXPECT_EQ(read_file(path + ".2"), "4567");
  EXPECT_EQ(read_file(path + ".3"), "0123");
}

TEST_F(RotatedFileTest, NoFileIsLongerThanItsLimit) {
  auto out = file({.file_bytes = 1000, .older_files = 3});
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(out.write(std::string(static_cast<std::size_t>(i * 37 % 256), 'x') + "\n"), 0u);
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    EXPECT_LE(entry.file_size(), 1000u) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 4u);
}

TEST_F(RotatedFileTest, WithoutOlderOnesItIsEmptied) {
  auto out = file({.file_bytes = 4, .older_files = 0});
  EXPECT_EQ(out.write("one\ntwo\n"), 0u);
  EXPECT_EQ(read_file(path), "two\n");
  EXPECT_FALSE(fs::exists(path + ".1"));
}

TEST_F(RotatedFileTest, AFileFromBeforeThatIsTooLongIsMovedAway) {
  write_file(path, "quite long\n");
  auto out = file({.file_bytes = 5, .older_files = 1});
  EXPECT_EQ(out.write("new\n"), 0u);
  EXPECT_EQ(read_file(path), "new\n");
  EXPECT_EQ(read_file(path + ".1"), "quite long\n");
}

TEST_F(RotatedFileTest, WhereItCannotBeMovedItIsEmptied) {
  fs::create_directories(path + ".1/full");
  auto out = file({.file_bytes = 4, .older_files = 1});
  EXPECT_EQ(out.write("one\ntwo\n"), 0u);
  EXPECT_EQ(read_file(path), "two\n");
}

TEST_F(RotatedFileTest, SomebodyMayCleanUp) {
  auto out = file({.file_bytes = 4, .older_files = 2});
  EXPECT_EQ(out.write("one\n"), 0u);
  fs::remove(path);
  EXPECT_EQ(out.write("two\n"), 0u);
  EXPECT_EQ(read_file(path), "two\n");
}

TEST_F(RotatedFileTest, TwoNamesOfOneFileAreNoTrap) {
  write_file(path, "one\n");
  fs::create_hard_link(path, path + ".1");
  auto out = file({.file_bytes = 4, .older_files = 1});
  EXPECT_EQ(out.write("two\n"), 0u) << "rename() does nothing and calls it a success";
  EXPECT_EQ(read_file(path), "two\n");
}

TEST_F(RotatedFileTest, AFullDiskDropsBytesAndSaysWhy) {
  fs::create_symlink("/dev/full", path);
  auto out = file({});
  EXPECT_EQ(out.write("lost\n"), 5u);
  EXPECT_THAT(out.why(), HasSubstr(path));
  EXPECT_THAT(out.why(), HasSubstr("No space left"));
}

TEST_F(RotatedFileTest, ItGoesOnWhenThereIsRoomAgain) {
  const std::string gone = folder / "gone";
  RotatedFile out(gone + "/a.out", {});
  EXPECT_EQ(out.write("lost\n"), 5u);
  EXPECT_THAT(out.why(), HasSubstr("No such file"));
  fs::create_directory(gone);
  EXPECT_EQ(out.write("kept\n"), 0u);
  EXPECT_EQ(read_file(gone + "/a.out"), "kept\n");
}

TEST_F(RotatedFileTest, WhatIsNoRegularFileIsNotRotated) {
  fs::create_symlink("/dev/null", path);
  auto out = file({.file_bytes = 4, .older_files = 1});
  EXPECT_EQ(out.write("one\ntwo\nthree\n"), 0u);
  EXPECT_TRUE(fs::is_symlink(path));
  EXPECT_FALSE(fs::exists(path + ".1"));
}

TEST_F(RotatedFileTest, APipeThatNobodyReadsIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  auto out = file({});
  EXPECT_EQ(out.write("lost\n"), 5u);
}

TEST_F(RotatedFileTest, ItsDescriptorIsBeyondThoseThatAreCopied) {
  auto out = file({});
  out.open();
  EXPECT_EQ(::fcntl(kHeldFrom, F_GETFD), FD_CLOEXEC);
}

}  // namespace
}  // namespace stellwerk::tasks
