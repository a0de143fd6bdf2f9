#include <fcntl.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "integration/zookeeper_client_fixture.h"

namespace stellwerk::test {
namespace {

using leadership::ZkChange;
using leadership::ZkCheck;
using leadership::ZkCreate;
using leadership::ZkDelete;
using leadership::ZkSet;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class ZooKeeperRequestsTest : public SharedZooKeeperTest {};

TEST_F(ZooKeeperRequestsTest, ConnectsAndTellsTheSession) {
  auto client = connected();
  ASSERT_EQ(client->sessions.size(), 1u);
  EXPECT_NE(client->sessions[0].id, 0);
  EXPECT_EQ(client->sessions[0].password.size(), 16u);
  EXPECT_EQ(client->sessions[0].timeout, std::chrono::seconds(6));
  EXPECT_EQ(client->told, std::vector<std::string>{"connected"});
}

TEST_F(ZooKeeperRequestsTest, ItsSocketIsNotHandedDownToChildren) {
  auto client = connected();
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    if (error || target.rfind("socket:", 0) != 0) continue;
    const int flags = ::fcntl(std::stoi(entry.path().filename()), F_GETFD);
    EXPECT_NE(flags & FD_CLOEXEC, 0) << entry.path();
  }
}

TEST_F(ZooKeeperRequestsTest, TheServerDecidesAboutTheTimeout) {
  auto client = ZooKeeperClientTest::connected(options(server().address(), std::chrono::minutes(10)));
  EXPECT_EQ(client->sessions[0].timeout, std::chrono::seconds(60));
  EXPECT_THAT(client->log.back(), AllOf(HasSubstr("60000 ms"), HasSubstr("asked for 600000 ms")));
}

TEST_F(ZooKeeperRequestsTest, CreatesReadsAndChangesNodes) {
  auto client = connected();
  const std::string bytes("a\0b\xff", 4);
  EXPECT_EQ(create(*client, root(), bytes).path, root());
  ZkReply read = get(*client, root());
  EXPECT_EQ(read.code, ZkCode::ok);
  EXPECT_EQ(read.data, bytes);
  EXPECT_EQ(read.stat.version, 0);
  EXPECT_EQ(read.stat.ephemeral_owner, 0);
  EXPECT_GT(read.stat.czxid, 0);

  const ZkReply changed = set(*client, root(), "", 0);
  EXPECT_EQ(changed.code, ZkCode::ok);
  EXPECT_EQ(changed.stat.version, 1);
  EXPECT_EQ(changed.stat.czxid, read.stat.czxid);
  read = get(*client, root());
  EXPECT_EQ(read.data, "");
  EXPECT_EQ(exists(*client, root()).stat.version, 1);
  EXPECT_EQ(remove(*client, root(), 1).code, ZkCode::ok);
  EXPECT_EQ(exists(*client, root()).code, ZkCode::no_node);
}

TEST_F(ZooKeeperRequestsTest, ListsChildren) {
  auto client = connected();
  create(*client, root());
  EXPECT_THAT(list(*client, root()).children, ElementsAre());
  create(*client, root() + "/b");
  create(*client, root() + "/a", "", ZkMode::ephemeral);
  EXPECT_THAT(list(*client, root()).children, UnorderedElementsAre("a", "b"));
  const ZkReply seen = exists(*client, root());
  EXPECT_EQ(seen.stat.children, 2);
  EXPECT_EQ(seen.stat.cversion, 2);
  EXPECT_EQ(exists(*client, root() + "/a").stat.ephemeral_owner, client->sessions[0].id);
}

TEST_F(ZooKeeperRequestsTest, FailuresHaveTheirCodes) {
  auto client = connected();
  create(*client, root());
  EXPECT_EQ(create(*client, root()).code, ZkCode::node_exists);
  EXPECT_EQ(create(*client, root() + "/no/parent").code, ZkCode::no_node);
  EXPECT_EQ(get(*client, root() + "/none").code, ZkCode::no_node);
  EXPECT_EQ(list(*client, root() + "/none").code, ZkCode::no_node);
  EXPECT_EQ(set(*client, root() + "/none", "").code, ZkCode::no_node);
  EXPECT_EQ(remove(*client, root() + "/none").code, ZkCode::no_node);
  EXPECT_EQ(set(*client, root(), "x", 7).code, ZkCode::bad_version);
  EXPECT_EQ(remove(*client, root(), 7).code, ZkCode::bad_version);
  create(*client, root() + "/child");
  EXPECT_EQ(remove(*client, root()).code, ZkCode::not_empty);
  create(*client, root() + "/brief", "", ZkMode::ephemeral);
  EXPECT_EQ(create(*client, root() + "/brief/child").code, ZkCode::bad_argument);
}

TEST_F(ZooKeeperRequestsTest, PathsAndDataAreCheckedBeforeTheLibrarySeesThem) {
  auto client = connected();
  for (const std::string path : {"", "relative", "/", "//", "/a/", "/a//b", "/a/../b", "/..", "/a/.", "/a\nb"}) {
    if (path == "/") continue;
    EXPECT_EQ(exists(*client, path).code, ZkCode::bad_argument) << path;
    EXPECT_EQ(create(*client, path).code, ZkCode::bad_argument) << path;
    EXPECT_EQ(multi(*client, {ZkCheck{path}}).code, ZkCode::bad_argument) << path;
    EXPECT_EQ(multi(*client, {ZkCreate{"/ok", ""}, ZkDelete{path}}).code, ZkCode::bad_argument) << path;
  }
  EXPECT_EQ(exists(*client, std::string("/a\0b", 4)).code, ZkCode::bad_argument);
  EXPECT_EQ(exists(*client, "/" + std::string(2000, 'x')).code, ZkCode::bad_argument);
  EXPECT_EQ(create(*client, root(), std::string(kHeadBytesMax + 1, 'x')).code, ZkCode::bad_argument);
  EXPECT_EQ(multi(*client, {}).code, ZkCode::bad_argument);
  EXPECT_EQ(exists(*client, root() + "/.../..x").code, ZkCode::no_node);
  EXPECT_EQ(list(*client, "/").code, ZkCode::ok);
  EXPECT_EQ(create(*client, root(), std::string(kHeadBytesMax, 'x')).code, ZkCode::ok);
  EXPECT_EQ(get(*client, root()).data.size(), kHeadBytesMax);
  EXPECT_EQ(client->told, std::vector<std::string>{"connected"}) << "no connection was lost over it";
}

TEST_F(ZooKeeperRequestsTest, SequenceNamesGrow) {
  auto client = connected();
  create(*client, root());
  EXPECT_EQ(create(*client, root() + "/q-", "", ZkMode::ephemeral_sequential).path, root() + "/q-0000000000");
  EXPECT_EQ(create(*client, root() + "/q-", "", ZkMode::ephemeral_sequential).path, root() + "/q-0000000001");
  const ZkReply reply = multi(*client, {ZkCreate{root() + "/q-", "", ZkMode::ephemeral_sequential}});
  ASSERT_EQ(reply.results.size(), 1u);
  EXPECT_EQ(reply.results[0].path, root() + "/q-0000000002");
}

TEST_F(ZooKeeperRequestsTest, AMultiDoesAllOrNothing) {
  auto client = connected();
  create(*client, root(), "0");
  create(*client, root() + "/old");
  const ZkReply good = multi(
      *client, {ZkCheck{root(), 0}, ZkSet{root(), "1", 0}, ZkCreate{root() + "/new", "n"}, ZkDelete{root() + "/old"}});
  EXPECT_EQ(good.code, ZkCode::ok);
  ASSERT_EQ(good.results.size(), 4u);
  EXPECT_EQ(good.results[1].stat.version, 1);
  EXPECT_EQ(good.results[2].path, root() + "/new");
  EXPECT_THAT(list(*client, root()).children, ElementsAre("new"));

  const ZkReply bad = multi(*client, {ZkSet{root(), "2", 1}, ZkCheck{root() + "/new", 5}, ZkDelete{root() + "/new"}});
  EXPECT_EQ(bad.code, ZkCode::bad_version);
  ASSERT_EQ(bad.results.size(), 3u);
  EXPECT_EQ(bad.results[0].code, ZkCode::ok);
  EXPECT_EQ(bad.results[1].code, ZkCode::bad_version);
  EXPECT_EQ(bad.results[2].code, ZkCode::bad_argument);
  EXPECT_EQ(get(*client, root()).data, "1");
  EXPECT_EQ(multi(*client, {ZkCheck{root() + "/none"}}).code, ZkCode::no_node);
  EXPECT_EQ(multi(*client, {ZkCreate{root(), ""}}).code, ZkCode::node_exists);
}

TEST_F(ZooKeeperRequestsTest, RequestsAreAnsweredInTheirOrder) {
  auto client = connected();
  create(*client, root());
  std::vector<int> order;
  for (int i = 0; i < 200; ++i) {
    (*client)->set(root(), std::to_string(i), i, [&order, i](const ZkReply& reply) {
      EXPECT_EQ(reply.code, ZkCode::ok);
      order.push_back(i);
    });
  }
  ASSERT_TRUE(wait([&] { return order.size() == 200; }));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(answer([&](auto done) { (*client)->sync(root(), std::move(done)); }).code, ZkCode::ok);
  EXPECT_EQ(get(*client, root()).data, "199");
}

TEST_F(ZooKeeperRequestsTest, MoreThanTheBoundAreNotSent) {
  auto client = connected();
  std::size_t ok = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < leadership::kZkRequestsMax + 10; ++i) {
    (*client)->exists("/", nullptr, [&](const ZkReply& reply) {
      ok += reply.code == ZkCode::ok ? 1 : 0;
      refused += reply.code == ZkCode::not_sent ? 1 : 0;
    });
  }
  ASSERT_TRUE(wait([&] { return ok + refused == leadership::kZkRequestsMax + 10; }));
  EXPECT_EQ(ok, leadership::kZkRequestsMax);
  EXPECT_EQ(refused, 10u);
  EXPECT_EQ(exists(*client, "/").code, ZkCode::ok) << "and then there is room again";
}

