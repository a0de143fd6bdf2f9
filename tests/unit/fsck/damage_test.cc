// Every kind of damage is found and named, and harms no job that it need not harm.

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "unit/fsck/fsck_cluster.h"

namespace stellwerk::fsck::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class DamageTest : public testing::Test {
 protected:
  FsckCluster cluster;

  static std::vector<std::string> quarantined(const Examination& examination) {
    std::vector<std::string> out;
    for (const auto& job : examination.quarantined) out.push_back(job.job);
    return out;
  }
};

TEST_F(DamageTest, NothingIsWrongWithAWholeCluster) {
  const JobId first = cluster.submit(1);
  cluster.submit(2);
  cluster.compact();
  cluster.take_over();
  cluster.cancel(first);
  const auto found = cluster.examine();
  EXPECT_TRUE(found.clean()) << listed(found);
  EXPECT_THAT(found.faults, IsEmpty());
  EXPECT_FALSE(needs_repair(found));
  EXPECT_EQ(found.recovery.state.counts().running, 1);
  EXPECT_EQ(found.recovery.state.counts().canceled, 1);
}

TEST_F(DamageTest, NothingIsThereYet) {
  storage::MemoryBlobStore empty;
  const auto found = fsck::examine(empty, Register{"the test", std::nullopt, {}}, {}, {});
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->clean()) << listed(*found);
}

TEST_F(DamageTest, AFlippedBitInARecordQuarantinesItsJobAlone) {
  const JobId hurt = cluster.submit(1);
  const std::string name = cluster.newest_segment();
  const JobId whole = cluster.submit(2);
  cluster.flip_in_line(name, "/spec ");
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::error, name, "jobs/" + hurt.text() + "/spec")) << listed(found);
  EXPECT_EQ(quarantined(found), std::vector{hurt.text()});
  EXPECT_TRUE(found.recovery.state.jobs().find(whole.text())->healthy());
  EXPECT_TRUE(found.way.whole());
}

TEST_F(DamageTest, AJobWhoseCheckpointIsLostIsNotKeptToBeginFromNothing) {
  const JobId id = cluster.submit(1);
  model::CheckpointBook book;
  book.last = 7;
  book.retained = {7};
  cluster.commit({model::Record::put(jobs::checkpointing_key(id), model::encode_checkpoint_book(book)),
                  model::Record::put(jobs::checkpoint_key(id, 7), model::encode_checkpoint({7, 1, 2, {}}))});
  EXPECT_TRUE(cluster.examine().clean());
  cluster.flip_in_line(cluster.newest_segment(), "/checkpoints/7 ");
  const auto found = cluster.examine();
  ASSERT_EQ(quarantined(found), std::vector{id.text()});
  EXPECT_THAT(found.quarantined[0].keep, testing::HasSubstr("it would begin from nothing"))
      << found.quarantined[0].troubles[0].key;
}

TEST_F(DamageTest, ALaterRecordMakesGoodWhatAnEarlierFileLost) {
  const JobId id = cluster.submit(1);
  const std::string name = cluster.newest_segment();
  cluster.cancel(id);
  cluster.flip_in_line(name, "/spec ");
  const auto found = cluster.examine();
  EXPECT_THAT(found.quarantined, IsEmpty()) << listed(found);
  EXPECT_TRUE(has(found, Severity::error, name, "1 record"));
}

TEST_F(DamageTest, AFileCutShortBehindItsRecordsLosesNothing) {
  cluster.submit(1);
  const std::string name = cluster.newest_segment();
  const std::string all = cluster.bytes(name);
  cluster.replace(name, all.substr(0, all.size() - 5));
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::warning, name, "not what was written")) << listed(found);
  EXPECT_THAT(found.quarantined, IsEmpty());
}

TEST_F(DamageTest, AFileCutShortWithinItsRecordsNamesThoseThatAreGone) {
  const JobId id = cluster.submit(1);
  const std::string name = cluster.newest_segment();
  const std::string all = cluster.bytes(name);
  cluster.replace(name, all.substr(0, all.find("/state {") - 45));
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::error, name, "jobs/" + id.text() + "/state")) << listed(found);
  EXPECT_EQ(quarantined(found), std::vector{id.text()});
}

TEST_F(DamageTest, AnEmptyFileIsALostCommit) {
  const JobId before = cluster.submit(1);
  cluster.submit(2);
  const std::string name = cluster.newest_segment();
  const JobId after = cluster.submit(3);
  cluster.replace(name, "");
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::error, name, "it is empty")) << listed(found);
  EXPECT_EQ(found.way.lost_commits, 1);
  EXPECT_EQ(quarantined(found), std::vector{before.text()}) << "the commit may have ended it";
  EXPECT_TRUE(found.quarantined.front().in_doubt);
  EXPECT_TRUE(found.recovery.state.jobs().find(after.text())->healthy());
}

