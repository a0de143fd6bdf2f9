#include "app/master_discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "http/server.h"
#include "support/real_loop.h"

namespace stellwerk::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Duration kLimit = std::chrono::seconds(30);

/// A REST port that says what a test lets it say.
class StatusServer {
 public:
  explicit StatusServer(std::optional<std::string> status) {
    auto router = std::make_shared<http::Router>("/");
    router->add(http::Method::get, "/status", [this, status](const http::Request&, http::Responder responder) {
      if (status)
        responder.answer(http::json_response(*status));
      else
        held_.push_back(std::move(responder));
    });
    http::ServerOptions options;
    options.addresses = {"127.0.0.1"};
    options.ports = {{0, 0}};
    options.threads = 1;
    server_ = http::Server::start(std::move(options), std::move(router)).value();
  }
  http::Endpoint at() const { return {"127.0.0.1", server_->port()}; }

 private:
  std::vector<http::Responder> held_;
  std::unique_ptr<http::Server> server_;
};

class MasterDiscoveryTest : public testing::Test {
 protected:
  worker::event::Found find(std::vector<http::Endpoint> masters) {
    std::optional<worker::event::Found> found;
    std::optional<http::Client> client(std::in_place, loop.io(), http::ClientOptions{});
    MasterDiscovery discovery(*client, std::move(masters));
    discovery.find([&found](worker::event::Found each) { found = std::move(each); });
    EXPECT_FALSE(found) << "never from inside the call";
    EXPECT_TRUE(loop.run_until([&found] { return found.has_value(); }, kLimit));
    client.reset();
    loop.run_for(std::chrono::milliseconds(1));  // so that its calls end
    return found.value_or(worker::event::Found{});
  }

  test::RealLoop loop;
};

TEST_F(MasterDiscoveryTest, TakesTogetherWhatAllSay) {
  const StatusServer a(R"({"role":"follower","rpc":"a:1","leader":null,"masters":[{"rpc":"a:1"}]})");
  const StatusServer b(R"({"role":"claiming","rpc":"b:1","leader":null,"masters":[]})");
  const auto found = find({a.at(), b.at()});
  EXPECT_THAT(found.masters, testing::UnorderedElementsAre("a:1", "b:1"));
  EXPECT_EQ(found.trouble, "");
}

TEST_F(MasterDiscoveryTest, WhoeverNamesTheLeaderIsEnough) {
  const StatusServer a(R"({"role":"leader","rpc":"a:1","leader":{"rpc":"a:1"},"masters":[]})");
  const StatusServer silent(std::nullopt);
  EXPECT_THAT(find({silent.at(), a.at()}).masters, ElementsAre("a:1"));
}

TEST_F(MasterDiscoveryTest, SaysWhyNobodyWasFound) {
  const StatusServer young(R"({"role":"starting","rpc":null,"leader":null,"masters":[]})");
  const StatusServer silent(std::nullopt);
  http::Endpoint lost = young.at();
  lost.prefix = "/elsewhere";
  const auto found = find({young.at(), silent.at(), lost});
  EXPECT_THAT(found.masters, IsEmpty());
  EXPECT_THAT(found.trouble, HasSubstr(young.at().url() + ": it takes no workers yet"));
  EXPECT_THAT(found.trouble, HasSubstr(silent.at().url() + ": "));
  EXPECT_THAT(found.trouble, HasSubstr(lost.url() + ": /status answers 404"));
}

}  // namespace
}  // namespace stellwerk::app
