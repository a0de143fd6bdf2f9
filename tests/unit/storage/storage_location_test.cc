#include "storage/storage_location.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "support/temp_dir.h"

namespace stellwerk::storage {
namespace {

std::string folder_of(const char* storage_dir, const char* cluster_id = "/default") {
  const auto location = parse_storage_location(storage_dir, cluster_id);
  return location ? location->folder() : "error: " + location.error().text;
}

Error error_of(const std::string& storage_dir, const std::string& cluster_id = "/default") {
  const auto location = parse_storage_location(storage_dir, cluster_id);
  return location ? Error{Errc::failed, "accepted: " + location->folder()} : location.error();
}

TEST(StorageLocation, TakesAFolderInEverySpelling) {
  for (const char* same : {"/srv/ha", "/srv/ha/", "//srv//ha//", "file:/srv/ha", "file:///srv/ha", "file:///srv/ha/",
                           "FILE:///srv/ha", "file://localhost/srv/ha"})
    EXPECT_EQ(folder_of(same), "/srv/ha/default") << same;
  EXPECT_EQ(folder_of("/srv/my ha:1"), "/srv/my ha:1/default");
  EXPECT_EQ(folder_of("file:///"), "/default");
  EXPECT_EQ(parse_storage_location("/srv/ha", "default")->describe(), "file:///srv/ha/default");
}

TEST(StorageLocation, FoldsTheSlashesOfTheClusterId) {
  for (const char* same : {"default", "/default", "//default/", "default//"})
    EXPECT_EQ(folder_of("/srv/ha", same), "/srv/ha/default") << same;
  EXPECT_EQ(folder_of("/srv/ha", "/team//a"), "/srv/ha/team/a");
}

TEST(StorageLocation, RefusesWhatIsNoFolderAndSaysWhatIs) {
  for (const char* bad : {"", "ha", "./ha", "../ha", "file:ha", "file:", "file://", "file://nas/ha", "/srv\nha"}) {
    const Error error = error_of(bad);
    EXPECT_EQ(error.code, Errc::invalid) << bad << ": " << error.text;
    EXPECT_NE(error.text.find("high-availability.storageDir"), std::string::npos) << error.text;
  }
  EXPECT_NE(error_of("file://nas/ha").text.find("nas"), std::string::npos);
  EXPECT_EQ(error_of("/" + std::string(kLocationBytesMax, 'x')).code, Errc::invalid);
}

TEST(StorageLocation, RefusesAClusterIdThatLeavesTheFolder) {
  for (const char* bad : {"", "/", "..", "a/../b", "./a", "a\tb"}) {
    const Error error = error_of("/srv/ha", bad);
    EXPECT_EQ(error.code, Errc::invalid) << bad << ": " << error.text;
    EXPECT_NE(error.text.find("high-availability.cluster-id"), std::string::npos) << error.text;
  }
  EXPECT_EQ(error_of("/srv/ha", std::string(256, 'x')).code, Errc::invalid);
}

TEST(StorageLocation, TellsPlannedSchemesFromUnknownOnes) {
  for (const char* planned : {"hdfs://nn:8020/ha", "s3://bucket/ha", "s3a://bucket/ha", "S3P://bucket/ha"}) {
    const Error error = error_of(planned);
    EXPECT_EQ(error.code, Errc::not_supported) << planned;
    EXPECT_NE(error.text.find("planned but not in this version; use file://"), std::string::npos) << error.text;
    EXPECT_NE(error.text.find(planned), std::string::npos) << error.text;
  }
  for (const char* unknown : {"gs://bucket/ha", "nfs://nas/ha", "zk:ha"}) {
    const Error error = error_of(unknown);
    EXPECT_EQ(error.code, Errc::not_supported) << unknown;
    EXPECT_NE(error.text.find("unknown scheme"), std::string::npos) << error.text;
    EXPECT_NE(error.text.find("file://"), std::string::npos) << error.text;
  }
}

TEST(StorageLocation, MakingAStoreTouchesNothing) {
  const test::TempDir dir;
  const auto location = parse_storage_location(dir.path().string(), "default");
  ASSERT_TRUE(location.has_value());
  const auto store = make_blob_store(*location);
  EXPECT_EQ(store->describe(), "file://" + (dir / "default"));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  EXPECT_EQ(store->put("a", "x").outcome, PutOutcome::ok);
  EXPECT_EQ(test::read_file(dir / "default/a"), "x");
}

}  // namespace
}  // namespace stellwerk::storage
