/// What must not be taken: each with one sentence, and nothing outside of the folder touched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>

#include "archive/archive.h"
#include "support/temp_dir.h"
#include "unit/archive/raw_archives.h"

namespace stellwerk::archive {
namespace {

using test::gzipped;
using test::raw_zip;
using test::RawTar;
using testing::HasSubstr;
using testing::IsEmpty;

struct Case {
  std::string what;
  std::string bytes;
  Errc code;
  std::string text;

  friend void PrintTo(const Case& value, std::ostream* out) { *out << value.what; }
};

class BadArchives : public testing::TestWithParam<Case> {};

Limits small() {
  Limits limits;
  limits.unpacked_bytes = std::uint64_t{1} << 20;
  limits.entries = 10;
  limits.path_bytes = 60;
  limits.depth = 5;
  limits.spec_bytes = 100;
  return limits;
}

TEST_P(BadArchives, AreRefusedWithOneSentence) {
  const auto listing = examine(GetParam().bytes, small());
  ASSERT_TRUE(listing.has_error());
  EXPECT_EQ(listing.error().code, GetParam().code) << listing.error().text;
  EXPECT_THAT(listing.error().text, HasSubstr(GetParam().text));
}

/// A spec that is too long is no matter to who unpacks.
TEST_P(BadArchives, TouchNothingOutsideOfTheFolder) {
  const test::TempDir dir;
  test::write_file(dir / "bad", GetParam().bytes);
  std::filesystem::create_directories(dir / "at/folder");
  const auto unpacked = unpack(dir / "bad", dir / "at/folder", small());
  if (GetParam().text.find("job") == std::string::npos) {
    ASSERT_TRUE(unpacked.has_error());
    EXPECT_EQ(unpacked.error().code, GetParam().code) << unpacked.error().text;
    EXPECT_THAT(unpacked.error().text, HasSubstr(GetParam().text));
  }
  std::vector<std::string> outside;
  for (const auto& each : std::filesystem::directory_iterator(dir.path()))
    if (each.path().filename() != "bad" && each.path().filename() != "at") outside.push_back(each.path().string());
  for (const auto& each : std::filesystem::directory_iterator(dir / "at"))
    if (each.path().filename() != "folder") outside.push_back(each.path().string());
  EXPECT_THAT(outside, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Paths, BadArchives,
    testing::Values(
        Case{"up", RawTar().file("../up", "x").bytes(), Errc::invalid, "\"../up\" leads out of the archive"},
        Case{"up inside", RawTar().file("a/../../up", "x").bytes(), Errc::invalid, "leads out of the archive"},
        Case{"up that would stay", RawTar().file("a/../b", "x").bytes(), Errc::invalid, "leads out of the archive"},
        Case{"absolute", RawTar().file("/etc/x", "x").bytes(), Errc::invalid, "\"/etc/x\" is an absolute path"},
        Case{"zip, up", raw_zip({{"../up", "x"}}), Errc::invalid, "leads out of the archive"},
        Case{"zip, absolute", raw_zip({{"/x", "x"}}), Errc::invalid, "absolute path"},
        Case{"control characters", RawTar().file("a\x1b[31mb", "x").bytes(), Errc::invalid, "not printable UTF-8"},
        Case{"latin 1", RawTar().file("caf\xe9", "x").bytes(), Errc::invalid, "UTF-8"},
        Case{"long", RawTar().file(std::string(61, 'x'), "x").bytes(), Errc::too_large, "61 bytes"},
        Case{"deep", RawTar().file("1/2/3/4/5/6", "x").bytes(), Errc::too_large, "more than 5 folders deep"},
        Case{"a file named as the root", RawTar().file(".", "x").bytes(), Errc::invalid, "no name for a file"},
        Case{"twice", RawTar().file("a", "x").file("./a", "y").bytes(), Errc::invalid, "\"a\" is there twice"},
        Case{"file, then folder", RawTar().file("a", "x").file("a/b", "y").bytes(), Errc::invalid,
             "as a file and as a folder"},
        Case{"folder, then file", RawTar().folder("a").file("a", "y").bytes(), Errc::invalid,
             "as a file and as a folder"}));

INSTANTIATE_TEST_SUITE_P(
    Kinds, BadArchives,
    testing::Values(
        Case{"link", RawTar().special("l", '2', "/etc/passwd").bytes(), Errc::invalid, "\"l\" is a symbolic link"},
        Case{"link and a file through it", RawTar().special("l", '2', "/tmp").file("l/x", "x").bytes(), Errc::invalid,
             "symbolic link"},
        Case{"zip, link", raw_zip({{"l", "/etc/passwd"}}, 0120777), Errc::invalid, "\"l\" is a symbolic link"},
        Case{"hard link", RawTar().special("h", '1', "/etc/passwd").bytes(), Errc::invalid, "a hard link"},
        Case{"hard link inside", RawTar().file("a", "x").special("h", '1', "a").bytes(), Errc::invalid, "a hard link"},
        Case{"character device", RawTar().special("d", '3', "").bytes(), Errc::invalid, "a device"},
        Case{"block device", RawTar().special("d", '4', "").bytes(), Errc::invalid, "a device"},
        Case{"pipe", RawTar().special("p", '6', "").bytes(), Errc::invalid, "a pipe"}));

std::string many_files() {
  RawTar tar;
  for (int i = 0; i < 11; ++i) tar.file("f" + std::to_string(i), "");
  return tar.bytes();
}

TEST(BadArchive, ThatIsAllDirectoryIsNotEvenBegun) {
  std::string zip;
  for (int i = 0; i < 101; ++i) zip += "PK\x01\x02" + std::string(42, '\0');
  const auto listing = examine(zip + "PK\x05\x06" + std::string(18, '\0'), small());
  ASSERT_TRUE(listing.has_error());
  EXPECT_EQ(listing.error().code, Errc::too_large) << listing.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, BadArchives,
    testing::Values(
        Case{"bomb", gzipped(RawTar().file("b", std::string(2U << 20, '\0')).bytes()), Errc::too_large,
             "more than the 1 MiB that are accepted"},
        Case{"bomb of many",
             gzipped(RawTar().file("a", std::string(700'000, 'x')).file("b", std::string(700'000, 'x')).bytes()),
             Errc::too_large, "more than the 1 MiB"},
        Case{"a size that is only said", RawTar().promise("p", 8'000'000'000).bytes(), Errc::too_large,
             "more than the 1 MiB"},
        Case{"many files", many_files(), Errc::too_large, "more than 10 files and folders"},
        Case{"folders that nobody names", RawTar().file("1/2/3/4/a", "").file("5/6/7/8/a", "").file("b", "").bytes(),
             Errc::too_large, "more than 10 files and folders"},
        Case{"long spec", RawTar().file("job.yaml", std::string(101, ' ')).bytes(), Errc::too_large,
             "job.yaml has more than 100 bytes"},
        Case{"two specs", RawTar().file("job.yaml", "").file("job.json", "").bytes(), Errc::invalid,
             "both job.yaml and job.json"}));

const std::string kGood = gzipped(RawTar().file("job.yaml", "name: j").file("a", std::string(5000, 'x')).bytes());

INSTANTIATE_TEST_SUITE_P(
    Damage, BadArchives,
    testing::Values(Case{"nothing", "", Errc::invalid, "it is not an archive"},
                    Case{"garbage", std::string(3000, 'g'), Errc::invalid, "it is not an archive"},
                    Case{"a program",
                         "\x7f"
                         "ELF" +
                             std::string(1000, '\1'),
                         Errc::invalid, "it is not an archive"},
                    Case{"gzip of garbage", gzipped(std::string(3000, 'g')), Errc::invalid, "it is not an archive"},
                    Case{"cut off in a file", RawTar().file("a", std::string(5000, 'x')).bytes().substr(0, 2000),
                         Errc::invalid, "damaged or cut off after \"a\""},
                    Case{"gzip, cut off", kGood.substr(0, kGood.size() / 2), Errc::invalid, ""},
                    Case{"zip, cut off", raw_zip({{"a", std::string(100, 'x')}}).substr(0, 80), Errc::invalid,
                         "it is not an archive"}));

TEST(BadArchive, WithANameThatNoFileSystemTakes) {
  const auto listing = examine(raw_zip({{std::string(256, 'n'), "x"}}), Limits{});
  ASSERT_TRUE(listing.has_error());
  EXPECT_THAT(listing.error().text, HasSubstr("has 256 bytes, accepted are at most 255"));
}

TEST(BadArchive, OfAFileThatIsNotThere) {
  const test::TempDir dir;
  const auto unpacked = unpack(dir / "no", dir.path().string());
  ASSERT_TRUE(unpacked.has_error());
  EXPECT_EQ(unpacked.error().code, Errc::not_found);
}

}  // namespace
}  // namespace stellwerk::archive
