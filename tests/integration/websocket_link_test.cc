/// What the port for workers does with strangers and with large messages, over real sockets.
#include <gmock/gmock.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "support/real_loop.h"
#include "websocket/connection.h"
#include "websocket/dialer.h"
#include "websocket/listener.h"

namespace stellwerk::websocket {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using boost::beast::error_code;
using test::RealLoop;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Tcp = asio::ip::tcp;

constexpr auto kLong = 60s;

/// A WebSocket whose other end is a Connection.
struct Pair {
  Pair(RealLoop& loop, std::shared_ptr<InputTurns> turns) {
    Tcp::acceptor acceptor(loop.io(), {asio::ip::address_v4::loopback(), 0});
    Tcp::socket theirs(loop.io());
    theirs.connect(acceptor.local_endpoint());
    other = std::make_unique<Stream>(std::move(theirs));
    auto ours = std::make_unique<Stream>(acceptor.accept());
    prepare(*ours);
    other->text(true);
    int done = 0;
    const auto count = [&](error_code error) {
      EXPECT_FALSE(error) << error.message();
      ++done;
    };
    ours->async_accept(count);
    other->async_handshake("localhost", "/", count);
    EXPECT_TRUE(loop.run_until([&] { return done == 2; }, kLong));
    connection = std::make_shared<Connection>(std::move(ours), "peer", std::move(turns));
    connection->listen({[this](link::Message) { ++heard; }, [this](const std::string& why) { closed = why; }});
  }
  ~Pair() { connection->abandon(); }

  /// A part of a message, or its end. Small enough for the kernel, so that it need not be read.
  void say(const std::string& text, bool end = true) { other->write_some(end, asio::buffer(text)); }

  std::unique_ptr<Stream> other;
  std::shared_ptr<Connection> connection;
  int heard = 0;
  std::string closed;
};

class LargeMessages : public testing::Test {
 protected:
  bool run_until(const std::function<bool()>& done) { return loop.run_until(done, kLong); }
  /// A hello with a member that nobody knows, of `bytes`.
  static std::string hello(std::size_t bytes) {
    return R"({"type":"hello","v":1,"worker":"w","incarnation":1,"process":"p","host":"h","pid":1,"slots":1,"data-port":0,)"
           R"("version":"","labels":[],"home":"","cluster":"","epoch":0,"tasks":[],"ended":[],"later":")" +
           std::string(bytes, 'x') + "\"}";
  }

  RealLoop loop;
  std::shared_ptr<InputTurns> turns = std::make_shared<InputTurns>();
};

TEST_F(LargeMessages, TheirMemoryIsGivenBack) {
  Pair pair(loop, turns);
  pair.say(hello(kSmallMessageBytesMax * 8));
  ASSERT_TRUE(run_until([&] { return pair.heard == 1; }));
  EXPECT_LE(pair.connection->input_bytes(), kSmallMessageBytesMax);
  pair.say(hello(10));
  ASSERT_TRUE(run_until([&] { return pair.heard == 2; }));
  EXPECT_LE(pair.connection->input_bytes(), kSmallMessageBytesMax);
}

TEST_F(LargeMessages, GreetingsAreReadInTurn) {
  turns->greetings = LargeTurns(1);
  const std::string large = hello(kSmallMessageBytesMax * 4);
  Pair slow(loop, turns);
  slow.say(large.substr(0, large.size() / 2), false);
  ASSERT_TRUE(run_until([&] { return slow.connection->input_bytes() > kSmallMessageBytesMax; }));
  Pair next(loop, turns);
  next.say(large);
  Pair gone(loop, turns);
  gone.say(large);
  Pair last(loop, turns);
  last.say(large);
  Pair small(loop, turns);
  small.say(hello(10));
  ASSERT_TRUE(run_until([&] { return small.heard == 1; })) << "a small one needs no turn";
  loop.run_for(20ms);
  EXPECT_EQ(next.heard + gone.heard + last.heard, 0);
  gone.connection->abandon();
  slow.say(large.substr(large.size() / 2));
  ASSERT_TRUE(run_until([&] { return next.heard == 1 && last.heard == 1; }));
  EXPECT_EQ(slow.heard, 1);
}

