#include "http/events.h"
#include "http/file_answer.h"
#include "integration/http_test_server.h"
#include "support/temp_dir.h"

namespace stellwerk::http {
namespace {

using std::chrono::milliseconds;

class HttpStreamTest : public HttpServerTest {
 protected:
  HttpStreamTest() {
    router->add(Method::get, "/events", [this](const Request&, Responder responder) {
      responder.answer(hub.subscribe(EventHub::format("hello", "{}")));
    });
  }
  EventHub hub{{.streams_max = 2, .queued_events_max = 100}};
};

TEST_F(HttpStreamTest, EventsArriveAsTheyHappen) {
  start();
  RawClient client = connect();
  client.send(get("/events"));
  const std::string head = client.read_until("event: hello\ndata: {}\n\n\r\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream; charset=UTF-8\r\n"), std::string::npos);
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  hub.publish("state", "1");
  EXPECT_EQ(client.read_until("1\n\n\r\n"), "00000016\r\nevent: state\ndata: 1\n\n\r\n");
  hub.publish("state", "2");
  EXPECT_EQ(client.read_until("2\n\n\r\n"), "00000016\r\nevent: state\ndata: 2\n\n\r\n");
}

TEST_F(HttpStreamTest, SilentStreamsGetAHeartbeat) {
  options.stream_heartbeat = milliseconds(10);
  start();
  RawClient client = connect();
  client.send(get("/events"));
  client.read_until("hello");
  EXPECT_NE(client.read_until(": still here\n\n").find(": still here\n\n"), std::string::npos);
  EXPECT_NE(client.read_until(": still here\n\n").find(": still here\n\n"), std::string::npos);
}

TEST_F(HttpStreamTest, StreamsAreCountedAndForgotten) {
  start();
  {
    RawClient one = connect();
    RawClient two = connect();
    one.send(get("/events"));
    two.send(get("/events"));
    one.read_until("hello");
    two.read_until("hello");
    const auto refused = ask(get("/events"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("retry-after"), "5");
  }
  while (hub.streams() > 0) std::this_thread::yield();
  RawClient again = connect();
  again.send(get("/events"));
  EXPECT_NE(again.read_until("hello"), "");
}

TEST_F(HttpStreamTest, ASlowListenerIsDroppedVisibly) {
  start();
  RawClient slow = connect();
  slow.send(get("/events"));
  slow.read_until("hello");
  const std::string big(100000, 'x');
  while (hub.dropped() == 0) hub.publish("big", big);
  const std::string rest = slow.read_until("\r\n0\r\n\r\n");
  EXPECT_NE(rest.find("event: dropped\n"), std::string::npos) << "the stream ends properly, and says why";
}

TEST_F(HttpStreamTest, StoppingEndsStreams) {
  start();
  RawClient client = connect();
  client.send(get("/events"));
  client.read_until("data: {}\n\n\r\n");
  EXPECT_TRUE(server->stop(std::chrono::minutes(1)));
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpStreamTest, OldClientsReadUntilTheEnd) {
  start();
  RawClient client = connect();
  client.send("GET /events HTTP/1.0\r\n\r\n");
  client.read_until("hello");
  hub.close();
  EXPECT_TRUE(client.read_until("never").find("0\r\n") == std::string::npos);
}

TEST_F(HttpStreamTest, BigFilesAreSentWhole) {
  const test::TempDir folder;
  const std::string path = folder / "log";
  std::string content;
  for (int i = 0; i < 1000000; ++i) content += std::to_string(i) + "\n";
  test::write_file(path, content);
  router->add(Method::get, "/log", [path](const Request& request, Responder responder) {
    responder.answer(file_response(request, path, "log"));
  });
  start();
  RawClient client = connect();
  EXPECT_TRUE(client.ask(get("/log")).body == content);
  const auto part = client.ask(get("/log", "Range: bytes=-14\r\n"));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "999998\n999999\n");
  client.send("HEAD /log HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.read(true).header("content-length"), std::to_string(content.size()));
  EXPECT_EQ(client.ask(get("/")).body, "{}");
}

}  // namespace
}  // namespace stellwerk::http