TEST_F(DamageTest, AMissingSegmentIsALostCommit) {
  cluster.submit(1);
  const std::string name = cluster.newest_segment();
  cluster.submit(2);
  ASSERT_TRUE(cluster.store.remove(name).has_value());
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::error, name, "missing")) << listed(found);
  EXPECT_EQ(found.way.lost_commits, 1);
  EXPECT_TRUE(found.loses());
}

TEST_F(DamageTest, AMissingSnapshotIsGoneAround) {
  const JobId id = cluster.submit(1);
  cluster.compact();
  cluster.cancel(id);
  cluster.submit(2);
  cluster.compact();
  ASSERT_TRUE(cluster.store.remove(cluster.snapshot()).has_value());
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::error, cluster.snapshot(), "missing")) << listed(found);
  EXPECT_TRUE(has(found, Severity::warning, "journal/", "through the older"));
  EXPECT_TRUE(found.way.whole());
  EXPECT_EQ(found.recovery.state.counts().running, 1);
  EXPECT_EQ(found.recovery.state.counts().canceled, 1);
  EXPECT_THAT(found.quarantined, IsEmpty());
}

TEST_F(DamageTest, ADamagedSnapshotIsGoneAround) {
  cluster.submit(1);
  cluster.submit(2);
  cluster.compact();
  cluster.flip_in_line(cluster.snapshot(), "/spec ");
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::error, cluster.snapshot(), "cannot be had")) << listed(found);
  EXPECT_TRUE(has(found, Severity::warning, "journal/", "from the segments alone"));
  EXPECT_THAT(found.quarantined, IsEmpty());
  EXPECT_EQ(found.recovery.state.counts().running, 2);
}

TEST_F(DamageTest, ADamagedSnapshotWithoutAWayAroundQuarantinesWhatItLost) {
  const JobId hurt = cluster.submit(1);
  const JobId whole = cluster.submit(2);
  cluster.compact();
  for (std::int64_t seq = 1; seq <= 3; ++seq)
    ASSERT_TRUE(cluster.store.remove(model::segment_name(1, seq)).has_value());
  cluster.flip_checksum(cluster.snapshot(), hurt.text() + "/state ");
  const auto found = cluster.examine();
  EXPECT_FALSE(found.clean());
  EXPECT_EQ(quarantined(found), std::vector{hurt.text()}) << listed(found);
  EXPECT_TRUE(found.recovery.state.jobs().find(whole.text())->healthy());
}

TEST_F(DamageTest, DamageInFilesThatAreOnlyKeptCostsNothing) {
  cluster.submit(1);
  const std::string kept = cluster.newest_segment();
  cluster.compact();
  cluster.flip_in_line(kept, "/spec ");
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::warning, kept, "kept as a way around")) << listed(found);
  EXPECT_THAT(found.quarantined, IsEmpty());
}

TEST_F(DamageTest, AFileOfAnotherClusterIsNoPartOfTheWay) {
  cluster.submit(1);
  FsckCluster other;
  other.head.cluster = kOtherCluster;
  other.submit(9);
  cluster.replace(cluster.newest_segment(), other.bytes(other.newest_segment()));
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::error, cluster.newest_segment(), "another cluster")) << listed(found);
  EXPECT_EQ(found.way.lost_commits, 1);
}

TEST_F(DamageTest, ACopyUnderAnotherNameIsFoundOut) {
  cluster.submit(1);
  cluster.submit(2);
  cluster.replace(cluster.newest_segment(), cluster.bytes(cluster.segment(2)));
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::error, cluster.newest_segment(), "another file: segment 1-2")) << listed(found);
}

TEST_F(DamageTest, AStrayCopyIsNamedAndNeedsNothing) {
  cluster.submit(1);
  cluster.replace("journal/segment-copy.jsonl", cluster.bytes(cluster.newest_segment()));
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::note, "journal/segment-copy.jsonl", "no file of ours")) << listed(found);
  EXPECT_TRUE(found.clean());
}

TEST_F(DamageTest, AFolderFromAnOlderCopyMissesWhatTheRegisterNames) {
  const JobId early = cluster.submit(1);
  cluster.submit(2);
  cluster.submit(3);
  for (const std::int64_t seq : {3, 4}) ASSERT_TRUE(cluster.store.remove(model::segment_name(1, seq)).has_value());
  const auto found = cluster.examine();
  EXPECT_EQ(found.way.lost_commits, 2) << listed(found);
  EXPECT_EQ(quarantined(found), std::vector{early.text()});
}

