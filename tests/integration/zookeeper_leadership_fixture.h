/// Contenders for the head of a cluster, over a real ZooKeeper.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "integration/zookeeper_client_fixture.h"
#include "integration/zookeeper_contender.h"
#include "support/tcp_proxy.h"

namespace stellwerk::test {

/// What it takes to make and watch them, whoever owns the server.
template <class ServerFixture>
class Contest : public ServerFixture {
 protected:
  static constexpr Duration kLongSession = std::chrono::seconds(30);
  /// For those that are to expire: long enough for a busy machine, short enough to wait for.
  static constexpr Duration kShortSession = std::chrono::seconds(2);

  std::unique_ptr<Contender> contender(const coordination::ZooKeeperOptions& client, const std::string& ns,
                                       int number = 0) {
    return std::make_unique<Contender>(this->loop, this->resolver, client, ns, number);
  }
  std::vector<std::string> candidates(TestClient& client, const std::string& ns) {
    return this->list(client, ns + "/leader/latch").children;
  }
  /// The reading that everybody who is connected has to hear in the end.
  bool hears(Contender& who, const std::string& bytes) {
    return who.wait([&] { return who.head && who.head->bytes == bytes; });
  }
  bool waits_behind(Contender& who, const Contender& first) { return who.join() && !who.leads && first.leads; }
};

/// One server for the whole suite; each test has a namespace of its own.
class LeadershipTest : public Contest<SharedZooKeeperTest> {
 protected:
  void SetUp() override {
    SharedZooKeeperTest::SetUp();
    if (HasFatalFailure()) return;
    proxy = std::make_unique<TcpProxy>(server().port());
    direct = connected();
    ns = "/contest" + root();
  }
  std::unique_ptr<Contender> contender(int number, Duration timeout = kLongSession) {
    return Contest::contender(options(server().address(), timeout), ns, number);
  }
  std::unique_ptr<Contender> through_proxy(int number, Duration timeout = kLongSession) {
    return Contest::contender(options(proxy->address(), timeout), ns, number);
  }
  void cut() {
    proxy->refuse(true);
    proxy->reset_connections();
  }
  void heal() { proxy->refuse(false); }

  std::string ns;
  std::unique_ptr<TcpProxy> proxy;
  std::unique_ptr<TestClient> direct;  ///< sees what is really there, and changes it
};

}  // namespace stellwerk::test
