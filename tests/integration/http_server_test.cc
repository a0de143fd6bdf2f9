#include <dirent.h>

#include "http/server.h"

#include "integration/http_test_server.h"

namespace stellwerk::http {
namespace {

using std::chrono::milliseconds;

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  start();
  RawClient client = connect();
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.ask(get("/"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "{}");
    EXPECT_EQ(answer.header("content-type"), "application/json; charset=UTF-8");
    EXPECT_EQ(answer.header("access-control-allow-origin"), "*");
    EXPECT_EQ(answer.header("date").size(), 29U);
    EXPECT_EQ(answer.header("connection"), "");
  }
  EXPECT_EQ(client.ask(get("/", "Connection: close\r\n")).header("connection"), "close");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(server->stats().requests, 4U);
}

TEST_F(HttpServerTest, SpeaksHttp10) {
  start();
  EXPECT_EQ(ask("GET / HTTP/1.0\r\n\r\n").header("connection"), "close");
  RawClient client = connect();
  EXPECT_EQ(client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").header("connection"), "keep-alive");
  EXPECT_EQ(client.ask(get("/")).status, 200);
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  RawClient client = connect();
  std::string all;
  for (int i = 0; i < 500; ++i) all += post("/echo", "body " + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(client.read().body, "body " + std::to_string(i));
}

TEST_F(HttpServerTest, PipelinedRequestsWaitForASlowOne) {
  start();
  RawClient client = connect();
  client.send(get("/later") + get("/"));
  Responder responder = later();
  EXPECT_EQ(handled, 1) << "the second waits until the first is answered";
  std::thread([r = std::move(responder)]() mutable { r.answer(json_response("\"late\"")); }).join();
  EXPECT_EQ(client.read().body, "\"late\"");
  EXPECT_EQ(client.read().body, "{}");
}

TEST_F(HttpServerTest, RequestsMayArriveByteByByte) {
  start();
  RawClient client = connect();
  for (const char c : post("/echo", "hello") + get("/")) client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.read().body, "hello");
  EXPECT_EQ(client.read().body, "{}");
}

TEST_F(HttpServerTest, TellsUnknownPathsFromUnknownMethods) {
  start();
  RawClient client = connect();
  const auto unknown = client.ask(get("/x?y=z"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"errors":["Not found: /x"]})");
  const auto not_allowed = client.ask("DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(not_allowed.status, 405);
  EXPECT_EQ(not_allowed.header("allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(client.ask(get("/v1/")).status, 200) << "neither costs the connection";
}

TEST_F(HttpServerTest, HeadIsGetWithoutItsBody) {
  start();
  RawClient client = connect();
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = client.read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "2");
  EXPECT_EQ(client.ask(get("/")).body, "{}");
}

TEST_F(HttpServerTest, OptionsTellWhatIsAllowed) {
  start();
  RawClient client = connect();
  const auto answer = client.ask(
      "OPTIONS /v1/echo HTTP/1.1\r\nHost: h\r\nOrigin: http://a\r\nAccess-Control-Request-Method: POST\r\n\r\n");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(answer.header("access-control-allow-origin"), "*");
  EXPECT_EQ(answer.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(client.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").status, 204);
  EXPECT_EQ(client.ask("OPTIONS /x HTTP/1.1\r\nHost: h\r\n\r\n").status, 404);
}

TEST_F(HttpServerTest, PagesOfOtherOriginsMayReadButNotWrite) {
  start();
  EXPECT_EQ(ask(get("/", "Origin: http://evil\r\n")).status, 200);
  const auto refused = ask(post("/echo", "x", "Origin: http://evil\r\n"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("web.access-control-allow-origin"), std::string::npos);
  EXPECT_EQ(handled, 1);
  EXPECT_EQ(ask(post("/echo", "x", "Origin: http://h\r\n")).status, 200);
}

TEST_F(HttpServerTest, PacksBigAnswersWhenAsked) {
  router->add(Method::get, "/big",
              [](const Request&, Responder responder) { responder.answer(json_response(std::string(100000, 'x'))); });
  start();
  const auto packed = ask(get("/big", "Accept-Encoding: gzip, deflate\r\n"));
  EXPECT_EQ(packed.header("content-encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 1000U);
  EXPECT_EQ(ask(get("/big")).body.size(), 100000U);
}

TEST_F(HttpServerTest, DecoratesEveryAnswerAtTheMomentItIsWritten) {
  std::atomic<int> epoch{7};
  options.decorate = [&epoch](const Request&, Response& response) {
    response.add_header("Stellwerk-Epoch", std::to_string(epoch));
  };
  start();
  RawClient client = connect();
  client.send(get("/later"));
  Responder responder = later();
  epoch = 8;
  responder.answer(json_response("{}"));
  EXPECT_EQ(client.read().header("stellwerk-epoch"), "8");
  EXPECT_EQ(client.ask(get("/x")).header("stellwerk-epoch"), "8");
  EXPECT_EQ(client.ask("nonsense\r\n\r\n").header("stellwerk-epoch"), "8");
}

TEST_F(HttpServerTest, ContinuesWhenAskedAndRefusesBeforeTheBody) {
  start();
  RawClient client = connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  EXPECT_EQ(client.ask("hello").body, "hello");
  client.send("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, BodiesHaveLimits) {
  options.body_bytes_max = 100000;
  start();
  EXPECT_EQ(ask(post("/echo", std::string(100000, 'x'))).body.size(), 100000U);
  EXPECT_EQ(ask(post("/small", "0123456789")).status, 200);
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n").status, 413) << "before it is sent";
  EXPECT_EQ(ask("POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n").status, 413);
  EXPECT_EQ(ask("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n").status, 404);
  EXPECT_EQ(handled, 2);
}

TEST_F(HttpServerTest, AClientThatSendsOnGetsItsErrorAllTheSame) {
  start();
  RawClient client = connect();
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n");
  client.send(std::string(4000000, 'x'));
  EXPECT_EQ(client.read().status, 404);
}

TEST_F(HttpServerTest, AllBodiesTogetherHaveALimit) {
  options.bodies_bytes_max = 1000;
  router->add(Method::post, "/hold",
              [this](const Request&, Responder responder) { held_.set_value(std::move(responder)); });
  start();
  RawClient first = connect();
  first.send(post("/hold", std::string(600, 'x')));
  Responder responder = held_.get_future().get();
  EXPECT_EQ(server->stats().body_bytes, 600U);
  const auto refused = ask(post("/echo", std::string(600, 'x')));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_EQ(
      ask("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n258\r\n" + std::string(600, 'x')).status,
      503);
  responder.answer(json_response("{}"));
  EXPECT_EQ(first.read().status, 200);
}

TEST_F(HttpServerTest, SlowClientsAreCut) {
  options.header_deadline = milliseconds(20);
  options.progress_deadline = milliseconds(20);
  start();
  RawClient head = connect();
  head.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(head.read().status, 408);
  EXPECT_TRUE(head.is_closed());
  RawClient body = connect();
  body.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
  EXPECT_EQ(body.read().status, 408);
  EXPECT_TRUE(body.is_closed());
  EXPECT_EQ(handled, 0);
}

TEST_F(HttpServerTest, AClientThatDoesNotReadIsCut) {
  options.progress_deadline = milliseconds(50);
  router->add(Method::get, "/huge", [](const Request&, Responder responder) {
    responder.answer(text_response(std::string(50 * 1000 * 1000, 'x'), "application/octet-stream"));
  });
  start();
  RawClient client = connect();
  client.send(get("/huge"));
  while (server->stats().connections_accepted == 0 || server->stats().connections > 0) std::this_thread::yield();
  EXPECT_LT(client.read().body.size(), 50U * 1000 * 1000);
}

TEST_F(HttpServerTest, IdleConnectionsAreClosedQuietly) {
  options.idle_deadline = milliseconds(20);
  start();
  RawClient fresh = connect();
  EXPECT_TRUE(fresh.is_closed());
  RawClient used = connect();
  EXPECT_EQ(used.ask(get("/")).status, 200);
  EXPECT_TRUE(used.is_closed());
}

TEST_F(HttpServerTest, WhereAllConnectionsAreServedOneMoreIsTurnedAway) {
  options.connections_max = 2;
  std::vector<std::promise<Responder>> held(2);
  std::atomic<std::size_t> next{0};
  router->add(Method::get, "/held",
              [&](const Request&, Responder responder) { held[next++].set_value(std::move(responder)); });
  start();
  RawClient one = connect();
  RawClient two = connect();
  one.send(get("/held"));
  Responder first = held[0].get_future().get();
  two.send(get("/held"));
  Responder second = held[1].get_future().get();
  {
    RawClient three = connect();
    const auto refused = three.read();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("retry-after"), "1");
    EXPECT_TRUE(three.is_closed());
  }
  first.answer(json_response("{}"));
  second.answer(json_response("{}"));
  EXPECT_EQ(one.read().status, 200);
  EXPECT_EQ(two.read().status, 200);
  EXPECT_EQ(server->stats().connections_dropped, 0U);
}

TEST_F(HttpServerTest, AResponderThatIsDroppedAnswers500) {
  start();
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/dropped")).status, 500);
  EXPECT_EQ(client.ask(get("/throws")).status, 500);
  EXPECT_EQ(client.ask(get("/")).status, 200);
  client.send(get("/later"));
  { const Responder dropped = later(); }
  EXPECT_EQ(client.read().status, 500);
}

TEST_F(HttpServerTest, HandlersHaveDeadlines) {
  options.handler_deadline = milliseconds(20);
  start();
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/later")).status, 504);
  later().answer(json_response("{}"));
  EXPECT_EQ(client.ask(get("/")).body, "{}") << "late answers do not get in between";
  EXPECT_EQ(server->stats().handler_deadlines, 1U);
}

TEST_F(HttpServerTest, AChangeWithoutAnAnswerInTimeIsUnknown) {
  options.handler_deadline = milliseconds(20);
  router->add(Method::post, "/change",
              [this](const Request&, Responder responder) { held_.set_value(std::move(responder)); });
  start();
  RawClient client = connect();
  const auto answer = client.ask(post("/change", ""));
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.body, R"({"errors":["There was no answer in time"],"outcome":"unknown"})");
  held_.get_future().get().answer(json_response("{}"));
}

TEST_F(HttpServerTest, AClientThatOnlyFinishedSendingGetsItsAnswer) {
  start();
  RawClient client = connect();
  client.send(get("/later"));
  client.finish_sending();
  later().answer(json_response("{}"));
  EXPECT_EQ(client.read().body, "{}");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, StoppingDrainsWhatIsBeingServed) {
  start();
  RawClient busy = connect();
  busy.send(get("/later"));
  Responder responder = later();
  RawClient idle = connect();
  EXPECT_EQ(idle.ask(get("/")).status, 200);
  server->close_gate();
  const auto refused = idle.ask(get("/"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("connection"), "close");
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_EQ(ask(get("/")).status, 503);
  auto stopped = std::async(std::launch::async, [this] { return server->stop(std::chrono::minutes(1)); });
  responder.answer(json_response("\"last\""));
  const auto last = busy.read();
  EXPECT_EQ(last.body, "\"last\"");
  EXPECT_EQ(last.header("connection"), "close");
  EXPECT_TRUE(stopped.get());
}

TEST_F(HttpServerTest, StoppingCutsOffWhatTakesTooLong) {
  start();
  RawClient busy = connect();
  busy.send(get("/later"));
  Responder responder = later();
  EXPECT_FALSE(server->stop(milliseconds(1)));
  EXPECT_TRUE(busy.is_closed());
  responder.answer(json_response("{}"));
  server.reset();
}

TEST_F(HttpServerTest, TakesTheFirstFreePortAndNamesThoseInUse) {
  start();
  const std::uint16_t taken = server->port();
  ServerOptions other = options;
  other.ports = {{taken, taken}, {0, 0}};
  auto second = Server::start(other, router);
  ASSERT_TRUE(second.has_value());
  EXPECT_NE((*second)->port(), taken);
  other.ports = {{taken, taken}};
  const auto none = Server::start(other, router);
  ASSERT_TRUE(none.has_error());
  EXPECT_EQ(none.error().code, Errc::conflict);
  EXPECT_EQ(none.error().text, "rest.bind-port: no port of \"" + std::to_string(taken) +
                                   "\" is free on 127.0.0.1; in use: " + std::to_string(taken));
  other.addresses = {"no such host"};
  EXPECT_EQ(Server::start(other, router).error().code, Errc::invalid);
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

TEST_F(HttpServerTest, StoppingLeavesNothingOpen) {
  const std::size_t before = open_descriptors();
  start();
  {
    RawClient client = connect();
    client.send(get("/later"));
    const Responder responder = later();
    server.reset();
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace stellwerk::http
