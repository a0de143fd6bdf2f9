#include "http/events.h"

#include <gtest/gtest.h>

namespace stellwerk::http {
namespace {

using Pull = BodySource::Pull;

constexpr std::size_t kPieceMax = 100000;

BodySource& source_of(Response& response) {
  return *std::get<std::unique_ptr<BodySource>>(response.body);
}

struct Pulled {
  Pull result;
  std::string text;
};

Pulled pull(Response& response) {
  Pulled out{};
  out.result = source_of(response).pull(out.text, kPieceMax);
  return out;
}

TEST(Events, AreFormattedLineByLine) {
  EXPECT_EQ(EventHub::format("state", "a\nb", "7"), "id: 7\nevent: state\ndata: a\ndata: b\n\n");
  EXPECT_EQ(EventHub::format("", ""), "data: \n\n");
}

TEST(Events, GoToEveryoneWhoListens) {
  EventHub hub;
  Response one = hub.subscribe("data: first\n\n");
  Response two = hub.subscribe();
  int woken = 0;
  source_of(two).attach([&woken] { ++woken; });
  EXPECT_EQ(one.content_type, "text/event-stream; charset=UTF-8");
  EXPECT_EQ(pull(one).text, "data: first\n\n");
  EXPECT_EQ(pull(one).result, Pull::wait);
  EXPECT_EQ(pull(two).result, Pull::wait);
  hub.publish("a", "1");
  hub.publish("b", "2");
  EXPECT_EQ(woken, 1) << "once is enough until it has looked";
  for (Response* listener : {&one, &two}) EXPECT_EQ(pull(*listener).text, "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n");
  EXPECT_FALSE(source_of(one).heartbeat().empty());
}

TEST(Events, AListenerThatLeavesIsForgotten) {
  EventHub hub({.streams_max = 1});
  {
    Response one = hub.subscribe();
    EXPECT_EQ(hub.streams(), 1U);
    EXPECT_EQ(hub.subscribe().status, 503);
  }
  EXPECT_EQ(hub.streams(), 0U);
  EXPECT_EQ(hub.subscribe().status, 200);
}

TEST(Events, ASlowListenerIsDroppedVisibly) {
  EventHub hub({.queued_events_max = 2});
  Response slow = hub.subscribe();
  Response quick = hub.subscribe();
  for (int i = 0; i < 3; ++i) {
    hub.publish("e", std::to_string(i));
    EXPECT_EQ(pull(quick).result, Pull::wait);
  }
  EXPECT_EQ(hub.dropped(), 1U);
  EXPECT_EQ(hub.streams(), 1U);
  const Pulled last = pull(slow);
  EXPECT_EQ(last.result, Pull::end);
  EXPECT_EQ(last.text.substr(0, 15), "event: dropped\n");
  hub.publish("e", "x");
  EXPECT_EQ(pull(quick).text, "event: e\ndata: x\n\n");
}

TEST(Events, BytesAreBoundedToo) {
  EventHub hub({.queued_bytes_max = 100});
  Response slow = hub.subscribe();
  hub.publish("e", std::string(101, 'x'));
  EXPECT_EQ(hub.dropped(), 1U);
}

TEST(Events, ClosingEndsAllStreams) {
  Response listener = [] {
    EventHub hub;
    Response response = hub.subscribe();
    hub.publish("last", "words");
    hub.close();
    EXPECT_EQ(hub.subscribe().status, 503);
    return response;
  }();
  const Pulled last = pull(listener);
  EXPECT_EQ(last.result, Pull::end);
  EXPECT_EQ(last.text, "event: last\ndata: words\n\n");
}

}  // namespace
}  // namespace stellwerk::http
