// Replies that are lost or late: what may have happened is looked up, never done twice.
#include "integration/zookeeper_leadership_fixture.h"

namespace stellwerk::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Whichever of the replies on the way into the queue is lost, the create's among them.
TEST_F(LeadershipTest, JoiningSurvivesTheLossOfAnyReply) {
  constexpr std::uint64_t kReplies = 8;  // more than joining takes
  for (std::uint64_t lost = 1; lost <= kReplies; ++lost) {
    SCOPED_TRACE(testing::Message() << "reply " << lost);
    auto joining = Contest::contender(options(proxy->address(), kLongSession), ns + std::to_string(lost), 0);
    ASSERT_TRUE(joining->connected());
    proxy->lose_reply(lost);
    ASSERT_TRUE(joining->lead());
    proxy->lose_reply(0);
    const auto names = candidates(*direct, ns + std::to_string(lost));
    ASSERT_EQ(names.size(), 1U);
    EXPECT_THAT(joining->place, HasSubstr(names[0]));
    EXPECT_EQ(exists(*direct, joining->place).stat.ephemeral_owner, joining->sessions[0].id);
    EXPECT_EQ(joining->write("claimed", joining->version()).outcome, WriteOutcome::ok);
    ASSERT_TRUE(joining->close());
  }
}

TEST_F(LeadershipTest, ConnectingSurvivesTheLossOfAnyReply) {
  constexpr std::uint64_t kReplies = 14;  // more than making the layout takes
  for (std::uint64_t lost = 2; lost <= kReplies; ++lost) {
    SCOPED_TRACE(testing::Message() << "reply " << lost);
    proxy->lose_reply(lost);
    auto fresh = Contest::contender(options(proxy->address(), kLongSession), ns + std::to_string(lost), 0);
    ASSERT_TRUE(fresh->lead());
    proxy->lose_reply(0);
    EXPECT_EQ(fresh->write("claimed", fresh->version()).outcome, WriteOutcome::ok);
    ASSERT_TRUE(fresh->close());
  }
}

/// What a write is told whose reply was on its way when the connection broke.
class LostReplyTest : public LeadershipTest {
 protected:
  WriteOutcome write_and_cut(Contender& leader, const std::string& bytes, HeadVersion expected) {
    proxy->hold_replies(true);
    std::optional<WriteResult> result;
    leader->write_head(bytes, expected, [&](WriteResult got) { result = std::move(got); });
    EXPECT_TRUE(leader.wait([&] { return get(*direct, ns + "/head").data == bytes; }));
    EXPECT_FALSE(result.has_value());
    const std::size_t connections = leader.count("connected");
    proxy->reset_connections();
    proxy->hold_replies(false);
    EXPECT_TRUE(leader.wait([&] { return result && leader.count("connected") > connections; }));
    return result ? result->outcome : WriteOutcome::ok;
  }
};

TEST_F(LostReplyTest, TheWriteIsUnknownAndStands) {
  auto leader = through_proxy(0);
  auto other = contender(1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*other, *leader));
  const HeadVersion none = leader->version();
  EXPECT_EQ(write_and_cut(*leader, "created", none), WriteOutcome::unknown);
  const auto created = leader->read();
  ASSERT_TRUE(created) << created.error().text;
  EXPECT_EQ(created->bytes, "created");
  EXPECT_EQ(leader->write("created", none).outcome, WriteOutcome::mismatch) << "the same again finds itself";

  EXPECT_EQ(write_and_cut(*leader, "set", created->version), WriteOutcome::unknown);
  ASSERT_TRUE(hears(*leader, "set"));
  ASSERT_TRUE(hears(*other, "set"));
  EXPECT_EQ(leader->write("set", created->version).outcome, WriteOutcome::mismatch);
  EXPECT_EQ(leader->write("goes on", leader->head->version).outcome, WriteOutcome::ok);
  EXPECT_TRUE(leader->leads);
  EXPECT_EQ(leader->count("lock lost") + leader->count("session lost"), 0U);
}

/// Its write was answered when it was nobody's any more: the session is gone, the outcome known to nobody.
TEST_F(LeadershipTest, AWriteInFlightAtTheEndOfTheSessionIsAnswered) {
  auto leader = through_proxy(0, kShortSession);
  auto next = contender(1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*next, *leader));
  const WriteResult first = leader->write("epoch 1", leader->version());
  proxy->hold_replies(true);
  const WriteResult second = leader->write("epoch 1, last", first.version);
  EXPECT_EQ(second.outcome, WriteOutcome::unknown);
  cut();
  proxy->hold_replies(false);
  ASSERT_TRUE(next->may_claim());
  const auto stands = next->read();
  EXPECT_EQ(stands->bytes, "epoch 1, last") << "the next one finds it";
  EXPECT_EQ(next->write("epoch 2", stands->version).outcome, WriteOutcome::ok);
  heal();
  ASSERT_TRUE(leader->wait([&] { return leader->count("session lost") == 1; }));
  EXPECT_TRUE(hears(*leader, "epoch 2"));
}

TEST_F(LeadershipTest, SlowRepliesAreNoFault) {
  auto leader = through_proxy(0);
  proxy->delay(std::chrono::milliseconds(100), std::chrono::milliseconds(100));
  ASSERT_TRUE(leader->lead());
  WriteResult last = leader->write("0", leader->version());
  for (int i = 1; i < 4; ++i) {
    last = leader->write(std::to_string(i), last.version);
    ASSERT_EQ(last.outcome, WriteOutcome::ok) << last.reason;
  }
  EXPECT_THAT(leader->told, ElementsAre("connecting", "connected", "may claim"));
}

/// The loss of a watch's event is made good by the reconnect.
TEST_F(LeadershipTest, NobodyMissesAHeadOrALeaveThatHappenedWhileItWasCutOff) {
  auto leader = contender(0);
  auto next = through_proxy(1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*next, *leader));
  WriteResult last = leader->write("seen", leader->version());
  ASSERT_TRUE(hears(*next, "seen"));
  cut();
  ASSERT_TRUE(next->wait([&] { return next->state() == "suspended"; }));
  last = leader->write("missed", last.version);
  ASSERT_TRUE(leader->leave());
  heal();
  ASSERT_TRUE(hears(*next, "missed"));
  ASSERT_TRUE(next->may_claim());
  EXPECT_EQ(next->write("epoch 2", last.version).outcome, WriteOutcome::ok);
}

}  // namespace
}  // namespace stellwerk::test