TEST_F(LargeMessages, WhoEndsWithATurnGivesItBack) {
  turns->greetings = LargeTurns(1);
  const std::string large = hello(kSmallMessageBytesMax * 4);
  Pair slow(loop, turns);
  slow.say(large.substr(0, large.size() / 2), false);
  ASSERT_TRUE(run_until([&] { return slow.connection->input_bytes() > kSmallMessageBytesMax; }));
  Pair next(loop, turns);
  next.say(large);
  loop.run_for(20ms);
  slow.connection->close();
  ASSERT_TRUE(run_until([&] { return next.heard == 1; }));
  EXPECT_EQ(slow.heard, 0);
}

TEST_F(LargeMessages, WhoHasSaidHelloDoesNotWaitForStrangers) {
  turns->greetings = LargeTurns(0);
  Pair known(loop, turns);
  known.say(hello(10));
  ASSERT_TRUE(run_until([&] { return known.heard == 1; }));
  known.say(hello(kSmallMessageBytesMax * 4));
  ASSERT_TRUE(run_until([&] { return known.heard == 2; }));
}

TEST_F(LargeMessages, TheLimitStays) {
  Pair pair(loop, turns);
  const std::string large = hello(link::kMessageBytesMax);
  // Its end is heard once the other side has ended too; until then the owner's deadlines count.
  boost::beast::flat_buffer answer;
  bool ended = false;
  pair.other->async_read(answer, [&](error_code, std::size_t) { ended = true; });
  bool written = false;
  pair.other->async_write(asio::buffer(large), [&](error_code, std::size_t) { written = true; });
  ASSERT_TRUE(run_until([&] { return !pair.closed.empty(); }));
  EXPECT_EQ(pair.closed, "peer: a message of more than 4194304 bytes");
  EXPECT_TRUE(run_until([&] { return ended && written; }));
}

// ---- the port ----

class Port : public testing::Test {
 protected:
  void open(std::size_t greetings_max, std::chrono::milliseconds greeting_min = {}) {
    ListenerOptions options{{"127.0.0.1"}, {{0, 0}}, "", greetings_max, greeting_min, [](std::string_view) {}};
    listener = std::move(*WebSocketListener::open(loop.io(), std::move(options)));
    listener->start([this](std::unique_ptr<link::Link> link) { links.push_back(std::move(link)); }, on_post, on_get);
  }
  Tcp::socket stranger() {
    Tcp::socket socket(loop.io());
    socket.connect({asio::ip::address_v4::loopback(), listener->port()});
    return socket;
  }
  /// All that comes until the other side closes it.
  std::string answer(Tcp::socket& socket) {
    std::string out;
    bool ended = false;
    asio::async_read(socket, asio::dynamic_buffer(out), [&](error_code, std::size_t) { ended = true; });
    EXPECT_TRUE(loop.run_until([&] { return ended; }, kLong));
    return out;
  }

  RealLoop loop;
  std::unique_ptr<WebSocketListener> listener;
  std::vector<std::unique_ptr<link::Link>> links;
  WebSocketListener::OnPost on_post;
  WebSocketListener::OnGet on_get;
};

TEST_F(Port, APostIsAnsweredByWhoTakesIt) {
  std::vector<Post> posts;
  std::function<void(PostAnswer)> later;
  on_post = [&](Post post, std::function<void(PostAnswer)> answer) {
    posts.push_back(std::move(post));
    later = std::move(answer);
  };
  open(2);
  Tcp::socket guard = stranger();
  const std::string text = "POST /workers/gone HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  asio::write(guard, asio::buffer(text));
  ASSERT_TRUE(loop.run_until([&] { return posts.size() == 1; }, kLong));
  EXPECT_EQ(posts[0].target, "/workers/gone");
  EXPECT_EQ(posts[0].body, "hello");
  later({202, "say it again"});
  const std::string got = answer(guard);
  EXPECT_THAT(got, HasSubstr("HTTP/1.1 202 Accepted\r\n"));
  EXPECT_THAT(got, testing::EndsWith("\r\n\r\nsay it again\n"));
  EXPECT_THAT(links, IsEmpty());
}

