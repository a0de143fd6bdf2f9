/// The contract of Coordination, over Debian's real ZooKeeper server.
#include "contract/coordination_contract.h"
#include "coordination/resolver.h"
#include "coordination/zookeeper_client.h"
#include "coordination/zookeeper_coordination.h"
#include "support/real_loop.h"
#include "support/zookeeper_server.h"

namespace stellwerk::test {
namespace {

using coordination::ZookeeperCoordination;

/// Long enough for a busy machine, short enough to wait for the expiry of who was killed.
constexpr Duration kSessionTimeout = std::chrono::seconds(4);
constexpr Duration kLimit = std::chrono::seconds(60);

/// Every name here is a numeric address, so nothing is ever asked.
class NoResolver : public coordination::Resolver {
 public:
  void resolve(const std::string&, Handler) override { FAIL() << "a name was looked up"; }
};

/// One server for the whole program; each world has a namespace of its own.
ZooKeeperServer* server() {
  static ZooKeeperServer instance;
  static const Result<void> started = instance.start();
  EXPECT_TRUE(started) << started.error().text;
  return started ? &instance : nullptr;
}

class RealWorld : public CoordinationWorld, leadership::ZkClientListener {
 public:
  RealWorld() : ns_("/contract/" + std::to_string(++worlds_)), factory_([this] { return make_client(); }) {}
  ~RealWorld() override { masters_.clear(); }

  std::size_t add() override {
    coordination::ZookeeperOptions options;
    options.ns = ns_;
    options.servers = server()->address();
    options.guid = "0a0b0c0d-0000-4000-8000-00000000000" + std::to_string(masters_.size());
    masters_.push_back(std::make_unique<ZookeeperCoordination>(executor_, factory_, options));
    return masters_.size() - 1;
  }

  Coordination& master(std::size_t index) override { return *masters_[index]; }
  void kill(std::size_t index) override { masters_[index].reset(); }
  Time now() const override { return executor_.now(); }
  bool wait_until(const std::function<bool()>& done, Duration limit) override { return loop_.run_until(done, limit); }

  std::vector<std::string> traces() override {
    const auto client = make_client();
    client->start(*this);
    std::optional<leadership::ZkReply> reply;
    EXPECT_TRUE(loop_.run_until([this] { return connected_; }, kLimit));
    client->sync(ns_, [](const leadership::ZkReply&) {});
    client->list(ns_, nullptr, [&reply](const leadership::ZkReply& r) { reply = r; });
    EXPECT_TRUE(loop_.run_until([&reply] { return reply.has_value(); }, kLimit));
    if (!reply || reply->code == leadership::ZkCode::no_node) return {};
    reply->children.push_back(ns_);
    return reply->children;
  }

 private:
  std::unique_ptr<leadership::ZkClient> make_client() {
    coordination::ZooKeeperOptions options;
    options.quorum = server()->address();
    options.session_timeout = kSessionTimeout;
    return coordination::make_zookeeper_client(loop_.io(), executor_, options, resolver_,
                                               [](coordination::ZooKeeperLogLevel, const std::string&) {});
  }

  void on_connected(const leadership::ZkSession&) override { connected_ = true; }
  void on_suspended(const std::string&) override {}
  void on_expired() override {}
  void on_refused(const Error& error) override { ADD_FAILURE() << error.text; }

  static int worlds_;
  const std::string ns_;
  RealLoop loop_;
  Executor& executor_ = loop_.executor();
  NoResolver resolver_;
  const leadership::ZkClientFactory factory_;
  std::vector<std::unique_ptr<ZookeeperCoordination>> masters_;
  bool connected_ = false;
};

int RealWorld::worlds_ = 0;

CoordinationCase real() {
  CoordinationCase out;
  out.name = "ZooKeeper";
  out.make_world = [] { return std::make_unique<RealWorld>(); };
  out.limit = kLimit;
  return out;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Zookeeper, CoordinationContract, testing::Values(real()));
INSTANTIATE_TEST_SUITE_P(Zookeeper, CoordinationQueueContract, testing::Values(real()));

}  // namespace stellwerk::test