TEST_F(DamageTest, ARegisterFromAnOlderCopyIsEarlierThanTheFiles) {
  cluster.submit(1);
  const model::Head older = cluster.head;
  cluster.take_over();
  cluster.submit(2);
  const auto found = cluster.examine(Register{"the test", older, {}}, {});
  EXPECT_TRUE(has(found, Severity::error, "register", "set back")) << listed(found);
}

TEST_F(DamageTest, ACommitThatWasNeverNamedIsNoFault) {
  cluster.submit(1);
  const model::Head named = cluster.head;
  cluster.submit(2);
  const auto found = cluster.examine(Register{"the test", named, {}}, {});
  EXPECT_TRUE(found.clean()) << listed(found);
  EXPECT_EQ(found.recovery.state.counts().running, 1);
}

TEST_F(DamageTest, ClusterJsonMustBeThereAndTheRegisters) {
  cluster.submit(1);
  const std::string good = cluster.bytes("cluster.json");
  ASSERT_TRUE(cluster.store.remove("cluster.json").has_value());
  EXPECT_TRUE(has(cluster.examine(), Severity::error, "cluster.json", "missing"));
  cluster.replace("cluster.json", "{\"cluster\":7}");
  EXPECT_TRUE(has(cluster.examine(), Severity::error, "cluster.json", "cluster"));
  cluster.replace("cluster.json", std::string("{\"cluster\":\"") + kOtherCluster + "\"}");
  EXPECT_TRUE(has(cluster.examine(), Severity::error, "cluster.json", "the register to"));
}

TEST_F(DamageTest, ARecordOfANewerVersionEndsIt) {
  const JobId id = cluster.submit(1);
  journal::FileHeader header;
  header.cluster = kCluster;
  header.at = {1, cluster.head.seq + 1};
  header.previous = cluster.head.position();
  cluster.replace(model::segment_name(1, header.at.seq),
                  journal::encode_segment(header, {model::Record::put("jobs/" + id.text() + "/state", "{\"v\":99}")}));
  cluster.head.append(1);
  const auto found = fsck::examine(cluster.store, Register{"the test", cluster.head, {}}, {}, {});
  ASSERT_TRUE(found.has_error());
  EXPECT_EQ(found.error().code, Errc::not_supported) << found.error().text;
}

TEST_F(DamageTest, ASpecThatIsNotTheOneOfItsHashIsFound) {
  const JobId id = cluster.submit(1);
  cluster.commit({model::Record::put("jobs/" + id.text() + "/spec", model::encode_job_spec("{\"name\":\"other\"}"))});
  const auto found = cluster.examine();
  ASSERT_THAT(found.quarantined, SizeIs(1)) << listed(found);
  EXPECT_THAT(found.quarantined.front().troubles.front().why, testing::HasSubstr("hash"));
}

TEST_F(DamageTest, ARegisterThatNamesAnEndlessRangeCostsWhatIsThere) {
  cluster.submit(1);
  model::Head head = cluster.head;
  head.seq = std::int64_t{1} << 50;
  head.segments.back().to = head.seq;
  const auto found = cluster.examine(Register{"the test", head, {}}, {});
  EXPECT_EQ(found.way.lost_commits, head.seq - 2);
  EXPECT_TRUE(has(found, Severity::error, "journal/", "more files")) << listed(found);
}

TEST_F(DamageTest, LinesThatStandTwiceInASnapshotCostNothing) {
  cluster.submit(1);
  cluster.compact();
  std::string all = cluster.bytes(cluster.snapshot());
  const auto at = all.find('\n') + 1;
  all.insert(at, all.substr(at, all.find('\n', at) + 1 - at));
  cluster.replace(cluster.snapshot(), all);
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::warning, cluster.snapshot(), "not what was written")) << listed(found);
  EXPECT_THAT(found.quarantined, IsEmpty());
}

TEST_F(DamageTest, LinesInAnotherOrderCostNothing) {
  cluster.submit(1);
  cluster.submit(2);
  cluster.compact();
  std::string all = cluster.bytes(cluster.snapshot());
  const auto first = all.find('\n') + 1;
  const auto last = all.rfind("takeovers/1");
  const auto begin = all.rfind('\n', last) + 1;
  all.insert(first, all.substr(begin, all.find('\n', begin) + 1 - begin));  // the last one, once more, in front
  cluster.replace(cluster.snapshot(), all);
  const auto found = cluster.examine();
  EXPECT_FALSE(found.way.around) << listed(found);
  EXPECT_THAT(found.quarantined, IsEmpty());
  EXPECT_EQ(found.recovery.state.counts().running, 2);
}

