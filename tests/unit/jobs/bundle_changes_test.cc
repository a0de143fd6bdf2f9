#include "jobs/bundle_changes.h"

#include <gmock/gmock.h>

#include "jobs/bundle_views.h"
#include "jobs/changes.h"

namespace stellwerk::jobs {
namespace {

using testing::HasSubstr;

constexpr WallMs kUploaded = 1'795'000'000'000;
constexpr WallMs kHour = 3'600'000;

std::string uuid_of(int n) {
  return "12345678-1234-4123-8123-12345678900" + std::to_string(n);
}

class BundleChanges : public testing::Test {
 protected:
  Reply ask(const Change& change, WallMs now = kUploaded) {
    const Decision decision = decide(state_, change, now, limits_);
    for (const auto& record : decision.records) EXPECT_FALSE(state_.apply(record).has_value());
    return decision.reply;
  }
  /// The file `hash` becomes bundle `n`, stored as its `number`-th file.
  static AddBundle upload(int n, char hash, bool once = false, int number = 1) {
    const std::string sha256(64, hash);
    return {uuid_of(n), {sha256, 10, "x.tar.gz", model::ArtifactKind::bundle}, once, R"({"name":"x"})",
            nullptr,    model::ArtifactFile{sha256, 7, number}.name()};
  }
  static SubmitJob job(int n, const AddBundle& from) {
    return {JobId::mint(kUploaded, {0, static_cast<std::uint64_t>(n)}),
            R"({"name":"j"})",
            "h",
            "j",
            1,
            from.artifact,
            from.uuid};
  }
  Reply forget(WallMs now) { return ask(ForgetOldJobs{now}, now); }
  bool has(char hash) const { return state_.artifacts().contains(std::string(64, hash)); }

