#include "fsck/report.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "unit/fsck/fsck_cluster.h"

namespace stellwerk::fsck::test {
namespace {

using testing::HasSubstr;

TEST(FsckReportTest, AWholeClusterInWords) {
  FsckCluster cluster;
  const JobId id = cluster.submit(1);
  const std::string text = report_text(cluster.examine(), {true});
  EXPECT_THAT(text,
              HasSubstr("Register:  the test: epoch 1, newest commit 1-2, 2 segments, last led by http://one:8081\n"));
  EXPECT_THAT(text, HasSubstr("Journal:   0 snapshots, 2 segments"));
  EXPECT_THAT(text, HasSubstr("Jobs:      1 not ended"));
  EXPECT_THAT(text, HasSubstr("  " + id.text() + "  CREATED  job-1\n"));
  EXPECT_TRUE(text.ends_with("\nNothing is wrong.\n")) << text;
}

TEST(FsckReportTest, DamageInWords) {
  FsckCluster cluster;
  const JobId id = cluster.submit(1);
  cluster.flip_checksum(cluster.newest_segment(), "/spec ");
  const std::string text = report_text(cluster.examine(), {});
  EXPECT_THAT(text, HasSubstr("error    " + cluster.newest_segment() + ": 1 record cannot be had from it"));
  EXPECT_THAT(text, HasSubstr("Quarantined: 1 job\n  " + id.text() + "  (not in quarantine yet)\n"));
  EXPECT_THAT(text, HasSubstr("choices: cannot be kept, its spec is missing; restore (from " +
                              cluster.newest_segment() + ", proven by its hash); drop\n"));
  EXPECT_TRUE(text.ends_with("\nFound: 1 error, 0 warnings, 1 quarantined job.\n")) << text;
}

TEST(FsckReportTest, NothingThere) {
  storage::MemoryBlobStore empty;
  const auto found = examine(empty, Register{"the test", std::nullopt, {}}, {}, {});
  EXPECT_THAT(report_text(*found, {}), HasSubstr("There is no cluster here yet.\n"));
}

TEST(FsckReportTest, TheSameInJson) {
  FsckCluster cluster;
  const JobId id = cluster.submit(1);
  cluster.flip_checksum(cluster.newest_segment(), "/spec ");
  const auto value = parse_json(report_json(cluster.examine(), {true}, std::nullopt), "the report");
  ASSERT_TRUE(value.has_value()) << value.error().text;
  const auto& report = value->as_object();
  EXPECT_FALSE(report.at("clean").as_bool());
  EXPECT_EQ(report.at("cluster").as_string(), kCluster);
  EXPECT_EQ(report.at("register").at("head").at("position").as_string(), "1-2");
  EXPECT_EQ(report.at("quarantined").as_array().at(0).at("job").as_string(), id.text());
  EXPECT_TRUE(report.at("quarantined").as_array().at(0).at("records").at(0).at("copy").at("proven").as_bool());
  EXPECT_EQ(report.at("job-list").as_array().at(0).at("id").as_string(), id.text());
}

}  // namespace
}  // namespace stellwerk::fsck::test
