#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "archive/archive.h"
#include "support/temp_dir.h"
#include "unit/archive/raw_archives.h"

namespace stellwerk::archive {
namespace {

namespace fs = std::filesystem;
using test::gzipped;
using test::raw_zip;
using test::RawTar;

class UnpackTest : public testing::Test {
 protected:
  Result<void> unpacked(const std::string& bytes) {
    test::write_file(dir_ / "archive", bytes);
    fs::create_directory(dir_ / "to");
    return unpack(dir_ / "archive", dir_ / "to");
  }
  mode_t mode(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::stat((dir_ / ("to/" + name)).c_str(), &status), 0) << name;
    return status.st_mode & 07777U;
  }

  test::TempDir dir_;
};

std::string a_tar() {
  return RawTar()
      .folder(".")
      .file("./job.yaml", "name: j\n")
      .folder("./bin")
      .file("./bin/run", "#!/bin/sh\n", 06755)
      .file("deep/er/data.txt", "data", 0600)
      .file("größe 大", "")
      .bytes();
}

TEST_F(UnpackTest, ATarIsListed) {
  const auto listing = examine(a_tar());
  ASSERT_TRUE(listing.has_value()) << listing.error().text;
  EXPECT_EQ(listing->entries, 7) << "with the folders that only paths name";
  EXPECT_EQ(listing->bytes, 8 + 10 + 4);
  EXPECT_EQ(listing->spec, "name: j\n");
  EXPECT_EQ(listing->spec_elsewhere, "");
}

TEST_F(UnpackTest, WhereTheSpecIsInsteadIsTold) {
  const auto listing = examine(RawTar().file("mine/a", "").file("mine/job.json", "{}").bytes());
  ASSERT_TRUE(listing.has_value());
  EXPECT_EQ(listing->spec, std::nullopt);
  EXPECT_EQ(listing->spec_elsewhere, "mine/job.json");
  EXPECT_EQ(examine(raw_zip({{"job.json", "{}"}}))->spec, "{}");
}

TEST_F(UnpackTest, FilesAndFoldersAreMade) {
  for (const std::string& bytes : {a_tar(), gzipped(a_tar())}) {
    fs::remove_all(dir_ / "to");
    const auto done = unpacked(bytes);
    ASSERT_TRUE(done.has_value()) << done.error().text;
    EXPECT_EQ(test::read_file(dir_ / "to/job.yaml"), "name: j\n");
    EXPECT_EQ(test::read_file(dir_ / "to/deep/er/data.txt"), "data");
    EXPECT_TRUE(fs::exists(dir_ / "to/größe 大"));
  }
}

TEST_F(UnpackTest, OnlyTheBitOfProgramsIsKept) {
  ASSERT_TRUE(unpacked(a_tar()).has_value());
  EXPECT_EQ(mode("bin/run") & 06777U, 0755U & mode("bin"));
  EXPECT_EQ(mode("job.yaml") & 0111U, 0U);
}

TEST_F(UnpackTest, AZip) {
  const auto done = unpacked(raw_zip({{"job.yaml", "name: j\n"}, {"a/b", "b"}, {"größe", "x"}}));
  ASSERT_TRUE(done.has_value()) << done.error().text;
  EXPECT_EQ(test::read_file(dir_ / "to/a/b"), "b");
  EXPECT_EQ(mode("a/b") & 0100U, 0100U);
  EXPECT_TRUE(fs::exists(dir_ / "to/größe"));
}

TEST_F(UnpackTest, WhatCannotBeWrittenIsNamed) {
  test::write_file(dir_ / "archive", a_tar());
  const auto done = unpack(dir_ / "archive", dir_ / "none");
  ASSERT_TRUE(done.has_error());
  EXPECT_EQ(done.error().code, Errc::failed);
  EXPECT_THAT(done.error().text, testing::HasSubstr("/none\": No such file"));
}

}  // namespace
}  // namespace stellwerk::archive