  ClusterState state_;
  JobLimits limits_;
};

TEST_F(BundleChanges, AnUploadIsTwoRecords) {
  EXPECT_EQ(ask(upload(1, 'a')).kind, Reply::Kind::accepted);
  EXPECT_EQ(state_.artifacts().find(std::string(64, 'a'))->file, upload(1, 'a').file);
  const auto bundle = state_.bundles().find(uuid_of(1));
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->artifact, upload(1, 'a').artifact);
  EXPECT_EQ(bundle->at_ms, kUploaded);
  EXPECT_EQ(state_.bundle_spec(uuid_of(1)), R"({"name":"x"})");
}

TEST_F(BundleChanges, EqualContentIsStoredOnce) {
  ask(upload(1, 'a'));
  AddBundle second = upload(2, 'a');
  second.file.clear();
  EXPECT_EQ(ask(second).kind, Reply::Kind::accepted);
  second = upload(3, 'a', false, 9);
  EXPECT_EQ(ask(second).kind, Reply::Kind::accepted) << "stored at the same time";
  EXPECT_EQ(state_.artifacts().find(std::string(64, 'a'))->file, upload(1, 'a').file);
  EXPECT_EQ(state_.bundles().size(), 3U);
}

TEST_F(BundleChanges, WithoutItsFileNothingIsRecorded) {
  AddBundle add = upload(1, 'a');
  add.file.clear();
  EXPECT_EQ(ask(add).kind, Reply::Kind::unavailable);
  EXPECT_TRUE(state_.records().empty());
}

TEST_F(BundleChanges, TheSameUploadAgainIsOne) {
  ask(upload(1, 'a'));
  EXPECT_EQ(ask(upload(1, 'a')).kind, Reply::Kind::accepted);
  EXPECT_EQ(ask(upload(1, 'b')).kind, Reply::Kind::conflict);
  EXPECT_EQ(state_.bundles().size(), 1U);
  EXPECT_FALSE(has('b'));
}

TEST_F(BundleChanges, TheirNumberIsBounded) {
  limits_.bundles_max = 1;
  ask(upload(1, 'a'));
  const Reply reply = ask(upload(2, 'b'));
  EXPECT_EQ(reply.kind, Reply::Kind::refused);
  EXPECT_THAT(reply.text, HasSubstr("DELETE /jars"));
}

TEST_F(BundleChanges, WhatABundleOrALiveJobNamesIsKept) {
  ask(upload(1, 'a'));
  EXPECT_EQ(ask(job(1, upload(1, 'a'))).kind, Reply::Kind::accepted);
  forget(kUploaded + 100 * kHour);
  EXPECT_TRUE(has('a')) << "of a bundle that stays";
  EXPECT_EQ(ask(RemoveBundle{{uuid_of(1), "x.tar.gz"}}).kind, Reply::Kind::accepted);
  EXPECT_FALSE(state_.bundles().contains(uuid_of(1)));
  forget(kUploaded + 100 * kHour);
  EXPECT_TRUE(has('a')) << "of a job that has not ended";
  ask(CancelJob{job(1, upload(1, 'a')).id});
  EXPECT_TRUE(has('a')) << "until somebody looks";
  forget(kUploaded + 1);
  EXPECT_FALSE(has('a'));
}

TEST_F(BundleChanges, AnUploadForOneJobGoesWithIt) {
  ask(upload(1, 'a', true));
  ask(job(1, upload(1, 'a')));
  EXPECT_TRUE(state_.bundles().empty());
  forget(kUploaded);
  EXPECT_TRUE(has('a'));
  EXPECT_EQ(state_.jobs().find(job(1, upload(1, 'a')).id.text())->state->bundle, uuid_of(1));
}

TEST_F(BundleChanges, AnUploadForOneJobThatNobodyRunsHasAnHour) {
  ask(upload(1, 'a', true));
  ask(upload(2, 'b'));
  forget(kUploaded + kHour);
  EXPECT_TRUE(has('a'));
  forget(kUploaded + kHour + 1);
  EXPECT_FALSE(has('a'));
  EXPECT_FALSE(state_.bundles().contains(uuid_of(1)));
  EXPECT_TRUE(has('b'));
}

TEST_F(BundleChanges, OnlyWhatIsThereCanBeRemoved) {
  ask(upload(1, 'a'));
  EXPECT_EQ(ask(RemoveBundle{{uuid_of(2), "x.tar.gz"}}).kind, Reply::Kind::not_found);
  EXPECT_EQ(ask(RemoveBundle{{uuid_of(1), "y.tar.gz"}}).kind, Reply::Kind::not_found);
}

TEST_F(BundleChanges, AJobIsRefusedWhoseArtifactNobodyHas) {
  const Reply reply = ask(job(1, upload(1, 'a')));
  EXPECT_EQ(reply.kind, Reply::Kind::not_found);
  EXPECT_THAT(reply.text, HasSubstr("/jars/upload"));
  ask(upload(1, 'a'));
  SubmitJob other = job(1, upload(1, 'a'));
  other.artifact->size = 11;
  EXPECT_THAT(ask(other).text, HasSubstr("10 bytes, not 11"));
  EXPECT_EQ(ask(job(1, upload(1, 'a'))).kind, Reply::Kind::accepted);
  ask(RemoveBundle{{uuid_of(1), "x.tar.gz"}});
  ask(CancelJob{job(1, upload(1, 'a')).id});
  forget(kUploaded + 1);
  EXPECT_EQ(ask(job(1, upload(1, 'a'))).kind, Reply::Kind::accepted) << "the same submission, late";
}

TEST_F(BundleChanges, NothingIsForgottenWhileAJobCannotBeRead) {
  ask(upload(1, 'a'));
  ask(job(1, upload(1, 'a')));
  ask(RemoveBundle{{uuid_of(1), "x.tar.gz"}});
  state_.apply(model::Record::erase(job_state_key(job(1, upload(1, 'a')).id)));
  forget(kUploaded + 1);
  EXPECT_TRUE(has('a'));
}

TEST_F(BundleChanges, TheListShowsTheNewestFirst) {
  ask(upload(1, 'a'), kUploaded);
  ask(upload(2, 'b', true), kUploaded + 1);
  const std::string first =
      R"({"id":")" + uuid_of(2) + R"(_x.tar.gz","name":"x.tar.gz","uploaded":1795000000001,"entry":[],)";
  EXPECT_THAT(bundle_list_json(state_, "http://me:8081"),
              HasSubstr(R"({"address":"http://me:8081","files":[)" + first));
  EXPECT_EQ(bundle_list_json({}, "http://me:8081"), R"({"address":"http://me:8081","files":[]})");
}

}  // namespace
}  // namespace stellwerk::jobs
