// What people do to the nodes of a cluster, and what others have left where it should be.
#include "coordination/zookeeper_layout.h"
#include "integration/zookeeper_leadership_fixture.h"

namespace stellwerk::test {
namespace {

using coordination::ZooKeeperAcl;
using coordination::ZooKeeperOptions;
using testing::HasSubstr;

class HandsTest : public LeadershipTest {
 protected:
  /// As zkCli's `deleteall`, again and again while masters put nodes back.
  void delete_all(const std::string& path) {
    constexpr int kTriesMax = 100;
    ZkCode code = ZkCode::not_empty;
    for (int i = 0; code == ZkCode::not_empty && i < kTriesMax; ++i) {
      for (const std::string& child : list(*direct, path).children) delete_all(path + "/" + child);
      code = remove(*direct, path).code;
    }
    EXPECT_TRUE(code == ZkCode::ok || code == ZkCode::no_node) << path;
  }
  void make_all(const std::string& path, const std::string& data = "") {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      create(*direct, path.substr(0, end), end == std::string::npos ? data : "");
      if (end == std::string::npos) return;
    }
  }
  Error refusal() {
    auto refused = contender(0);
    (*refused)->join(refused->candidate());
    EXPECT_TRUE(refused->wait([&] { return !refused->refusals.empty(); }));
    EXPECT_EQ(refused->state(), "refused");
    EXPECT_EQ(refused->count("may claim"), 0U);
    if (refused->refusals.empty()) return {};
    EXPECT_EQ(refused->detail(), refused->refusals[0].text);
    return refused->refusals[0];
  }
};

TEST_F(HandsTest, DeleteallLeaderEndsTheTermAndTheQueueIsMadeAnew) {
  auto first = contender(0);
  auto second = contender(1);
  ASSERT_TRUE(first->lead());
  ASSERT_TRUE(waits_behind(*second, *first));
  const WriteResult claimed = first->write("epoch 1", first->version());
  delete_all(ns + "/leader");
  ASSERT_TRUE(first->wait([&] { return first->count("lock lost") == 1; }));
  // It may lead for the moment between the two deletions.
  ASSERT_TRUE(second->wait([&] { return second->count("lock lost") == 1; }));
  EXPECT_EQ(first->count("session lost"), 0U);
  EXPECT_EQ(first->write("epoch 1, later", claimed.version).outcome, WriteOutcome::mismatch);
  for (Contender* each : {first.get(), second.get()}) {
    ASSERT_TRUE(each->leads || each->join());
  }
  ASSERT_TRUE(wait([&] { return first->leads || second->leads; }));
  Contender& leader = first->leads ? *first : *second;
  EXPECT_EQ(leader.write("epoch 2", claimed.version).outcome, WriteOutcome::ok) << "the head was not touched";
  EXPECT_FALSE(first->leads && second->leads);
}

TEST_F(HandsTest, ADeletedCandidateEndsTheTerm) {
  auto first = contender(0);
  auto second = contender(1);
  ASSERT_TRUE(first->lead());
  ASSERT_TRUE(waits_behind(*second, *first));
  const WriteResult claimed = first->write("epoch 1", first->version());
  EXPECT_EQ(remove(*direct, first->place).code, ZkCode::ok);
  EXPECT_EQ(first->write("at once", claimed.version).outcome, WriteOutcome::mismatch);
  ASSERT_TRUE(first->wait([&] { return first->count("lock lost") == 1; }));
  ASSERT_TRUE(second->may_claim());
  ASSERT_TRUE(first->join());
  EXPECT_FALSE(first->leads);
}

TEST_F(HandsTest, ADeletedHeadIsHeardAndNoOlderVersionFitsItsSuccessor) {
  auto leader = contender(0);
  auto other = contender(1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*other, *leader));
  const WriteResult old = leader->write("epoch 1", leader->version());
  ASSERT_TRUE(hears(*leader, "epoch 1"));
  EXPECT_EQ(remove(*direct, ns + "/head").code, ZkCode::ok);
  for (Contender* each : {leader.get(), other.get()}) {
    ASSERT_TRUE(each->wait([&] { return each->head && !each->head->bytes; }));
  }
  EXPECT_TRUE(leader->leads) << "the lock is another node";
  EXPECT_EQ(leader->write("on what is gone", old.version).outcome, WriteOutcome::mismatch);
  const WriteResult anew = leader->write("epoch 2", leader->head->version);
  ASSERT_EQ(anew.outcome, WriteOutcome::ok) << anew.reason;
  EXPECT_EQ(leader->write("on what was", old.version).outcome, WriteOutcome::mismatch);
  EXPECT_TRUE(hears(*other, "epoch 2"));
}

TEST_F(HandsTest, DeleteallOfTheWholeClusterBeginsAnew) {
  auto leader = contender(0);
  ASSERT_TRUE(leader->lead());
  const WriteResult old = leader->write("epoch 1", leader->version());
  delete_all(ns);
  ASSERT_TRUE(leader->wait([&] { return leader->count("lock lost") == 1; }));
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(leader->wait([&] { return leader->head && !leader->head->bytes; }));
  EXPECT_EQ(get(*direct, ns + "/layout").data, coordination::layout_bytes());
  EXPECT_EQ(leader->write("on what is gone", old.version).outcome, WriteOutcome::mismatch);
  EXPECT_EQ(leader->write("anew", leader->version()).outcome, WriteOutcome::ok);
}

