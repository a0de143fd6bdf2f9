/// Clients that are slow, greedy or gone, files that change while they are sent, and a process without
/// descriptors: each harms nobody else.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "http/file_answer.h"
#include "integration/http_test_server.h"
#include "support/temp_dir.h"

namespace stellwerk::http {
namespace {

using std::chrono::milliseconds;

class HttpHostileTest : public HttpServerTest {
 protected:
  /// Sends a byte at a time, as long as the server takes them: its answer. For servers that must lose
  /// their patience.
  static RawClient::Answer trickle(RawClient& client, std::string_view begin) {
    constexpr int kPauseMs = 2;
    constexpr int kBytesMax = 14'000;  // a limit of size must not be what ends it
    client.send(begin);
    pollfd answered{client.fd(), POLLIN, 0};
    for (int i = 0; i < kBytesMax && ::poll(&answered, 1, kPauseMs) == 0; ++i) {
      if (!client.send("x")) break;
    }
    return client.read();
  }
};

TEST_F(HttpHostileTest, AHeadThatTricklesInIsCutThoughItNeverStops) {
  options.header_deadline = milliseconds(60);
  start();
  RawClient slow = connect();
  EXPECT_EQ(trickle(slow, "GET / HTTP/1.1\r\nHost: h\r\nX: ").status, 408);
  RawClient blank = connect();
  blank.send("\r\n");
  EXPECT_EQ(blank.read().status, 408) << "an empty line begins a request";
  RawClient second = connect();
  EXPECT_EQ(second.ask(get("/")).status, 200);
  EXPECT_EQ(trickle(second, "GET / HTTP/1.1\r\nHost: h\r\nX: ").status, 408) << "also on a connection that was good";
  EXPECT_EQ(ask(get("/")).status, 200);
  EXPECT_EQ(handled, 2);
}

TEST_F(HttpHostileTest, ABodyThatTricklesInIsCutThoughItNeverStops) {
  options.progress_deadline = milliseconds(60);
  start();
  RawClient slow = connect();
  EXPECT_EQ(trickle(slow, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n").status, 408);
  RawClient extension = connect();
  EXPECT_EQ(trickle(extension, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;").status, 408);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(server->stats().body_bytes, 0U);
}

TEST_F(HttpHostileTest, AClientThatAsksAndNeverReadsHoldsNobodyUp) {
  options.threads = 1;
  options.progress_deadline = milliseconds(60);
  start();
  RawClient deaf = connect();
  const std::string big = post("/echo", std::string(1000 * 1000, 'x'));
  for (int i = 0; i < 50 && deaf.send(big); ++i) EXPECT_EQ(ask(get("/")).status, 200);
  while (server->stats().connections > 0) std::this_thread::yield();
  EXPECT_EQ(server->stats().body_bytes, 0U);
  EXPECT_EQ(server->stats().active, 0U);
}

TEST_F(HttpHostileTest, BodiesAtTheLimitAreTakenAndOneByteMoreIsNot) {
  options.body_bytes_max = 1000;
  start();
  const std::string full(1000, 'x');
  const std::string chunked = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(ask(post("/echo", full)).body, full);
  EXPECT_EQ(ask(post("/echo", full + "x")).status, 413);
  EXPECT_EQ(ask(chunked + "3e8\r\n" + full + "\r\n0\r\n\r\n").body, full);
  EXPECT_EQ(ask(chunked + "3e9\r\n" + full + "x\r\n0\r\n\r\n").status, 413);
  EXPECT_EQ(ask(chunked + "3e8\r\n" + full + "\r\n1\r\nx\r\n0\r\n\r\n").status, 413);
  EXPECT_EQ(ask(chunked + "ffffffffffffffff\r\n").status, 413);
  EXPECT_EQ(handled, 2);
}

TEST_F(HttpHostileTest, WhatWasPipelinedBeforeTheEndIsAnswered) {
  start();
  RawClient client = connect();
  client.send(get("/") + post("/echo", "abc") + get("/"));
  client.finish_sending();
  EXPECT_EQ(client.read().body, "{}");
  EXPECT_EQ(client.read().body, "abc");
  EXPECT_EQ(client.read().body, "{}");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpHostileTest, AfterABadRequestNothingThatFollowedItIsDone) {
  start();
  RawClient client = connect();
  client.send(get("/") + "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n" + get("/") +
              get("/"));
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 400);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(handled, 1);
}

TEST_F(HttpHostileTest, AWholeUrlAsTargetIsThePathOfThisHost) {
  start();
  RawClient client = connect();
  EXPECT_EQ(client.ask("POST http://h/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc").body, "abc");
  EXPECT_EQ(client.ask(get("http://h")).body, "{}");
}

/// However many connections wait, or send their heads byte by byte: who asks is answered.
TEST_F(HttpHostileTest, ForOneMoreConnectionTheOneThatHasWaitedLongestIsClosed) {
  options.threads = 1;
  options.connections_max = 3;
  start();
  RawClient silent = connect();
  RawClient slow = connect();
  slow.send("GET / HT");
  RawClient good = connect();
  EXPECT_EQ(good.ask(get("/")).status, 200);
  EXPECT_EQ(ask(get("/", "Connection: close\r\n")).status, 200);
  EXPECT_TRUE(silent.is_closed());
  while (server->stats().connections > 2) std::this_thread::yield();
  RawClient third = connect();
  EXPECT_EQ(third.ask(get("/")).status, 200);
  RawClient fourth = connect();
  EXPECT_EQ(fourth.ask(get("/")).status, 200);
  EXPECT_TRUE(slow.is_closed());
  EXPECT_EQ(good.ask(get("/")).status, 200) << "who asked later than the others waits less long";
  EXPECT_EQ(server->stats().connections_dropped, 2U);
  EXPECT_EQ(server->stats().connections_refused, 0U);
}

TEST_F(HttpHostileTest, AmongConnectionsThatAreServedTheClientGivesWayThatIsWaitedFor) {
  options.threads = 1;
  options.connections_max = 2;
  start();
  RawClient asks = connect();
  asks.send(get("/later"));
  Responder responder = later();
  RawClient sends = connect();
  sends.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nx");
  while (server->stats().body_bytes == 0) std::this_thread::yield();
  EXPECT_EQ(ask(get("/", "Connection: close\r\n")).status, 200);
  EXPECT_TRUE(sends.is_closed());
  responder.answer(json_response("{}"));
  EXPECT_EQ(asks.read().status, 200);
}

TEST_F(HttpHostileTest, FarTooManyConnectionsAreClosedAndForgotten) {
  options.connections_max = 2;
  options.refused_at_once_max = 2;
  start();
  {
    std::vector<RawClient> crowd;
    for (int i = 0; i < 400; ++i) crowd.push_back(connect());
    while (server->stats().connections_accepted < 400) std::this_thread::yield();
    while (server->stats().connections > 4) std::this_thread::yield();
  }
  while (server->stats().connections > 0) std::this_thread::yield();
  EXPECT_EQ(ask(get("/")).status, 200);
}

/// Answers that nobody reads: they take no more memory than they may, and the others are answered.
TEST_F(HttpHostileTest, WhoDoesNotReadGivesWayWhereAnswersTakeTooMuch) {
  constexpr std::size_t kBytes = 12 * 1000 * 1000;  // more than sockets hold
  options.threads = 1;
  options.answers_bytes_max = 2 * kBytes;
  router->add(Method::get, "/huge", [](const Request&, Responder responder) {
    responder.answer(text_response(std::string(kBytes, 'x'), "application/octet-stream"));
  });
  start();
  std::vector<RawClient> slow;
  for (std::size_t i = 0; i < 6; ++i) {
    slow.push_back(connect());
    slow.back().send(get("/huge"));
    while (server->stats().requests <= i || server->stats().answer_bytes == 0) std::this_thread::yield();
  }
  while (server->stats().readers_dropped < 4) std::this_thread::yield();
  EXPECT_LE(server->stats().answer_bytes, options.answers_bytes_max);
  EXPECT_EQ(ask(get("/")).status, 200);
  EXPECT_LT(slow.front().read().body.size(), kBytes) << "the one that was asked for first";
  EXPECT_EQ(slow.back().read().body.size(), kBytes);
  EXPECT_EQ(slow[4].read().body.size(), kBytes);
  while (server->stats().answer_bytes > 0) std::this_thread::yield();
}

TEST_F(HttpHostileTest, APageThatManyDoNotReadCountsOnce) {
  constexpr std::size_t kBytes = 12 * 1000 * 1000;
  options.answers_bytes_max = kBytes;
  const auto page = std::make_shared<const Page>(std::string(kBytes, 'x'));
  router->add(Method::get, "/page", [&page](const Request&, Responder responder) {
    responder.answer(page_response(page, "application/octet-stream"));
  });
  start();
  std::vector<RawClient> slow;
  for (int i = 0; i < 6; ++i) {
    slow.push_back(connect());
    slow.back().send(get("/page"));
  }
  for (RawClient& each : slow) EXPECT_EQ(each.read().body.size(), kBytes);
  while (server->stats().answer_bytes > 0) std::this_thread::yield();
  EXPECT_EQ(server->stats().readers_dropped, 0U);
}

/// Descriptors run out: connections wait in the kernel, an operator is told once, and all goes on when
/// there are some again.
TEST_F(HttpHostileTest, WithoutDescriptorsConnectionsWaitAndItIsSaidOnce) {
  std::promise<std::string> told;
  std::atomic<int> count{0};
  options.report = [&](std::string_view line) {
    if (++count == 1) told.set_value(std::string(line));
  };
  start();
  RawClient good = connect();
  EXPECT_EQ(good.ask(get("/")).status, 200);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit low = limit;
  low.rlim_cur = 100;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  std::vector<int> fillers;
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) fillers.push_back(fd);
  ASSERT_FALSE(fillers.empty());
  ::close(fillers.back());
  fillers.pop_back();
  RawClient waiting = connect();  // takes the last one
  EXPECT_EQ(told.get_future().get(), "Cannot accept connections: Too many open files");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(good.ask(get("/")).status, 200);
  for (const int fd : fillers) ::close(fd);
  EXPECT_EQ(waiting.ask(get("/")).status, 200);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(count, 1);
}

class HttpChangingFileTest : public HttpServerTest {
 protected:
  HttpChangingFileTest() {
    test::write_file(path, std::string(kBytes, 'x'));
    router->add(Method::get, "/log", [this](const Request& request, Responder responder) {
      responder.answer(file_response(request, path, "log"));
    });
  }
  /// Asks for the file and waits until its beginning is there; the whole is more than sockets hold.
  RawClient begun() {
    RawClient client = connect();
    client.send(get("/log"));
    pollfd answered{client.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&answered, 1, 60'000), 1);
    return client;
  }
  static constexpr std::size_t kBytes = 24 * 1024 * 1024;
  const test::TempDir folder;
  const std::string path = folder / "log";
};

TEST_F(HttpChangingFileTest, NoMoreFilesAreOpenThanMayBe) {
  options.threads = 1;
  options.files_max = 2;
  start();
  RawClient first = begun();
  RawClient second = begun();
  RawClient third = begun();
  EXPECT_EQ(server->stats().readers_dropped, 1U);
  EXPECT_LT(first.read().body.size(), kBytes);
  EXPECT_EQ(second.read().body.size(), kBytes);
  EXPECT_EQ(third.read().body.size(), kBytes);
}

TEST_F(HttpChangingFileTest, OneThatShrinksCutsTheAnswerSoThatItIsNoticed) {
  start();
  RawClient client = begun();
  ASSERT_EQ(::truncate(path.c_str(), 1000), 0);
  const auto cut = client.read();
  EXPECT_EQ(cut.header("content-length"), std::to_string(kBytes));
  EXPECT_LT(cut.body.size(), kBytes);
  EXPECT_EQ(ask(get("/log")).body.size(), 1000U);
}

TEST_F(HttpChangingFileTest, OneThatGrowsOrIsRotatedIsSentAsItWas) {
  start();
  RawClient growing = begun();
  std::ofstream(path, std::ios::app) << "later";
  EXPECT_TRUE(growing.read().body == std::string(kBytes, 'x'));
  ASSERT_EQ(::truncate(path.c_str(), kBytes), 0);
  RawClient rotated = begun();
  ASSERT_EQ(::rename(path.c_str(), (path + ".1").c_str()), 0);
  test::write_file(path, "new");
  EXPECT_TRUE(rotated.read().body == std::string(kBytes, 'x'));
  EXPECT_EQ(ask(get("/log")).body, "new");
}

}  // namespace
}  // namespace stellwerk::http