TEST_F(Port, AFileIsSentToWhoFetchesIt) {
  const auto file = std::make_shared<const std::string>(3'000'000, 'x');
  on_get = [&](const Get& get, const std::function<void(GetAnswer)>& answer) {
    if (get.target == "/later") return answer({503, nullptr, "too much"});
    answer({200, file, {}});
  };
  open(2);
  const auto fetch = [this](const std::string& target) {
    Tcp::socket worker = stranger();
    const std::string text = "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
    asio::write(worker, asio::buffer(text));
    return answer(worker);
  };
  const std::string got = fetch("/artifacts/1");
  EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(got.substr(0, 300), HasSubstr("Content-Length: 3000000\r\n"));
  EXPECT_EQ(got.substr(got.find("\r\n\r\n") + 4), *file);
  EXPECT_TRUE(loop.run_until([&] { return file.use_count() == 1; }, kLong)) << "it is let go";
  EXPECT_THAT(fetch("/later"),
              AllOf(HasSubstr("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n"), HasSubstr("too much")));
}

TEST_F(Port, APageFetchesNothing) {
  on_get = [](const Get&, const std::function<void(GetAnswer)>&) { FAIL() << "nobody hears of it"; };
  open(2);
  Tcp::socket page = stranger();
  const std::string text = "GET /artifacts/1 HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n\r\n";
  asio::write(page, asio::buffer(text));
  EXPECT_THAT(answer(page), HasSubstr("HTTP/1.1 403 Forbidden\r\n"));
}

TEST_F(Port, APostThatIsTooLargeOrAPagesIsRefused) {
  on_post = [](const Post&, const std::function<void(PostAnswer)>&) { FAIL() << "nobody hears of it"; };
  open(4);
  Tcp::socket large = stranger();
  const std::string size = std::to_string(WebSocketListener::kPostBytesMax + 1);
  const std::string head = "POST /workers/gone HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + "\r\n\r\n";
  asio::write(large, asio::buffer(head));
  EXPECT_THAT(answer(large), HasSubstr("HTTP/1.1 413 "));
  Tcp::socket page = stranger();
  const std::string text =
      "POST /workers/gone HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n";
  asio::write(page, asio::buffer(text));
  EXPECT_THAT(answer(page), HasSubstr("HTTP/1.1 403 Forbidden\r\n"));
  on_post = {};
}

TEST_F(Port, WithoutAnybodyWhoTakesPostsThereAreNone) {
  open(2);
  Tcp::socket guard = stranger();
  const std::string text = "POST /workers/gone HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  asio::write(guard, asio::buffer(text));
  EXPECT_THAT(answer(guard), HasSubstr("HTTP/1.1 426 Upgrade Required\r\n"));
}

TEST_F(Port, WhoSaysNothingGivesWayToWhoComesLater) {
  open(2);
  Tcp::socket first = stranger();
  Tcp::socket second = stranger();
  Tcp::socket third = stranger();
  EXPECT_EQ(answer(first), "");
  WebSocketDialer dialer(loop.io());
  std::unique_ptr<link::Link> worker;
  dialer.dial("127.0.0.1:" + std::to_string(listener->port()), [&](Result<std::unique_ptr<link::Link>> result) {
    ASSERT_TRUE(result.has_value()) << result.error().text;
    worker = std::move(*result);
  });
  ASSERT_TRUE(loop.run_until([&] { return worker && links.size() == 1; }, kLong));
  EXPECT_EQ(answer(second), "");
  // Who has become a WebSocket does not count.
  Tcp::socket fourth = stranger();
  asio::write(third, asio::buffer("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27));
  EXPECT_THAT(answer(third), HasSubstr("HTTP/1.1 426 Upgrade Required\r\n"));
}

TEST_F(Port, WhoComesWithACrowdWaitsUntilOthersAreServed) {
  open(2, std::chrono::hours(1));
  std::vector<Tcp::socket> crowd;
  for (int i = 0; i < 5; ++i) crowd.push_back(stranger());
  for (auto& socket : crowd) {
    asio::write(socket, asio::buffer("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27));
    EXPECT_THAT(answer(socket), HasSubstr("HTTP/1.1 426 Upgrade Required\r\n"));
  }
}

TEST_F(Port, APageOfABrowserIsNoWorker) {
  open(2);
  Tcp::socket page = stranger();
  const std::string text =
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://evil.example\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  asio::write(page, asio::buffer(text));
  EXPECT_THAT(answer(page), HasSubstr("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(links, IsEmpty());
}

}  // namespace
}  // namespace stellwerk::websocket
