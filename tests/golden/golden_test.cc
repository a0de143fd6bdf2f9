/// What stands in storage and coordination is a contract with every other version: these files never
/// change. A new form gets a folder of its own, and these are read for as long as it is promised.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "coordination/local_head.h"
#include "coordination/local_lock.h"
#include "identity/identity.h"
#include "journal/journal_file.h"
#include "leadership/candidate_json.h"
#include "model/bundle.h"
#include "model/head.h"

namespace stellwerk {
namespace {

using journal::FileHeader;
using model::FileKind;
using model::Record;

constexpr const char* kCluster = "5f0c0f3a-7f43-4a55-9c0e-3f1d8a6c2b10";

std::string golden(const std::string& name) {
  std::ifstream in(std::string(STELLWERK_GOLDEN) + "/" + name, std::ios::binary);
  EXPECT_TRUE(in.is_open()) << name;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

model::Head full_head() {
  model::Head head;
  head.cluster = kCluster;
  head.stamp = {"0193a2b4c5d6e7f8", 17};
  head.epoch = 7;
  head.leader = {"0193a2b4c5d6e7f8", "http://m1.example:8081", "m1.example:6123"};
  head.seq = 44;
  head.snapshot = model::Position{5, 40};
  head.segments = {{5, 41, 42}, {7, 43, 44}};
  head.since_ms = 1795000000123;
  return head;
}

TEST(Golden, Head) {
  EXPECT_EQ(model::encode_head(full_head()), golden("head.json"));
  const auto head = model::decode_head(golden("head.json"));
  ASSERT_TRUE(head.has_value()) << head.error().text;
  EXPECT_EQ(*head, full_head());
}

TEST(Golden, NamesOfLocalFiles) {
  EXPECT_EQ(coordination::LocalHead::file_name(0), "HEAD-00000000000000000000");
  EXPECT_EQ(coordination::LocalHead::file_name(9'223'372'036'854'775'807), "HEAD-09223372036854775807");
  EXPECT_STREQ(coordination::LocalLock::kName, "LOCK");
}

TEST(Golden, HeadOfAFoundedAndOfAnEndedCluster) {
  model::Head head = full_head();
  head.seq = 0;
  head.epoch = 1;
  head.snapshot.reset();
  head.segments.clear();
  EXPECT_EQ(model::encode_head(head), golden("head-founded.json"));
  EXPECT_EQ(*model::decode_head(golden("head-founded.json")), head);
  head.ended = true;
  EXPECT_EQ(model::encode_head(head), golden("head-ended.json"));
  EXPECT_EQ(*model::decode_head(golden("head-ended.json")), head);
}

TEST(Golden, ArtifactsAndBundles) {
  const std::string hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const model::StoredArtifact artifact{"blobs/ba/" + hash + "-7-12", 4711, 1795000000123};
  EXPECT_EQ(model::ArtifactFile({hash, 7, 12}).name(), artifact.file);
  EXPECT_EQ(model::encode_artifact(artifact), golden("artifact.json"));
  EXPECT_EQ(model::decode_artifact(golden("artifact.json")).value(), artifact);
  const model::Bundle bundle{
      {hash, 4711, "count.tar.gz", model::ArtifactKind::bundle}, 1795000000123, false, R"({"name":"count"})"};
  EXPECT_EQ(model::encode_bundle(bundle), golden("bundle.json"));
  EXPECT_EQ(model::decode_bundle(golden("bundle.json")).value(), bundle);
  const model::Bundle jar{{hash, 4711, "count.jar", model::ArtifactKind::jar}, 1795000000123, true, ""};
  EXPECT_EQ(model::encode_bundle(jar), golden("bundle-jar.json"));
  EXPECT_EQ(model::decode_bundle(golden("bundle-jar.json")).value(), jar);
}

TEST(Golden, WorkerIdentity) {
  const identity::Identity worker{"node1:12345678", 1795000000000000, {kCluster, 7}};
  EXPECT_EQ(identity::encode_identity(worker), golden("worker-identity.json"));
  const auto read = identity::decode_identity(golden("worker-identity.json"));
  ASSERT_TRUE(read.has_value()) << read.error().text;
  EXPECT_EQ(*read, worker);
}

TEST(Golden, Segment) {
  FileHeader header;
  header.cluster = kCluster;
  header.at = {7, 43};
  header.previous = {5, 42};
  header.snapshot = model::Position{5, 40};
  const std::vector<Record> records{Record::put("jobs/a/spec", R"({"name":"caf\u00e9","n":1})"),
                                    Record::erase("jobs/b/spec"), Record::put("jobs/c/state", R"({"s":"CREATED"})")};
  EXPECT_EQ(journal::encode_segment(header, records), golden("segment.jsonl"));
  const auto file = journal::decode_file("segment.jsonl", golden("segment.jsonl"));
  ASSERT_TRUE(file.has_value()) << file.error().text;
  EXPECT_TRUE(file->whole());
  EXPECT_EQ(file->header.kind, FileKind::segment);
  EXPECT_EQ(file->header.at, header.at);
  EXPECT_EQ(file->header.previous, header.previous);
  EXPECT_EQ(file->header.snapshot, header.snapshot);
  EXPECT_EQ(file->records, records);
}

TEST(Golden, Snapshot) {
  FileHeader header;
  header.kind = FileKind::snapshot;
  header.cluster = kCluster;
  header.at = {5, 40};
  header.previous = {5, 40};
  journal::RecordTable table;
  table.put("jobs/b/spec", std::make_shared<const std::string>("{}"));
  table.put("jobs/a/spec", std::make_shared<const std::string>(R"({"n":1})"));
  EXPECT_EQ(journal::encode_snapshot(header, table), golden("snapshot.jsonl"));
  const auto file = journal::decode_file("snapshot.jsonl", golden("snapshot.jsonl"));
  ASSERT_TRUE(file.has_value()) << file.error().text;
  EXPECT_TRUE(file->whole());
  EXPECT_EQ(file->header.kind, FileKind::snapshot);
  EXPECT_EQ(file->records,
            (std::vector<Record>{Record::put("jobs/a/spec", R"({"n":1})"), Record::put("jobs/b/spec", "{}")}));
}

TEST(Golden, Candidate) {
  Candidate candidate;
  candidate.id = "0193a2b4c5d6e7f8";
  candidate.rest = "http://m1.example:8081";
  candidate.rpc = "m1.example:6123";
  candidate.host = "m1.example";
  candidate.pid = 4242;
  candidate.since_ms = 1795000000123;
  EXPECT_EQ(leadership::encode_candidate(candidate), golden("candidate.json"));
  EXPECT_EQ(*leadership::decode_candidate(golden("candidate.json")), candidate);
}

TEST(Golden, NamesOfFiles) {
  EXPECT_EQ(model::segment_name(7, 43), "journal/segment-0000000007-00000000000000000043.jsonl");
  EXPECT_EQ(model::snapshot_name({5, 40}), "journal/snapshot-0000000005-00000000000000000040.jsonl");
}

}  // namespace
}  // namespace stellwerk
