#include "artifacts/cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <filesystem>
#include <map>

#include "support/real_loop.h"
#include "unit/artifacts/made_artifact.h"

namespace stellwerk::artifacts {
namespace {

namespace fs = std::filesystem;
using test::MadeArtifact;
using testing::ElementsAre;
using testing::HasSubstr;

/// Answers when the test says so.
class HeldSource : public worker::ArtifactSource {
 public:
  explicit HeldSource(Executor& executor) : executor_(executor) {}

  void fetch(const model::ArtifactRef& artifact, Done done) override {
    asked.push_back(artifact.sha256);
    waiting_.push_back(std::move(done));
  }
  void answer(const Result<std::string>& bytes) {
    executor_.post([done = std::move(waiting_.front()), bytes] { done(bytes); });
    waiting_.pop_front();
  }

  std::vector<std::string> asked;

 private:
  Executor& executor_;
  std::deque<Done> waiting_;
};

/// A disk that is full when the test says so.
class FullDisk : public ArtifactFolder {
 public:
  using ArtifactFolder::ArtifactFolder;

  Result<std::uint64_t> store(const model::ArtifactRef& artifact, std::string_view bytes) const override {
    if (full > 0 && full-- > 0) return make_error(Errc::no_space, "No space left on device");
    return ArtifactFolder::store(artifact, bytes);
  }

  mutable std::atomic<int> full{0};  ///< for so many artifacts
};

class CacheTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kLimit{30};

  void open(std::uint64_t bytes_max = std::uint64_t{1} << 30) {
    cache.reset();
    cache.emplace(loop.executor(), source, folder,
                  CacheOptions{bytes_max, [this](const std::string& text) { notes += text + "\n"; }});
  }
  void take(const MadeArtifact& made) {
    cache->take(made.ref, [this](const Result<std::string>& got) {
      answers.push_back(got.has_value() ? fs::path(*got).filename().string() : got.error().text);
    });
  }
  /// Until so many have been told what they get.
  void wait(std::size_t number) {
    ASSERT_TRUE(loop.run_until([&] { return answers.size() >= number; }, kLimit)) << answers.size();
  }
  void wait_asked(std::size_t number) {
    ASSERT_TRUE(loop.run_until([&] { return source.asked.size() >= number; }, kLimit)) << source.asked.size();
  }
  /// Fetched, used once, and given back.
  void use(const MadeArtifact& made) {
    const std::size_t asked = source.asked.size();
    const std::size_t answered = answers.size();
    take(made);
    wait_asked(asked + 1);
    source.answer(made.bytes);
    wait(answered + 1);
    if (answers.back() == key_of(made.ref)) cache->release(made.ref);
  }
  bool there(const MadeArtifact& made) { return fs::exists(dir / ("cache/" + key_of(made.ref))); }

