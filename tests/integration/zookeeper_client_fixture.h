/// A real ZooKeeper and clients of it, turned by the test's own thread.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordination/zookeeper_client.h"
#include "support/real_loop.h"
#include "support/zookeeper_server.h"

namespace stellwerk::test {

/// Names that a test has given an answer to; all others are never answered.
class ScriptedResolver : public coordination::Resolver {
 public:
  explicit ScriptedResolver(Executor& executor) : executor_(executor) {}
  void resolve(const std::string& host, Handler done) override;

  std::map<std::string, Result<Addresses>> answers;
  std::map<std::string, int> asked;

 private:
  Executor& executor_;
};

/// One client and all that it told.
class TestClient : public leadership::ZkClientListener {
 public:
  TestClient(RealLoop& loop, coordination::Resolver& resolver, coordination::ZooKeeperOptions options);

  void on_connected(const leadership::ZkSession& session) override;
  void on_suspended(const std::string& detail) override;
  void on_expired() override;
  void on_refused(const Error& error) override;

  leadership::ZkClient& operator*() { return *client; }
  leadership::ZkClient* operator->() { return client.get(); }

  std::vector<std::string> told;  ///< "connected", "suspended", "expired", "refused", in order
  std::vector<leadership::ZkSession> sessions;
  std::vector<std::string> details;
  std::vector<Error> refusals;
  std::vector<std::string> log;
  std::unique_ptr<leadership::ZkClient> client;

  std::size_t count(const std::string& what) const;

 private:
  void tell(const std::string& what);
  bool inside_ = true;  ///< during the constructor
};

class ZooKeeperClientTest : public testing::Test {
 protected:
  using ZkClient = leadership::ZkClient;
  using ZkCode = leadership::ZkCode;
  using ZkMode = leadership::ZkMode;
  using ZkReply = leadership::ZkReply;
  using Ask = std::function<void(ZkClient::Handler)>;

  static constexpr Duration kLimit = std::chrono::seconds(30);

  static coordination::ZooKeeperOptions options(const std::string& quorum, Duration timeout = std::chrono::seconds(6));
  /// A client that is started, and one that is connected.
  std::unique_ptr<TestClient> started(const coordination::ZooKeeperOptions& options);
  std::unique_ptr<TestClient> connected(const coordination::ZooKeeperOptions& options);

  bool wait(const std::function<bool()>& done) { return loop.run_until(done, kLimit); }
  /// Asks and waits for the answer.
  ZkReply answer(const Ask& ask);
  ZkReply create(TestClient& client, const std::string& path, const std::string& data = "",
                 ZkMode mode = ZkMode::persistent);
  ZkReply set(TestClient& client, const std::string& path, const std::string& data, std::int32_t version = -1);
  ZkReply get(TestClient& client, const std::string& path, ZkClient::Watch watch = nullptr);
  ZkReply exists(TestClient& client, const std::string& path, ZkClient::Watch watch = nullptr);
  ZkReply list(TestClient& client, const std::string& path, ZkClient::Watch watch = nullptr);
  ZkReply remove(TestClient& client, const std::string& path, std::int32_t version = -1);
  ZkReply multi(TestClient& client, std::vector<leadership::ZkOp> ops);
  /// Closes and waits; says how long it took.
  Duration close(TestClient& client);

  RealLoop loop;
  ScriptedResolver resolver{loop.executor()};
};

/// With one server that all tests of the suite share; they keep to nodes of their own.
class SharedZooKeeperTest : public ZooKeeperClientTest {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override { ASSERT_TRUE(server_) << why_; }

  static ZooKeeperServer& server() { return *server_; }
  std::unique_ptr<TestClient> connected() { return ZooKeeperClientTest::connected(options(server().address())); }
  /// A node of this test alone.
  static std::string root();

 private:
  static std::unique_ptr<ZooKeeperServer> server_;
  static std::string why_;
};

}  // namespace stellwerk::test
