#include "http/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "http/proxy.h"
#include "integration/http_io_thread.h"
#include "integration/http_raw_server.h"
#include "integration/http_test_server.h"

namespace stellwerk::http {
namespace {

using std::chrono::milliseconds;

class HttpClientTest : public HttpServerTest {
 protected:
  /// The server's side of what a proxy passes on.
  Endpoint there() const { return {"127.0.0.1", server->port(), ""}; }

  static Result<ClientResponse> call(Client& client, const Endpoint& to, ClientRequest request) {
    std::promise<Result<ClientResponse>> promise;
    client.send(to, std::move(request), [&](Result<ClientResponse> r) { promise.set_value(std::move(r)); });
    return promise.get_future().get();
  }
};

TEST_F(HttpClientTest, FetchesAndPosts) {
  start();
  const auto got = fetch(there(), {});
  ASSERT_TRUE(got.has_value()) << got.error().text;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "{}");
  EXPECT_EQ(got->header("content-length"), "2");
  const auto posted = fetch(there(), {.method = Method::post, .target = "/echo", .body = std::string(1000000, 'x')});
  ASSERT_TRUE(posted.has_value()) << posted.error().text;
  EXPECT_EQ(posted->body.size(), 1000000U);
  EXPECT_EQ(fetch({"localhost", server->port(), "/v1"}, {})->status, 200);
  EXPECT_EQ(fetch(there(), {.method = Method::head})->body, "");
  EXPECT_EQ(fetch(there(), {.target = "/x"})->status, 404);
}

TEST_F(HttpClientTest, WhatCannotBeSentIsRefusedHere) {
  start();
  for (const std::string bad : {"x", "/ x", "/\r\nX: y", ""})
    EXPECT_EQ(fetch(there(), {.target = bad}).error().code, Errc::invalid) << bad;
  EXPECT_EQ(fetch(there(), {.headers = {{"X", "a\r\nY: b"}}}).error().code, Errc::invalid);
  EXPECT_EQ(handled, 0);
}

TEST_F(HttpClientTest, NotConnectedIsCertainlyNotSent) {
  start();
  const Endpoint gone = there();
  server.reset();
  const auto refused = fetch(gone, {.method = Method::post});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_EQ(refused.error().text, "Cannot reach " + gone.url() + ": Connection refused");
  EXPECT_EQ(fetch({"no-such-host.invalid", 1, ""}, {}, {.connect_deadline = std::chrono::minutes(1)}).error().code,
            Errc::unavailable);
}

TEST_F(HttpClientTest, SentWithoutAnswerIsUnknown) {
  RawServer silent;
  const auto late = fetch(silent.endpoint(), {.method = Method::post}, {.answer_deadline = milliseconds(50)});
  ASSERT_TRUE(late.has_error());
  EXPECT_EQ(late.error().code, Errc::unknown);
  EXPECT_NE(late.error().text.find("whether the request had its effect is unknown"), std::string::npos);

  for (const std::string_view broken : {"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "nonsense\r\n\r\n"}) {
    RawServer closing;
    auto answer = std::async(std::launch::async, [&] { return fetch(closing.endpoint(), {.method = Method::post}); });
    RawServer::Connection connection = closing.accept();
    connection.read_until("\r\n\r\n");
    connection.send(broken);
    connection.close();
    EXPECT_EQ(answer.get().error().code, Errc::unknown) << broken;
  }
}

TEST_F(HttpClientTest, AConnectionOfTheLastMomentIsOne) {
  RawServer there;
  boost::asio::io_context io;
  constexpr milliseconds kConnect{10};
  Client client(io, {.connect_deadline = kConnect});
  std::optional<Result<ClientResponse>> got;
  client.send(there.endpoint(), {.method = Method::post},
              [&](Result<ClientResponse> answer) { got = std::move(answer); });
  io.poll_one();
  // The loop finds both the connection and the deadline.
  boost::asio::steady_timer(io, kConnect).wait();
  auto served = std::async(std::launch::async, [&] {
    RawServer::Connection connection = there.accept();
    connection.read_until("\r\n\r\n");
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  io.run();
  served.get();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->has_value()) << got->error().text;
}

TEST_F(HttpClientTest, AnswersHaveALimit) {
  start();
  const std::string body(1001, 'x');
  const auto too_long =
      fetch(there(), {.method = Method::post, .target = "/echo", .body = body}, {.body_bytes_max = 1000});
  EXPECT_EQ(too_long.error().code, Errc::unknown);
}

TEST_F(HttpClientTest, KeepsConnectionsForReadsAndNeverForWrites) {
  start();
  IoThread loop;
  Client client(loop.io, {});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(call(client, there(), {}).has_value());
  EXPECT_EQ(server->stats().connections_accepted, 1U);
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(call(client, there(), {.method = Method::post, .target = "/echo"}).has_value());
  EXPECT_EQ(server->stats().connections_accepted, 6U);
}

TEST_F(HttpClientTest, AReadIsSentAgainWhenItsKeptConnectionWasClosed) {
  RawServer other;
  IoThread loop;
  Client client(loop.io, {});
  const std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
  const auto serve = [&](RawServer::Connection& connection) {
    EXPECT_NE(connection.read_until("\r\n\r\n"), "");
    connection.send(answer);
  };
  auto first = std::async(std::launch::async, [&] { return call(client, other.endpoint(), {}); });
  RawServer::Connection kept = other.accept();
  serve(kept);
  EXPECT_TRUE(first.get().has_value());
  auto second = std::async(std::launch::async, [&] { return call(client, other.endpoint(), {}); });
  EXPECT_NE(kept.read_until("\r\n\r\n"), "");
  kept.close();
  RawServer::Connection fresh = other.accept();
  serve(fresh);
  EXPECT_TRUE(second.get().has_value());
}

TEST_F(HttpClientTest, CallsCanBeGivenUpAndEndWithTheClient) {
  RawServer silent;
  IoThread loop;
  auto client = std::make_unique<Client>(loop.io, ClientOptions{.calls_max = 2});
  std::promise<Result<ClientResponse>> given_up;
  std::promise<Result<ClientResponse>> ended;
  const auto cancel =
      client->send(silent.endpoint(), {}, [&](Result<ClientResponse> r) { given_up.set_value(std::move(r)); });
  RawServer::Connection one = silent.accept();
  one.read_until("\r\n\r\n");
  client->send(silent.endpoint(), {}, [&](Result<ClientResponse> r) { ended.set_value(std::move(r)); });
  RawServer::Connection two = silent.accept();
  two.read_until("\r\n\r\n");
  EXPECT_EQ(call(*client, silent.endpoint(), {}).error().code, Errc::unavailable) << "one too many";
  cancel();
  EXPECT_EQ(given_up.get_future().get().error().code, Errc::unknown);
  cancel();
  client.reset();
  EXPECT_EQ(ended.get_future().get().error().code, Errc::unknown);
}

class HttpProxyTest : public HttpClientTest {
 protected:
  /// A second server in front, which passes everything on to the first.
  void start_front(Endpoint to) {
    auto front = std::make_shared<Router>("/front");
    const Handler pass = [this, to](const Request& request, Responder responder) {
      const auto shared = std::make_shared<Responder>(std::move(responder));
      const Method method = request.method;
      proxy_.pass(request, shared->take_body(), to, [shared, method](Result<ClientResponse> result) {
        shared->answer(result ? passed_response(std::move(*result))
                              : failed_response(result.error(), method, std::chrono::seconds(1)));
      });
    };
    front->add(Method::get, "/echo", pass);
    front->add(Method::post, "/echo", pass);
    front->add(Method::get, "/big", pass);
    front->add(Method::get, "/seen", pass);
    ServerOptions front_options;
    front_options.ports = {{0, 0}};
    front_options.threads = 1;
    front_options.decorate = [](const Request&, Response& r) { r.add_header("Stellwerk-Role", "follower"); };
    auto started = Server::start(front_options, front);
    ASSERT_TRUE(started.has_value()) << started.error().text;
    front_ = std::move(*started);
  }

  IoThread loop_;
  Proxy proxy_{loop_.io, {.id = "m2", .own_prefix = "/front", .client = {.answer_deadline = std::chrono::seconds(30)}}};
  std::unique_ptr<Server> front_;
};

TEST_F(HttpProxyTest, PassesRequestsOnAndAnswersBack) {
  options.decorate = [](const Request&, Response& r) {
    r.add_header("Stellwerk-Role", "leader");
    r.add_header("Stellwerk-Lag-Ms", "0");
  };
  router->add(Method::get, "/seen", [](const Request& request, Responder responder) {
    std::string seen(request.target);
    for (const Field& field : request.headers) seen += "|" + std::string(field.name) + "=" + std::string(field.value);
    responder.answer(json_response(std::move(seen), 202));
  });
  router->add(Method::get, "/big",
              [](const Request&, Responder responder) { responder.answer(json_response(std::string(100000, 'x'))); });
  start();
  start_front(there());
  RawClient client(front_->port());
  const auto seen = client.ask(get("/front/v1/seen?a=%20", "X-A: b\r\nConnection: X-Hop\r\nX-Hop: c\r\n"));
  EXPECT_EQ(seen.status, 202);
  EXPECT_EQ(seen.body, "/v1/seen?a=%20|Host=" + there().authority() + "|X-A=b|Stellwerk-Forwarded=m2");
  EXPECT_EQ(seen.header("stellwerk-role"), "follower");
  EXPECT_EQ(seen.header("stellwerk-lag-ms"), "0");
  EXPECT_EQ(client.ask(post("/front/echo", "hello")).body, "hello");
  EXPECT_EQ(client.ask(get("/front/big", "Accept-Encoding: gzip\r\n")).header("content-encoding"), "gzip");
  client.send("HEAD /front/big HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.read(true).header("content-length"), "100000");
  const auto again = client.ask(get("/front/echo", "Stellwerk-Forwarded: m1\r\n"));
  EXPECT_EQ(again.status, 503) << again.body;
}

TEST_F(HttpProxyTest, TellsNotSentFromUnknown) {
  Endpoint gone;
  {
    const RawServer closed;
    gone = closed.endpoint();
  }
  start_front(gone);
  const auto not_sent = RawClient(front_->port()).ask(post("/front/echo", "x"));
  EXPECT_EQ(not_sent.status, 503);
  EXPECT_EQ(not_sent.header("retry-after"), "1");
  front_.reset();

  RawServer closing;
  start_front(closing.endpoint());
  RawClient client(front_->port());
  client.send(post("/front/echo", "x"));
  RawServer::Connection connection = closing.accept();
  connection.read_until("\r\n\r\nx");
  connection.close();
  const auto unknown = client.read();
  EXPECT_EQ(unknown.status, 504);
  EXPECT_NE(unknown.body.find("\"outcome\":\"unknown\""), std::string::npos);
}

}  // namespace
}  // namespace stellwerk::http
