#include "drill/own_site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "support/temp_dir.h"

namespace stellwerk::drill {
namespace {

/// A folder with a program of that name, which writes down what it is called with and stays.
std::string program(const test::TempDir& folder, const std::string& name) {
  const std::string path = folder / name;
  test::write_file(path, "#!/bin/sh\necho \"$@\"\nexec sleep 600\n");
  ::chmod(path.c_str(), 0755);
  return path;
}

TEST(FindZooKeeperTest, WithoutJavaThereIsNone) {
  const test::TempDir folder;
  const auto found = find_zookeeper("", "", folder.path().string());
  ASSERT_TRUE(found.has_error());
  EXPECT_EQ(found.error().text, "there is no Java to run ZooKeeper with");
}

TEST(FindZooKeeperTest, AnUnpackedReleaseWithJavaOfPathOrOfItsHome) {
  const test::TempDir folder;
  std::filesystem::create_directory(folder / "bin");
  program(folder, "java");
  program(folder, "bin/java");
  const auto by_path = find_zookeeper("/opt/zk", "", "/nonexistent:" + folder.path().string());
  ASSERT_TRUE(by_path);
  EXPECT_EQ(by_path->java, folder / "java");
  EXPECT_EQ(by_path->class_path, "/opt/zk/*:/opt/zk/lib/*");
  EXPECT_EQ(find_zookeeper("/opt/zk", folder.path().string(), "")->java, folder / "bin/java");
}

class OwnSiteTest : public testing::Test {
 protected:
  OwnSiteTest() : site_({.program = program(folder_, "stellwerk"), .folder = place(), .masters = 2, .workers = 1}) {
    EXPECT_TRUE(site_.start_all());
  }
  std::string place() {
    std::filesystem::create_directory(folder_ / "place");
    return folder_ / "place";
  }
  test::TempDir folder_;
  OwnSite site_;
};

TEST_F(OwnSiteTest, MastersAndWorkersEachInAFolder) {
  const auto daemons = site_.look();
  ASSERT_EQ(daemons.size(), 3u);
  for (const Daemon& each : daemons) {
    EXPECT_TRUE(each.runs);
    EXPECT_TRUE(std::filesystem::exists(folder_ / ("place/" + each.name + "/config.yaml")));
  }
  EXPECT_EQ(daemons[2].name, "worker-1");
  EXPECT_EQ(test::read_file(folder_ / "place/worker-1/masters"),
            daemons[0].rest.authority() + "\n" + daemons[1].rest.authority() + "\n");
}

TEST_F(OwnSiteTest, WhatWasKilledIsStartedAgainUnderItsNameAndAddress) {
  const Daemon before = site_.look()[0];
  ASSERT_TRUE(site_.signal(before.pid, SIGKILL));
  while (site_.look()[0].runs) {
  }
  ASSERT_TRUE(site_.start(before.name));
  const Daemon after = site_.look()[0];
  EXPECT_TRUE(after.runs);
  EXPECT_NE(after.pid, before.pid);
  EXPECT_EQ(after.rest, before.rest);
  EXPECT_TRUE(site_.start("nobody").has_error());
}

TEST_F(OwnSiteTest, TheEndIsTheEndOfAll) {
  site_.end_daemons();
  for (const Daemon& each : site_.look()) EXPECT_FALSE(each.runs);
}

}  // namespace
}  // namespace stellwerk::drill