TEST_F(HandsTest, WhatIsDeletedNodeByNodeIsNotTakenForSomebodyElses) {
  auto leader = contender(0);
  ASSERT_TRUE(leader->lead());
  const WriteResult first = leader->write("epoch 1", leader->version());
  ASSERT_EQ(first.outcome, WriteOutcome::ok);
  remove(*direct, ns + "/head");
  remove(*direct, ns + "/layout");
  // The first finds only "leader" there and begins to look, the others come after each of its looks.
  for (int i = 0; i < 4; ++i) EXPECT_NE(leader->write("epoch 2", first.version).outcome, WriteOutcome::ok);
  EXPECT_EQ(leader->count("refused"), 0u);
  delete_all(ns);
  ASSERT_TRUE(leader->wait([&] { return leader->count("lock lost") == 1; }));
  EXPECT_TRUE(leader->lead());
}

TEST_F(HandsTest, WhatBelongsToFlinkIsLeftAlone) {
  make_all(ns + "/jobgraphs/0123");
  EXPECT_EQ(refusal().text, ns + " belongs to Apache Flink; set another high-availability.cluster-id");
  EXPECT_EQ(list(*direct, ns).children, std::vector<std::string>{"jobgraphs"});
}

TEST_F(HandsTest, WhatBelongsToAnotherProgramIsLeftAlone) {
  make_all(ns + "/brokers");
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::foreign);
  EXPECT_THAT(error.text, HasSubstr("belongs to another program (it holds \"brokers\" but no \"layout\")"));
}

TEST_F(HandsTest, ANewerLayoutAndAForeignOneAreNamed) {
  make_all(ns + "/layout", R"({"layout":2,"product":"stellwerk"})");
  EXPECT_THAT(refusal().text, HasSubstr("says layout 2, this version knows only 1"));
  set(*direct, ns + "/layout", "something else");
  EXPECT_THAT(refusal().text, HasSubstr(ns + "/layout"));
}

TEST_F(HandsTest, ALayoutThatALaterVersionRaisesBelowUsIsNotWrittenOver) {
  auto leader = contender(0);
  ASSERT_TRUE(leader->lead());
  const WriteResult first = leader->write("epoch 1", leader->version());
  ASSERT_EQ(first.outcome, WriteOutcome::ok);
  const std::string later = R"({"layout":2,"product":"stellwerk"})";
  set(*direct, ns + "/layout", later);
  set(*direct, ns + "/head", "of a later form");
  ASSERT_TRUE(leader->wait([&] { return leader->count("refused") == 1; }));
  EXPECT_NE(leader->write("epoch 2", first.version).outcome, WriteOutcome::ok);
  EXPECT_EQ(get(*direct, ns + "/layout").data, later);
  EXPECT_EQ(get(*direct, ns + "/head").data, "of a later form");
}

TEST_F(HandsTest, TwoClustersOnOneEnsembleDoNotMeet) {
  auto blue = Contest::contender(options(server().address()), ns + "/blue", 0);
  auto green = Contest::contender(options(server().address()), ns + "/green", 1);
  ASSERT_TRUE(blue->lead());
  ASSERT_TRUE(green->lead());
  const WriteResult of_blue = blue->write("blue", blue->version());
  ASSERT_EQ(of_blue.outcome, WriteOutcome::ok) << of_blue.reason;
  const WriteResult of_green = green->write("green", green->version());
  ASSERT_EQ(of_green.outcome, WriteOutcome::ok) << of_green.reason;
  EXPECT_EQ(blue->read()->bytes, "blue");
  EXPECT_EQ(blue->member_ids(), std::vector<std::string>{blue->candidate().id});
  std::optional<Result<void>> erased;
  (*blue)->erase_cluster([&](const Result<void>& result) { erased = result; });
  ASSERT_TRUE(wait([&] { return erased.has_value(); }));
  EXPECT_TRUE(*erased) << erased->error().text;
  EXPECT_EQ(exists(*direct, ns + "/blue").code, ZkCode::no_node);
  EXPECT_EQ(green->write("green goes on", of_green.version).outcome, WriteOutcome::ok);
  EXPECT_TRUE(green->leads);
}

TEST_F(HandsTest, WithAclCreatorAllNodesBelongToTheCredentials) {
  ZooKeeperOptions ours = options(server().address());
  ours.acl = ZooKeeperAcl::creator;
  ours.digest = "stellwerk:secret";
  auto first = Contest::contender(ours, ns, 0);
  auto second = Contest::contender(ours, ns, 1);
  ASSERT_TRUE(first->lead());
  ASSERT_TRUE(waits_behind(*second, *first));
  const WriteResult claimed = first->write("epoch 1", first->version());
  ASSERT_EQ(claimed.outcome, WriteOutcome::ok) << claimed.reason;
  (*first)->announce("{}");
  ASSERT_TRUE(wait([&] { return exists(*direct, ns + "/leader/rest_server_lock").code == ZkCode::ok; }));
  for (const std::string& path : {ns, ns + "/layout", ns + "/head", ns + "/leader", ns + "/leader/latch", first->place,
                                  ns + "/leader/rest_server_lock"}) {
    EXPECT_EQ(get(*direct, path).code, ZkCode::no_auth) << path;
    EXPECT_EQ(set(*direct, path, "theirs").code, ZkCode::no_auth) << path;
  }
  EXPECT_EQ(remove(*direct, ns + "/head").code, ZkCode::no_auth);
  ASSERT_TRUE(first->leave());
  ASSERT_TRUE(second->may_claim());
  EXPECT_EQ(second->write("epoch 2", claimed.version).outcome, WriteOutcome::ok);

  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::refused);
  EXPECT_THAT(error.text, HasSubstr("check the node's ACL and our credentials"));
}

}  // namespace
}  // namespace stellwerk::test
