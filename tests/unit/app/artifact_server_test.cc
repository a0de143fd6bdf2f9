/// Who gets which file on the port for workers.
#include "app/artifact_server.h"

#include <gmock/gmock.h>

#include <deque>

#include "model/bundle.h"

namespace stellwerk::app {
namespace {

using testing::HasSubstr;
using websocket::GetAnswer;

/// Answers a get when it is told to.
class HeldStore : public AsyncBlobStore {
 public:
  void put(std::string, std::function<std::string()>, Handler<PutResult>) override {}
  void get(std::string name, Handler<Result<std::string>> done) override {
    names.push_back(std::move(name));
    waiting.push_back(std::move(done));
  }
  void list(std::string, Handler<Result<std::vector<BlobInfo>>>) override {}
  void remove(std::string, Handler<Result<void>>) override {}
  void probe(Handler<Result<void>>) override {}
  void run(std::function<void()>, std::function<void()>) override {}

  void answer(Result<std::string> bytes) {
    const auto done = std::move(waiting.front());
    waiting.pop_front();
    done(std::move(bytes));
  }

  std::vector<std::string> names;
  std::deque<Handler<Result<std::string>>> waiting;
};

std::string hash(char digit) {
  return std::string(64, digit);
}

class ArtifactServerTest : public testing::Test {
 protected:
  ArtifactServerTest() {
    for (const char digit : {'0', '1', '2', '3', '4'})
      state.apply(model::Record::put(model::artifact_key(hash(digit)),
                                     model::encode_artifact({model::ArtifactFile{hash(digit), 7, 1}.name(), 5, 0})));
    auto shown = std::make_shared<master::MasterView>();
    shown->state = std::make_shared<const jobs::ClusterState>(state.share());
    view = shown;
  }
  /// The answer is the last of `answers` when it comes.
  void ask(const std::string& target) {
    server.serve({target}, [this](GetAnswer given) { answers.push_back(std::move(given)); });
  }
  GetAnswer asked(const std::string& target) {
    ask(target);
    if (answers.empty()) return {0, nullptr, "not answered"};
    GetAnswer last = std::move(answers.back());
    answers.clear();
    return last;
  }

  jobs::ClusterState state;
  master::ViewPtr view;
  HeldStore store;
  std::vector<GetAnswer> answers;
  ArtifactServer server{store, [this] { return view; }};
};

TEST_F(ArtifactServerTest, AFileIsReadFromWhereItsRecordSays) {
  EXPECT_EQ(asked("/artifacts/" + hash('1')).text, "not answered");
  ASSERT_EQ(store.names, std::vector<std::string>{"blobs/11/" + hash('1') + "-7-1"});
  store.answer(std::string("bytes"));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 200U);
  EXPECT_EQ(*answers[0].file, "bytes");
}

TEST_F(ArtifactServerTest, WhatIsNotThereIs404) {
  EXPECT_EQ(asked("/artifacts/" + hash('9')).status, 404U);
  EXPECT_EQ(asked("/artifacts/").status, 404U);
  EXPECT_EQ(asked("/artifacts/" + hash('A')).status, 404U);
  EXPECT_EQ(asked("/").status, 426U);
  view = std::make_shared<const master::MasterView>();
  EXPECT_EQ(asked("/artifacts/" + hash('1')).status, 404U);
  EXPECT_TRUE(store.names.empty());
}

TEST_F(ArtifactServerTest, WhoeverWantsTheSameSharesIt) {
  ask("/artifacts/" + hash('1'));
  ask("/artifacts/" + hash('1'));
  EXPECT_EQ(store.names.size(), 1U);
  store.answer(std::string("bytes"));
  ASSERT_EQ(answers.size(), 2U);
  ask("/artifacts/" + hash('1'));
  ASSERT_EQ(answers.size(), 3U) << "while it is being sent it need not be read again";
  EXPECT_EQ(answers[0].file.get(), answers[2].file.get());
  answers.clear();
  ask("/artifacts/" + hash('1'));
  EXPECT_EQ(store.names.size(), 2U);
}

TEST_F(ArtifactServerTest, FewDifferentFilesAreServedAtTheSameTime) {
  for (const char digit : {'0', '1', '2', '3'}) ask("/artifacts/" + hash(digit));
  EXPECT_EQ(asked("/artifacts/" + hash('4')).status, 503U);
  ask("/artifacts/" + hash('0'));
  EXPECT_TRUE(answers.empty());
  store.answer(std::string("bytes"));
  EXPECT_EQ(answers.size(), 2U);
  ask("/artifacts/" + hash('4'));
  EXPECT_EQ(answers.back().status, 503U) << "it is still being sent";
  answers.clear();
  ask("/artifacts/" + hash('4'));
  EXPECT_TRUE(answers.empty());
}

TEST_F(ArtifactServerTest, DownloadsAreBounded) {
  for (std::size_t i = 0; i < kDownloadsMax; ++i) ask("/artifacts/" + hash('1'));
  EXPECT_EQ(asked("/artifacts/" + hash('1')).status, 503U);
  store.answer(std::string("bytes"));
  EXPECT_EQ(answers.size(), kDownloadsMax);
  answers.clear();
  ask("/artifacts/" + hash('1'));
  EXPECT_TRUE(answers.empty());
}

TEST_F(ArtifactServerTest, WhatCannotBeReadIsSaid) {
  ask("/artifacts/" + hash('1'));
  store.answer(make_error(Errc::unavailable, "the mount is gone"));
  EXPECT_EQ(answers.at(0).status, 503U);
  EXPECT_THAT(answers[0].text, HasSubstr("the mount is gone"));
  ask("/artifacts/" + hash('1'));
  store.answer(make_error(Errc::not_found, "no such file"));
  EXPECT_EQ(answers.at(1).status, 404U);
}

}  // namespace
}  // namespace stellwerk::app
