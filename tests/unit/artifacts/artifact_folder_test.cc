#include "artifacts/artifact_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "unit/artifacts/made_artifact.h"

namespace stellwerk::artifacts {
namespace {

namespace fs = std::filesystem;
using test::MadeArtifact;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ArtifactFolderTest : public testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& each : fs::directory_iterator(dir / "cache")) out.push_back(each.path().filename().string());
    return out;
  }

  test::TempDir dir;
  ArtifactFolder folder{dir / "cache"};
};

TEST_F(ArtifactFolderTest, WhatIsStoredIsThereAfterwards) {
  EXPECT_THAT(*folder.open(), IsEmpty());
  const auto made = MadeArtifact::bundle("hello");
  const auto size = folder.store(made.ref, made.bytes);
  ASSERT_TRUE(size.has_value()) << size.error().text;
  EXPECT_GT(*size, 0);
  EXPECT_EQ(test::read_file(folder.path_of(made.ref.sha256) + "/lib/content"), "hello");
  EXPECT_THAT(names(), testing::ElementsAre(made.ref.sha256));
  const auto kept = folder.open();
  ASSERT_THAT(*kept, SizeIs(1));
  EXPECT_EQ((*kept)[0].key, made.ref.sha256);
  EXPECT_EQ((*kept)[0].bytes, *size);
  folder.remove(made.ref.sha256);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(ArtifactFolderTest, NobodyMayWriteToIt) {
  const auto made = MadeArtifact::bundle("hello");
  ASSERT_TRUE(folder.open() && folder.store(made.ref, made.bytes));
  for (const char* name : {"", "/lib", "/lib/content"}) {
    struct stat status {};
    ASSERT_EQ(::stat((folder.path_of(made.ref.sha256) + name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0222U, 0U) << name;
  }
}

TEST_F(ArtifactFolderTest, AJarStaysOneFile) {
  const auto made = MadeArtifact::of("PK, or whatever", model::ArtifactKind::jar);
  ASSERT_TRUE(folder.open() && folder.store(made.ref, made.bytes));
  EXPECT_EQ(test::read_file(folder.path_of(key_of(made.ref)) + "/artifact.jar"), made.bytes);
  EXPECT_THAT(*folder.open(), SizeIs(1));
}

TEST_F(ArtifactFolderTest, WhatCannotBeUnpackedLeavesNothing) {
  ASSERT_TRUE(folder.open().has_value());
  const auto made = MadeArtifact::of("no archive at all", model::ArtifactKind::bundle);
  const auto stored = folder.store(made.ref, made.bytes);
  ASSERT_TRUE(stored.has_error());
  EXPECT_EQ(stored.error().code, Errc::invalid);
  EXPECT_THAT(stored.error().text, HasSubstr("could not unpack my job on this worker: it is not an archive"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(ArtifactFolderTest, WhatWasLeftHalfDoneIsRemovedAndWhatIsNotOursStays) {
  const std::string half = std::string(64, 'a') + ".new";
  fs::create_directories(dir / ("cache/" + half + "/files/x"));
  fs::create_directories(dir / "cache/mine");
  fs::permissions(dir / ("cache/" + half + "/files"), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_THAT(*folder.open(), IsEmpty());
  EXPECT_THAT(names(), testing::ElementsAre("mine"));
}

TEST_F(ArtifactFolderTest, LongestUnusedComesFirst) {
  const auto a = MadeArtifact::bundle("a");
  const auto b = MadeArtifact::bundle("b");
  ASSERT_TRUE(folder.open() && folder.store(a.ref, a.bytes) && folder.store(b.ref, b.bytes));
  fs::last_write_time(folder.path_of(a.ref.sha256), fs::file_time_type::clock::now() - std::chrono::hours(2));
  fs::last_write_time(folder.path_of(b.ref.sha256), fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ((*folder.open())[0].key, a.ref.sha256);
  folder.touch(a.ref.sha256);
  EXPECT_EQ((*folder.open())[0].key, b.ref.sha256);
}

TEST_F(ArtifactFolderTest, AFolderThatCannotBeMadeIsNamed) {
  test::write_file(dir / "cache", "a file");
  const auto opened = folder.open();
  ASSERT_TRUE(opened.has_error());
  EXPECT_THAT(opened.error().text, HasSubstr(dir / "cache"));
}

}  // namespace
}  // namespace stellwerk::artifacts