std::string name_of(ZkChange change) {
  switch (change) {
    case ZkChange::created: return "created";
    case ZkChange::deleted: return "deleted";
    case ZkChange::data: return "data";
    case ZkChange::children: return "children";
  }
  return "";
}

TEST_F(ZooKeeperRequestsTest, WatchesFireOnceAndTellWhatTheySaw) {
  auto client = connected();
  auto other = connected();
  std::vector<std::string> fired;
  const auto note = [&](const std::string& what) {
    return [&fired, what](ZkChange change) { fired.push_back(what + " " + name_of(change)); };
  };
  EXPECT_EQ(exists(*client, root(), note("exists")).code, ZkCode::no_node);
  create(*other, root());
  ASSERT_TRUE(wait([&] { return fired.size() == 1; }));
  get(*client, root(), note("get"));
  list(*client, root(), note("list"));
  set(*other, root(), "1");
  ASSERT_TRUE(wait([&] { return fired.size() == 2; }));
  set(*other, root(), "2");
  create(*other, root() + "/child");
  ASSERT_TRUE(wait([&] { return fired.size() == 3; }));
  create(*other, root() + "/second");
  EXPECT_EQ(exists(*client, root()).stat.children, 2) << "a round trip, so that a second event would have come";
  exists(*client, root() + "/second", note("exists"));
  remove(*other, root() + "/second");
  ASSERT_TRUE(wait([&] { return fired.size() == 4; }));
  EXPECT_THAT(fired, ElementsAre("exists created", "get data", "list children", "exists deleted"));
}

