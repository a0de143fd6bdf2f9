#include "integration/zookeeper_client_fixture.h"

#include <algorithm>
#include <utility>

namespace stellwerk::test {

void ScriptedResolver::resolve(const std::string& host, Handler done) {
  ++asked[host];
  const auto known = answers.find(host);
  if (known == answers.end()) return;
  executor_.post([done = std::move(done), answer = known->second] { done(answer); });
}

TestClient::TestClient(RealLoop& loop, coordination::Resolver& resolver, coordination::ZooKeeperOptions options)
    : client(coordination::make_zookeeper_client(
          loop.io(), loop.executor(), std::move(options), resolver,
          [this](coordination::ZooKeeperLogLevel, const std::string& line) { log.push_back(line); })) {
  client->start(*this);
  inside_ = false;
}

void TestClient::tell(const std::string& what) {
  EXPECT_FALSE(inside_) << what << " was told from inside a call";
  told.push_back(what);
}

void TestClient::on_connected(const leadership::ZkSession& session) {
  tell("connected");
  sessions.push_back(session);
}

void TestClient::on_suspended(const std::string& detail) {
  tell("suspended");
  details.push_back(detail);
}

void TestClient::on_expired() {
  tell("expired");
}

void TestClient::on_refused(const Error& error) {
  tell("refused");
  refusals.push_back(error);
}

std::size_t TestClient::count(const std::string& what) const {
  return static_cast<std::size_t>(std::count(told.begin(), told.end(), what));
}

coordination::ZooKeeperOptions ZooKeeperClientTest::options(const std::string& quorum, Duration timeout) {
  coordination::ZooKeeperOptions options;
  options.quorum = quorum;
  options.session_timeout = timeout;
  return options;
}

std::unique_ptr<TestClient> ZooKeeperClientTest::started(const coordination::ZooKeeperOptions& options) {
  return std::make_unique<TestClient>(loop, resolver, options);
}

std::unique_ptr<TestClient> ZooKeeperClientTest::connected(const coordination::ZooKeeperOptions& options) {
  auto client = started(options);
  EXPECT_TRUE(wait([&] { return !client->sessions.empty(); }))
      << "not connected: " << (client->details.empty() ? "no detail" : client->details.back());
  if (client->sessions.empty()) client->sessions.emplace_back();
  return client;
}

ZooKeeperClientTest::ZkReply ZooKeeperClientTest::answer(const Ask& ask) {
  std::optional<ZkReply> reply;
  bool inside = true;
  ask([&](ZkReply got) {
    EXPECT_FALSE(inside) << "answered from inside the call";
    EXPECT_FALSE(reply) << "answered twice";
    reply = std::move(got);
  });
  inside = false;
  EXPECT_TRUE(wait([&] { return reply.has_value(); })) << "never answered";
  return reply.value_or(ZkReply{});
}

ZooKeeperClientTest::ZkReply ZooKeeperClientTest::create(TestClient& client, const std::string& path,
                                                         const std::string& data, ZkMode mode) {
  return answer([&](auto done) { client->create(path, data, mode, std::move(done)); });
}

ZooKeeperClientTest::ZkReply ZooKeeperClientTest::set(TestClient& client, const std::string& path,
                                                      const std::string& data, std::int32_t version) {
  return answer([&](auto done) { client->set(path, data, version, std::move(done)); });
}

ZooKeeperClientTest::ZkReply ZooKeeperClientTest::get(TestClient& client, const std::string& path,
                                                      ZkClient::Watch watch) {
  return answer([&](auto done) { client->get(path, std::move(watch), std::move(done)); });
}

ZooKeeperClientTest::ZkReply ZooKeeperClientTest::exists(TestClient& client, const std::string& path,
                                                         ZkClient::Watch watch) {
  return answer([&](auto done) { client->exists(path, std::move(watch), std::move(done)); });
}

ZooKeeperClientTest::ZkReply ZooKeeperClientTest::list(TestClient& client, const std::string& path,
                                                       ZkClient::Watch watch) {
  return answer([&](auto done) { client->list(path, std::move(watch), std::move(done)); });
}

ZooKeeperClientTest::ZkReply ZooKeeperClientTest::remove(TestClient& client, const std::string& path,
                                                         std::int32_t version) {
  return answer([&](auto done) { client->remove(path, version, std::move(done)); });
}

ZooKeeperClientTest::ZkReply ZooKeeperClientTest::multi(TestClient& client, std::vector<leadership::ZkOp> ops) {
  return answer([&](auto done) { client->multi(std::move(ops), std::move(done)); });
}

Duration ZooKeeperClientTest::close(TestClient& client) {
  bool closed = false;
  const Time begin = loop.executor().now();
  client->close([&] { closed = true; });
  EXPECT_FALSE(closed) << "closed from inside the call";
  EXPECT_TRUE(wait([&] { return closed; })) << "never closed";
  return loop.executor().now() - begin;
}

std::unique_ptr<ZooKeeperServer> SharedZooKeeperTest::server_;
std::string SharedZooKeeperTest::why_;

void SharedZooKeeperTest::SetUpTestSuite() {
  auto fresh = std::make_unique<ZooKeeperServer>();
  const auto up = fresh->start();
  if (up) {
    server_ = std::move(fresh);
  } else {
    why_ = up.error().text;
  }
}

std::string SharedZooKeeperTest::root() {
  return std::string("/") + testing::UnitTest::GetInstance()->current_test_info()->name();
}

}  // namespace stellwerk::test
