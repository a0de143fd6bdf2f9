/// When files are stored and removed, and what callers hear of it.
#include "master/uploads.h"

#include <gtest/gtest.h>

namespace stellwerk::master {
namespace {

using std::chrono::seconds;

const std::string kHash(64, 'a');
const std::string kOther(64, 'b');

class UploadsTest : public testing::Test {
 protected:
  static Upload upload(Ticket ticket, const std::string& sha256 = kHash, Time deadline = Time::max()) {
    jobs::AddBundle add;
    add.artifact = {sha256, 3, "x.jar", model::ArtifactKind::jar};
    add.bytes = std::make_shared<const std::string>("abc");
    return {ticket, std::move(add), deadline};
  }
  /// The effects of one kind since the last look.
  template <class T>
  std::vector<T> took() {
    std::vector<T> found;
    for (auto& effect : out.take())
      if (auto* each = std::get_if<T>(&effect)) found.push_back(std::move(*each));
    return found;
  }
  /// The name of the one removed file.
  std::string removed() {
    const auto effects = took<RemoveBlob>();
    if (effects.size() != 1) return "";
    uploads.on_removed(clocks, effects[0].op, Result<void>{}, out);
    clocks.now += seconds(1);
    return effects[0].name;
  }
  std::string stored_one(Ticket ticket = 1) {
    EXPECT_TRUE(uploads.begin(7, upload(ticket), out));
    const auto puts = took<PutBlob>();
    EXPECT_EQ(puts.size(), 1U);
    const auto stored = uploads.on_put(puts[0].op, {}, 7);
    return stored->uploads[0].change.file;
  }
  model::Record record(const std::string& file) {
    return model::Record::put("artifacts/" + kHash, model::encode_artifact({file, 3, 0}));
  }
  void commit(const model::Record& each) {
    uploads.committed(state, each);
    state.apply(each);
  }
  void settle(const std::string& wanted = "") {
    uploads.settle([&](const std::string& file) { return file == wanted; });
    uploads.beat(clocks, out);
  }

