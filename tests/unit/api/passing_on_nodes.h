/// Two masters on loopback, each with a server of its own: one leads, the other follows it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include "http/server.h"
#include "integration/http_io_thread.h"
#include "unit/api/api_test.h"

namespace stellwerk::api {

class Node {
 public:
  Node() {
    backend.post = [this](std::function<void()> task) { boost::asio::post(thread_.io, std::move(task)); };
    endpoints_.add_to(*router_);
    http::ServerOptions options;
    options.ports = {{0, 0}};
    options.threads = 1;
    options.decorate = endpoints_.decorator();
    auto started = http::Server::start(options, router_);
    if (started.has_error()) throw std::runtime_error(started.error().text);
    server_ = std::move(*started);
    backend.change([this](master::MasterView& view) { view.self.rest = url(); });
  }
  ~Node() {
    server_.reset();
    endpoints_.close();
    // What is under way on the one thread ends before the client goes.
    std::promise<void> done;
    boost::asio::post(thread_.io, [&] { done.set_value(); });
    done.get_future().get();
  }

  http::Endpoint endpoint() const { return {"127.0.0.1", server_->port(), ""}; }
  std::string url() const { return endpoint().url(); }
  void accept_all() {
    backend.reply = [this](const FakeBackend::Asked& asked) {
      return jobs::Reply{jobs::Reply::Kind::accepted, asked.job, "http://next:1", backend.view()->applied};
    };
  }
  void stop() { server_.reset(); }

  FakeBackend backend;

 private:
  http::IoThread thread_;
  http::Client client_{thread_.io, http::ClientOptions{}};
  Endpoints endpoints_{backend, Facts{}, client_};
  std::shared_ptr<http::Router> router_ = std::make_shared<http::Router>();
  std::unique_ptr<http::Server> server_;
};

class PassingOnTest : public testing::Test {
 protected:
  using Future = std::future<Result<http::ClientResponse>>;

  PassingOnTest() {
    leader.backend.lead();
    leader.accept_all();
    follower.backend.follow(leader.url());
  }

  static Future send(const Node& to, http::ClientRequest request) {
    return std::async(std::launch::async,
                      [to = to.endpoint(), request = std::move(request)] { return http::fetch(to, request); });
  }
  Future submit() { return send(follower, {http::Method::post, "/jobs", {}, std::string(kSpec)}); }
  Future cancel() { return send(follower, {http::Method::patch, "/jobs/" + job_id('a') + "?mode=cancel", {}, {}}); }

  /// The answer, while the follower's time passes in steps.
  http::ClientResponse answer(Future future, Duration step = std::chrono::milliseconds(20)) {
    while (future.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) follower.backend.advance(step);
    auto result = future.get();
    if (result.has_error()) {
      ADD_FAILURE() << result.error().text;
      return {};
    }
    return std::move(*result);
  }
  static http::ClientResponse get(const Node& from, const std::string& path) {
    auto result = http::fetch(from.endpoint(), {.target = path});
    if (result.has_error()) ADD_FAILURE() << result.error().text;
    return result.has_value() ? std::move(*result) : http::ClientResponse{};
  }
  /// Follows no leader that answers, but one that can be taken for it.
  void misled_by(const http::Endpoint& wrong) { follower.backend.follow(wrong.url()); }

  Node leader;
  Node follower;
};

}  // namespace stellwerk::api