  test::TempDir dir;
  FullDisk folder{dir / "cache"};
  test::RealLoop loop;
  HeldSource source{loop.executor()};
  std::string notes;
  std::optional<Cache> cache;
  std::vector<std::string> answers;
};

TEST_F(CacheTest, HoweverManyWaitItIsFetchedOnce) {
  open();
  const auto made = MadeArtifact::bundle("hello");
  for (int i = 0; i < 5; ++i) take(made);
  wait_asked(1);
  EXPECT_TRUE(answers.empty());
  source.answer(made.bytes);
  wait(5);
  take(made);
  wait(6);
  EXPECT_THAT(source.asked, ElementsAre(made.ref.sha256));
  EXPECT_THAT(answers, testing::Each(made.ref.sha256));
  EXPECT_EQ(test::read_file(dir / ("cache/" + made.ref.sha256 + "/lib/content")), "hello");
}

TEST_F(CacheTest, TheNextProcessFindsIt) {
  open();
  const auto made = MadeArtifact::bundle("hello");
  use(made);
  open();
  take(made);
  wait(2);
  EXPECT_THAT(source.asked, ElementsAre(made.ref.sha256));
}

TEST_F(CacheTest, AFailureIsToldToAllThatWaitAndTriedAnewByTheNext) {
  open();
  const auto made = MadeArtifact::bundle("hello");
  take(made);
  take(made);
  wait_asked(1);
  source.answer(make_error(Errc::not_found, "no master has it"));
  wait(2);
  EXPECT_THAT(answers, ElementsAre("no master has it", "no master has it"));
  use(made);
  EXPECT_EQ(answers.back(), made.ref.sha256);
}

TEST_F(CacheTest, WhatIsNoArchiveIsToldAsSuch) {
  open();
  const auto made = MadeArtifact::of("garbage", model::ArtifactKind::bundle);
  take(made);
  wait_asked(1);
  source.answer(made.bytes);
  wait(1);
  EXPECT_THAT(answers[0], HasSubstr("it is not an archive"));
  EXPECT_FALSE(there(made));
}

TEST_F(CacheTest, WhatWasNotUsedForLongestGoesFirst) {
  open(400'000);
  const auto a = MadeArtifact::bundle(std::string(150'000, 'a'));
  const auto b = MadeArtifact::bundle(std::string(150'000, 'b'));
  const auto c = MadeArtifact::bundle(std::string(150'000, 'c'));
  use(a);
  use(b);
  take(a);
  wait(3);
  cache->release(a.ref);
  use(c);
  cache.reset();
  // What is under way on the disk when it goes may be dropped: the next process looks anew.
  open(400'000);
  EXPECT_THAT(notes, HasSubstr("Removing artifact " + b.ref.sha256));
  EXPECT_THAT(notes, Not(HasSubstr("Removing artifact " + a.ref.sha256)));
  take(a);
  take(c);
  wait(6);
  EXPECT_EQ(source.asked.size(), 3);
}

TEST_F(CacheTest, AFullDiskTakesBackWhatNobodyUsesAndIsTriedOnce) {
  open();
  const auto used = MadeArtifact::bundle("used");
  const auto unused = MadeArtifact::bundle("unused");
  const auto wanted = MadeArtifact::bundle("wanted");
  take(used);
  wait_asked(1);
  source.answer(used.bytes);
  wait(1);
  use(unused);
  folder.full = 1;
  use(wanted);
  EXPECT_EQ(answers.back(), wanted.ref.sha256);
  EXPECT_THAT(notes, HasSubstr("Removing artifact " + unused.ref.sha256 + " from the cache: its disk is full"));
  EXPECT_TRUE(there(used));
  EXPECT_FALSE(there(unused));
  folder.full = 2;
  use(unused);
  EXPECT_EQ(answers.back(), "No space left on device");
  EXPECT_TRUE(there(used));
}

TEST_F(CacheTest, WhatTasksUseStaysEvenBeyondTheLimit) {
  open(1);
  const auto a = MadeArtifact::bundle(std::string(50'000, 'a'));
  const auto b = MadeArtifact::bundle(std::string(50'000, 'b'));
  take(a);
  wait_asked(1);
  source.answer(a.bytes);
  wait(1);
  use(b);
  EXPECT_TRUE(there(a));
  EXPECT_GT(cache->bytes(), 0) << "only what is used counts now";
  cache->release(a.ref);
  EXPECT_EQ(cache->bytes(), 0);
}

TEST_F(CacheTest, OnlySoManyAreFetchedAtATime) {
  open();
  std::vector<MadeArtifact> made;
  for (int i = 0; i < 4; ++i) {
    made.push_back(MadeArtifact::bundle(std::to_string(i)));
    take(made.back());
  }
  wait_asked(2);
  EXPECT_EQ(source.asked.size(), Cache::kFetchesMax);
  for (const auto& each : made) {
    source.answer(each.bytes);
    wait(answers.size() + 1);
  }
  EXPECT_EQ(source.asked.size(), 4);
}

}  // namespace
}  // namespace stellwerk::artifacts
