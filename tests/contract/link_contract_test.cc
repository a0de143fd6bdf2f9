/// The link port in memory and over WebSocket.
#include <map>

#include "contract/link_contract.h"
#include "link/memory_links.h"
#include "support/real_loop.h"
#include "support/sim_executor.h"
#include "websocket/dialer.h"
#include "websocket/listener.h"

namespace stellwerk::test {
namespace {

class MemoryWorld : public LinkWorld {
 public:
  link::Dialer& dialer() override { return links_; }
  std::string listen(std::function<void(std::unique_ptr<link::Link>)> on_link) override {
    links_.listen("master:1", std::move(on_link));
    return "master:1";
  }
  std::string nobody() override { return "nobody:1"; }
  bool run_until(const std::function<bool()>& done) override { return time_.run_until(done, std::chrono::seconds(60)); }
  void run_on() override { time_.run_for(std::chrono::milliseconds(10)); }

 private:
  SimTime time_;
  SimExecutor executor_{time_};
  link::MemoryLinks links_{executor_};
};

websocket::ListenerOptions options(const std::string& key) {
  websocket::ListenerOptions out;
  out.addresses = {"127.0.0.1"};
  out.ports = {{0, 0}};
  out.ports_key = key;
  out.report = [](std::string_view) {};
  return out;
}

class WebSocketWorld : public LinkWorld {
 public:
  link::Dialer& dialer() override { return dialer_; }
  std::string listen(std::function<void(std::unique_ptr<link::Link>)> on_link) override {
    auto opened = websocket::WebSocketListener::open(loop_.io(), options("high-availability.jobmanager.port"));
    EXPECT_TRUE(opened) << opened.error().text;
    listener_ = std::move(*opened);
    listener_->start(std::move(on_link));
    return "127.0.0.1:" + std::to_string(listener_->port());
  }
  std::string nobody() override {
    // Taken and left again: free for as long as the test runs, as far as one can know.
    if (nobody_.empty()) {
      auto opened = websocket::WebSocketListener::open(loop_.io(), options(""));
      nobody_ = "127.0.0.1:" + std::to_string((*opened)->port());
      opened->reset();
      loop_.run_for(std::chrono::milliseconds(10));
    }
    return nobody_;
  }
  bool run_until(const std::function<bool()>& done) override { return loop_.run_until(done, std::chrono::seconds(60)); }
  void run_on() override { loop_.run_for(std::chrono::milliseconds(50)); }

 private:
  RealLoop loop_;
  websocket::WebSocketDialer dialer_{loop_.io()};
  std::unique_ptr<websocket::WebSocketListener> listener_;
  std::string nobody_;
};

template <class World>
LinkCase case_of(const std::string& name) {
  return {name, [] { return std::make_unique<World>(); }};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Memory, LinkContract, testing::Values(case_of<MemoryWorld>("memory")));
INSTANTIATE_TEST_SUITE_P(WebSocket, LinkContract, testing::Values(case_of<WebSocketWorld>("websocket")));

}  // namespace stellwerk::test