TEST_F(ZooKeeperRequestsTest, AFailedReadSetsNoWatch) {
  auto client = connected();
  bool fired = false;
  EXPECT_EQ(get(*client, root(), [&](ZkChange) { fired = true; }).code, ZkCode::no_node);
  EXPECT_EQ(list(*client, root(), [&](ZkChange) { fired = true; }).code, ZkCode::no_node);
  create(*client, root());
  set(*client, root(), "1");
  exists(*client, root());
  EXPECT_FALSE(fired);
}

TEST_F(ZooKeeperRequestsTest, ADeletionFiresEveryKindOfWatch) {
  auto client = connected();
  create(*client, root());
  int fired = 0;
  exists(*client, root(), [&](ZkChange) { ++fired; });
  get(*client, root(), [&](ZkChange) { ++fired; });
  list(*client, root(), [&](ZkChange) { ++fired; });
  remove(*client, root());
  EXPECT_TRUE(wait([&] { return fired == 3; }));
}

TEST_F(ZooKeeperRequestsTest, AWatchComesAfterTheReplyThatSetIt) {
  auto client = connected();
  create(*client, root());
  std::vector<std::string> order;
  (*client)->get(
      root(), [&](ZkChange) { order.push_back("watch"); }, [&](const ZkReply&) { order.push_back("get"); });
  (*client)->set(root(), "1", -1, [&](const ZkReply&) { order.push_back("set"); });
  ASSERT_TRUE(wait([&] { return order.size() == 3; }));
  EXPECT_EQ(order[0], "get");
}

TEST_F(ZooKeeperRequestsTest, HandlersMayAskAgainAndMayDestroyTheClient) {
  auto client = connected();
  create(*client, root());
  bool reached = false;
  (*client)->exists(root(), nullptr, [&](const ZkReply&) {
    (*client)->set(root(), "1", -1, [&](const ZkReply& reply) {
      EXPECT_EQ(reply.code, ZkCode::ok);
      (*client)->exists(root(), nullptr, [](const ZkReply&) { ADD_FAILURE() << "the client is gone"; });
      client->client.reset();
      reached = true;
    });
  });
  EXPECT_TRUE(wait([&] { return reached; }));
  loop.run_for(std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace stellwerk::test
