#include <gtest/gtest.h>
#include <stellwerk/blob_store.h>

#include <string>

namespace stellwerk {
namespace {

TEST(BlobName, TakesWhatTheJournalAndTheBlobsUse) {
  EXPECT_TRUE(is_valid_blob_name("cluster.json"));
  EXPECT_TRUE(is_valid_blob_name("journal/segment-0000000001-00000000000000000001.jsonl"));
}

TEST(BlobName, RefusesWhatCouldLeaveTheFolderOrDifferByCase) {
  for (const char* bad : {"", "/", "a//b", "../x", "a/..", "a/./b", "/a", "a/", "A", "a b", "a\n"})
    EXPECT_FALSE(is_valid_blob_name(bad)) << bad;
  EXPECT_FALSE(is_valid_blob_name(std::string(kBlobNameBytesMax + 1, 'a')));
  EXPECT_TRUE(is_valid_blob_name(std::string(kBlobNameBytesMax, 'a')));
}

}  // namespace
}  // namespace stellwerk
