// Lists of servers with bad members, and ensembles that lose some.
#include "integration/zookeeper_leadership_fixture.h"

namespace stellwerk::test {
namespace {

using testing::HasSubstr;

TEST_F(LeadershipTest, ItLeadsWhateverElseTheListNames) {
  TcpProxy silent(server().port());
  silent.stall(true);
  TcpProxy foreign(server().port());
  foreign.greet("220 mail.example ESMTP\r\n");
  resolver.answers.emplace("zk-unknown", make_error(Errc::unavailable, "Name or service not known"));
  const std::string quorum = "127.0.0.1:1,zk-unknown:2181,zk-never-resolved:2181," + silent.address() + "," +
                             foreign.address() + "," + server().address();
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    auto ours = options(quorum, kLongSession);
    ours.seed = seed;
    auto leader = Contest::contender(ours, ns + std::to_string(seed), 0);
    ASSERT_TRUE(leader->lead()) << "seed " << seed << ": " << leader->detail();
    EXPECT_EQ(leader->write("claimed", leader->version()).outcome, WriteOutcome::ok);
  }
}

class LeadershipQuorumTest : public Contest<ZooKeeperClientTest> {};

TEST_F(LeadershipQuorumTest, AnUnreachableQuorumIsTriedForEverAndNamed) {
  ZooKeeperServer late;
  auto early = contender(options("zk-unknown:2181," + late.address(), kLongSession), "/contest/late");
  resolver.answers.emplace("zk-unknown", make_error(Errc::unavailable, "Name or service not known"));
  (*early)->join(early->candidate());
  ASSERT_TRUE(early->wait([&] {
    return early->detail().find(late.address()) != std::string::npos &&
           early->detail().find("cannot be looked up") != std::string::npos;
  })) << early->detail();
  EXPECT_EQ(early->state(), "connecting");
  EXPECT_THAT(early->detail(), HasSubstr(late.address() + ": Connection refused"));
  EXPECT_EQ(early->write("too early", HeadVersion{}).outcome, WriteOutcome::not_sent);
  EXPECT_EQ(early->read().error().code, Errc::unavailable);
  const auto up = late.start();
  ASSERT_TRUE(up) << up.error().text;
  ASSERT_TRUE(early->may_claim()) << early->detail();
  EXPECT_EQ(early->state(), "connected");
  EXPECT_EQ(early->write("claimed", early->version()).outcome, WriteOutcome::ok);
}

TEST_F(LeadershipQuorumTest, AMasterThatNeverFoundAServerStops) {
  auto lonely = contender(options("127.0.0.1:1"), "/contest/lonely");
  (*lonely)->join(lonely->candidate());
  ASSERT_TRUE(lonely->wait([&] { return !lonely->detail().empty(); }));
  EXPECT_TRUE(lonely->leave());
  EXPECT_TRUE(lonely->close());
}

TEST_F(LeadershipQuorumTest, AnEnsembleMayLoseAServerAndForAWhileItsMajority) {
  ZooKeeperEnsemble ensemble;
  const auto up = ensemble.start();
  ASSERT_TRUE(up) << up.error().text;
  auto leader = contender(options(ensemble.quorum(), std::chrono::seconds(40)), "/contest/ensemble", 0);
  auto other = contender(options(ensemble.quorum(), std::chrono::seconds(40)), "/contest/ensemble", 1);
  ASSERT_TRUE(leader->lead());
  ASSERT_TRUE(waits_behind(*other, *leader));
  const WriteResult before = leader->write("before", leader->version());
  const std::size_t its = ensemble.server_of(leader->sessions.back().id);
  ASSERT_LT(its, ensemble.size());
  ensemble.server(its).kill();
  ASSERT_TRUE(leader->wait([&] { return leader->count("suspended") >= 1 && leader->state() == "connected"; }));
  WriteResult last;
  HeadVersion expected = before.version;
  ASSERT_TRUE(leader->wait([&] {  // its new server may still be joining the others
    const auto now = leader->read();
    if (now) expected = now->version;
    last = leader->write("by two", expected);
    return last.outcome == WriteOutcome::ok;
  }));
  ASSERT_TRUE(hears(*other, "by two"));

  ensemble.server((its + 1) % ensemble.size()).kill();
  ASSERT_TRUE(wait([&] { return leader->state() == "suspended" && other->state() == "suspended"; }));
  EXPECT_NE(leader->write("by one", last.version).outcome, WriteOutcome::ok);
  const auto again = ensemble.server(its).start();
  ASSERT_TRUE(again) << again.error().text;
  ASSERT_TRUE(wait([&] { return leader->state() == "connected" && other->state() == "connected"; }));
  EXPECT_EQ(leader->count("lock lost") + leader->count("session lost"), 0U);
  EXPECT_EQ(other->count("may claim"), 0U);
  ASSERT_TRUE(leader->wait([&] {
    const auto now = leader->read();
    return now && leader->write("by two again", now->version).outcome == WriteOutcome::ok;
  }));
}

}  // namespace
}  // namespace stellwerk::test
