#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "archive/archive.h"
#include "support/temp_dir.h"

namespace stellwerk::archive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PackTest : public testing::Test {
 protected:
  PackTest() { fs::create_directory(dir_ / "in"); }

  void put(const std::string& name, const std::string& content) {
    fs::create_directories(fs::path(dir_ / ("in/" + name)).parent_path());
    test::write_file(dir_ / ("in/" + name), content);
  }
  std::string packed() {
    const auto bytes = pack(dir_ / "in");
    EXPECT_TRUE(bytes.has_value()) << bytes.error().text;
    return bytes ? *bytes : "";
  }
  Error refusal(const Limits& limits = {}) {
    const auto bytes = pack(dir_ / "in", limits);
    return bytes.has_error() ? bytes.error() : make_error(Errc::failed, "packed");
  }

  test::TempDir dir_;
};

TEST_F(PackTest, WhatComesOutIsWhatWentIn) {
  const std::string deep = "a/" + std::string(60, 'b') + "/" + std::string(60, 'c') + "/größe";
  put("job.yaml", "name: j\n");
  put(".hidden", "h");
  put(deep, std::string(100'000, 'x'));
  put("run", "#!/bin/sh\n");
  fs::create_directory(dir_ / "in/empty");
  fs::permissions(dir_ / "in/run", fs::perms::owner_all);
  test::write_file(dir_ / "archive", packed());
  fs::create_directory(dir_ / "out");
  const auto done = unpack(dir_ / "archive", dir_ / "out");
  ASSERT_TRUE(done.has_value()) << done.error().text;
  for (const std::string& name : {std::string("job.yaml"), std::string(".hidden"), deep, std::string("run")})
    EXPECT_EQ(test::read_file(dir_ / ("out/" + name)), test::read_file(dir_ / ("in/" + name))) << name;
  EXPECT_TRUE(fs::is_directory(dir_ / "out/empty"));
  EXPECT_EQ(::access((dir_ / "out/run").c_str(), X_OK), 0);
  EXPECT_NE(fs::status(dir_ / "out/job.yaml").permissions() & fs::perms::owner_exec, fs::perms::owner_exec);
  EXPECT_EQ(examine(packed())->spec, "name: j\n");
}

TEST_F(PackTest, TheSameContentGivesTheSameBytes) {
  put("b", "b");
  put("a/x", "x");
  const std::string first = packed();
  fs::remove_all(dir_ / "in");
  put("a/x", "x");
  put("b", "b");
  const timespec times[2] = {{12345, 0}, {12345, 0}};
  ::utimensat(AT_FDCWD, (dir_ / "in/b").c_str(), times, 0);
  EXPECT_EQ(packed(), first);
  // Where gzip has the time at which it was made.
  EXPECT_EQ(first.substr(4, 4), std::string(4, '\0'));
  put("b", "B");
  EXPECT_NE(packed(), first);
}

TEST_F(PackTest, LinksAreRefusedByName) {
  put("job.yaml", "");
  fs::create_symlink("job.yaml", dir_ / "in/link");
  EXPECT_EQ(refusal().code, Errc::invalid);
  EXPECT_THAT(refusal().text, HasSubstr("\"link\" is a symbolic link"));
  fs::remove(dir_ / "in/link");
  ASSERT_EQ(::mkfifo((dir_ / "in/pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal().text, HasSubstr("\"pipe\" is neither a file nor a folder"));
}

TEST_F(PackTest, TheLargestFilesAreNamed) {
  // Packed it stays as large as it is.
  std::mt19937_64 random(1);
  std::string noise;
  while (noise.size() < 2'000'000) noise += static_cast<char>(random());
  put("small", "s");
  put("data/big", noise);
  put("other", noise.substr(0, 300'000));
  Limits limits;
  limits.archive_bytes = 1U << 20;
  EXPECT_EQ(refusal(limits).code, Errc::too_large);
  EXPECT_THAT(refusal(limits).text, HasSubstr("too large when it is packed: accepted are at most 1.0 MiB; its largest "
                                              "files are \"data/big\" (2.0 MiB), \"other\" (0.3 MiB), \"small\""));
  limits = {};
  limits.unpacked_bytes = 1'000'000;
  EXPECT_THAT(refusal(limits).text, HasSubstr("its largest files are \"data/big\""));
  limits = {};
  limits.entries = 3;
  EXPECT_THAT(refusal(limits).text, HasSubstr("more than 3 files and folders"));
}

TEST_F(PackTest, AFolderThatIsNotThere) {
  EXPECT_EQ(pack(dir_ / "no").error().code, Errc::not_found);
}

}  // namespace
}  // namespace stellwerk::archive