  Options options;
  Uploads uploads{options};
  Outbox out;
  jobs::ClusterState state;
  Clocks clocks{Time(seconds(1000)), 10'000'000};
};

TEST_F(UploadsTest, AFileIsStoredUnderANameOfTheEpoch) {
  ASSERT_TRUE(uploads.begin(7, upload(1), out));
  const auto puts = took<PutBlob>();
  ASSERT_EQ(puts.size(), 1U);
  EXPECT_EQ(puts[0].name, "blobs/aa/" + kHash + "-7-1");
  EXPECT_EQ(puts[0].make(), "abc");
  EXPECT_FALSE(uploads.on_put(puts[0].op + 1, {}, 7).has_value());
  const auto stored = uploads.on_put(puts[0].op, {}, 7);
  ASSERT_TRUE(stored.has_value());
  ASSERT_EQ(stored->uploads.size(), 1U);
  EXPECT_EQ(stored->uploads[0].change.file, puts[0].name);
  EXPECT_EQ(stored->uploads[0].change.bytes, nullptr);
}

TEST_F(UploadsTest, EqualFilesThatComeTogetherAreStoredOnce) {
  uploads.begin(7, upload(1), out);
  uploads.begin(7, upload(2), out);
  const auto puts = took<PutBlob>();
  ASSERT_EQ(puts.size(), 1U);
  const auto stored = uploads.on_put(puts[0].op, {}, 7);
  ASSERT_EQ(stored->uploads.size(), 2U);
  EXPECT_EQ(stored->uploads[1].change.file, puts[0].name);
}

TEST_F(UploadsTest, ALaterUploadHasAnotherName) {
  const std::string first = stored_one();
  settle();
  EXPECT_EQ(removed(), first) << "nobody waits to record it";
  EXPECT_EQ(stored_one(2), "blobs/aa/" + kHash + "-7-2");
}

TEST_F(UploadsTest, TooManyAtOnceAreRefused) {
  for (std::size_t i = 0; i < kUploadPutsMax; ++i)
    EXPECT_TRUE(uploads.begin(7, upload(i + 1, std::string(64, static_cast<char>('0' + i))), out));
  EXPECT_FALSE(uploads.begin(7, upload(99), out));
  for (std::size_t i = kUploadPutsMax; i < kUploadsWaitingMax; ++i)
    EXPECT_TRUE(uploads.begin(7, upload(i + 1, std::string(64, '0')), out));
  EXPECT_FALSE(uploads.begin(7, upload(99, std::string(64, '0')), out));
}

TEST_F(UploadsTest, AFileThatWaitsForItsRecordStays) {
  const std::string file = stored_one();
  settle(file);
  EXPECT_EQ(removed(), "");
  commit(record(file));
  settle();
  EXPECT_EQ(removed(), "");
  commit(model::Record::erase("artifacts/" + kHash));
  settle();
  EXPECT_EQ(removed(), file) << "its record is gone";
}

TEST_F(UploadsTest, AFileOfUnknownFateIsGivenUp) {
  uploads.begin(7, upload(1), out);
  const auto puts = took<PutBlob>();
  settle();
  EXPECT_EQ(removed(), "") << "it is being stored";
  const auto stored = uploads.on_put(puts[0].op, {PutOutcome::unknown, make_error(Errc::unknown, "lost")}, 7);
  EXPECT_EQ(stored->result.outcome, PutOutcome::unknown);
  EXPECT_EQ(stored->uploads[0].change.file, "");
  settle();
  EXPECT_EQ(removed(), puts[0].name);
}

TEST_F(UploadsTest, AFileOfAnEpochThatWasGivenUpIsNotRecorded) {
  uploads.begin(7, upload(1), out);
  EXPECT_FALSE(uploads.begin(8, upload(2), out)) << "under way in the wrong epoch";
  const auto puts = took<PutBlob>();
  const auto stored = uploads.on_put(puts[0].op, {}, 8);
  EXPECT_EQ(stored->result.outcome, PutOutcome::not_done);
  EXPECT_EQ(stored->uploads[0].change.file, "");
  settle();
  EXPECT_EQ(removed(), puts[0].name);
}

TEST_F(UploadsTest, WhoWaitsTooLongIsToldSo) {
  uploads.begin(7, upload(1, kHash, clocks.now + seconds(1)), out);
  uploads.begin(7, upload(2, kOther, clocks.now + seconds(9)), out);
  EXPECT_TRUE(uploads.take_late(clocks.now).empty());
  const auto late = uploads.take_late(clocks.now + seconds(1));
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late[0].ticket, 1U);
  EXPECT_EQ(uploads.take_all().size(), 1U);
}

TEST_F(UploadsTest, StraysOfLowerEpochsAreSweptWhenTheyAreOld) {
  const auto name = [](std::int64_t epoch, int number) { return model::ArtifactFile{kHash, epoch, number}.name(); };
  commit(record(name(3, 1)));
  settle();
  EXPECT_TRUE(took<ListBlobs>().empty()) << "a term begins with more urgent things";
  clocks.now += options.limits.uploads.sweep_first;
  settle();
  const auto lists = took<ListBlobs>();
  ASSERT_EQ(lists.size(), 1U);
  const std::int64_t old = clocks.wall - options.limits.uploads.stray_age.count() - 1;
  const std::vector<BlobInfo> listing{{name(3, 1), 3, old},      {name(3, 2), 3, old}, {name(6, 1), 3, clocks.wall},
                                      {name(6, 2), 3, -1},       {name(7, 1), 3, old}, {name(8, 1), 3, old},
                                      {"blobs/aa/other", 3, old}};
  EXPECT_TRUE(uploads.on_listed(clocks, lists[0].op, listing, 7, state, out));
  settle();
  EXPECT_EQ(removed(), name(3, 2));
  settle();
  EXPECT_EQ(removed(), "") << "named, young, of unknown age, of our epoch, of a later one, no file of ours";
}

TEST_F(UploadsTest, WhatCannotBeRemovedIsSaidAndLeft) {
  const std::string file = stored_one();
  settle();
  const auto effects = took<RemoveBlob>();
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_TRUE(uploads.on_removed(clocks, effects[0].op, make_error(Errc::unavailable, "no mount"), out));
  EXPECT_EQ(took<Note>().size(), 1U);
}

}  // namespace
}  // namespace stellwerk::master