TEST_F(DamageTest, ALineInTheGuiseOfAnotherIsALostRecord) {
  cluster.submit(1);
  cluster.submit(2);
  cluster.compact();
  for (std::int64_t seq = 1; seq <= 3; ++seq)
    ASSERT_TRUE(cluster.store.remove(model::segment_name(1, seq)).has_value());
  std::string all = cluster.bytes(cluster.snapshot());
  const auto first = all.find('\n') + 1;
  const auto second = all.find('\n', first) + 1;
  const auto third = all.find('\n', second) + 1;
  all.replace(second, third - second, all.substr(first, second - first));
  cluster.replace(cluster.snapshot(), all);
  const auto found = cluster.examine();
  EXPECT_EQ(found.way.lost_records, 1U) << listed(found);
  EXPECT_TRUE(found.loses());
}

TEST_F(DamageTest, AFlippedBitInAKeyBlamesNobodyElse) {
  const JobId hurt = cluster.submit(1);
  cluster.submit(2);
  cluster.compact();
  for (std::int64_t seq = 1; seq <= 3; ++seq)
    ASSERT_TRUE(cluster.store.remove(model::segment_name(1, seq)).has_value());
  cluster.flip_in_line(cluster.snapshot(), "jobs/" + hurt.text().substr(0, 4));
  const auto found = cluster.examine();
  EXPECT_GT(found.way.lost_records + found.quarantined.size(), 0U) << listed(found);
  for (const auto& id : quarantined(found)) EXPECT_EQ(id, hurt.text()) << listed(found);
}

TEST_F(DamageTest, AClusterOfWhichOnlyItsNameIsLeftIsAnError) {
  storage::MemoryBlobStore store;
  store.put("cluster.json", std::string("{\"cluster\":\"") + kCluster + "\"}");
  const auto found = fsck::examine(store, Register{"the test", std::nullopt, {}}, {}, {});
  EXPECT_TRUE(has(*found, Severity::error, "cluster.json", "all is gone")) << listed(*found);
}

TEST_F(DamageTest, ACommitThatTheRegisterDoesNotNameIsNoted) {
  cluster.submit(1);
  const model::Head named = cluster.head;
  cluster.submit(2);
  const auto found = cluster.examine(Register{"the test", named, {}}, {});
  EXPECT_TRUE(has(found, Severity::note, cluster.newest_segment(), "never acknowledged")) << listed(found);
}

class UploadedFiles : public DamageTest {
 protected:
  /// A bundle's records, and its file.
  std::string add(const std::string& content, int number) {
    const std::string sha256 = sha256_hex(content);
    const auto size = static_cast<std::int64_t>(content.size());
    const std::string file = model::ArtifactFile{sha256, 1, number}.name();
    store(file, content);
    const std::string uuid = "12345678-1234-4123-8123-12345678900" + std::to_string(number);
    const model::Bundle bundle{{sha256, size, "x.zip", model::ArtifactKind::bundle}, 5, false, "{}"};
    cluster.commit({model::Record::put(model::artifact_key(sha256), model::encode_artifact({file, size, 5})),
                    model::Record::put(model::bundle_key(uuid), model::encode_bundle(bundle))});
    return file;
  }
  void store(const std::string& name, const std::string& content) { cluster.store.put(name, content); }
};

TEST_F(UploadedFiles, ThatAreWholeAreNoFault) {
  add("content", 1);
  const auto found = cluster.examine();
  EXPECT_THAT(found.faults, IsEmpty()) << listed(found);
}

TEST_F(UploadedFiles, ThatAreMissingOrChangedAreNamedWithWhoNeedsThem) {
  const std::string gone = add("content", 1);
  const std::string changed = add("other content", 2);
  cluster.store.remove(gone);
  cluster.replace(changed, "else");
  const auto found = cluster.examine();
  EXPECT_TRUE(has(found, Severity::error, gone, "missing")) << listed(found);
  EXPECT_TRUE(has(found, Severity::error, gone, "upload 12345678-1234-4123-8123-123456789001_x.zip")) << listed(found);
  EXPECT_TRUE(has(found, Severity::error, changed, "SHA-256")) << listed(found);
  EXPECT_FALSE(found.clean());
}

TEST_F(UploadedFiles, ThatNobodyNamesAreNotes) {
  const std::string named = add("content", 1);
  const std::string stray = model::ArtifactFile{sha256_hex("content"), 1, 7}.name();
  store(stray, "content");
  store("blobs/notes.txt", "hello");
  const auto found = cluster.examine();
  EXPECT_TRUE(found.clean()) << listed(found);
  EXPECT_TRUE(has(found, Severity::note, stray, "no record names it")) << listed(found);
  EXPECT_TRUE(has(found, Severity::note, "blobs/notes.txt", "no file of ours")) << listed(found);
  EXPECT_THAT(found.faults, SizeIs(2));
}

}  // namespace
}  // namespace stellwerk::fsck::test
