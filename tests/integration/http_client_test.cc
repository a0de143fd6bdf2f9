#include "http/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "integration/http_io_thread.h"
#include "integration/http_raw_server.h"
#include "integration/http_test_server.h"

namespace stellwerk::http {
namespace {

using std::chrono::milliseconds;

class HttpClientTest : public HttpServerTest {
 protected:
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

}  // namespace
}  // namespace stellwerk::http
