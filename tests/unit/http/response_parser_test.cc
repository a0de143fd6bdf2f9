#include "http/response_parser.h"

#include <gtest/gtest.h>

namespace stellwerk::http {
namespace {

using ResponseState = ResponseParser::State;

struct ParsedResponse {
  ResponseState state = ResponseState::more;
  ClientResponse response;
  bool keep_alive = false;
};

ParsedResponse parse_response(std::string_view text, std::size_t step = 100000, bool ends = false,
                              Method method = Method::get) {
  ResponseParser parser(method, 512, 100);
  ParsedResponse out;
  while (!text.empty() && out.state == ResponseState::more) {
    out.state = parser.feed(text.substr(0, step));
    text.remove_prefix(std::min(step, text.size()));
  }
  if (ends && out.state == ResponseState::more) out.state = parser.finish();
  out.response = std::move(parser.response());
  out.keep_alive = parser.keep_alive();
  return out;
}

TEST(ResponseParser, ReadsAnswersInPiecesOfAnySize) {
  const std::string sized =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello";
  const std::string chunked = "HTTP/1.1 202\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (const std::string& text : {sized, chunked})
    for (std::size_t step = 1; step <= text.size(); ++step) {
      const ParsedResponse parsed = parse_response(text, step);
      ASSERT_EQ(parsed.state, ResponseState::ready) << text << step;
      EXPECT_EQ(parsed.response.status, 202);
      EXPECT_EQ(parsed.response.header("x-a"), "b");
      EXPECT_EQ(parsed.response.body, "hello");
      EXPECT_TRUE(parsed.keep_alive);
    }
}

TEST(ResponseParser, TheEndOfTheConnectionEndsOnlyBodiesWithoutLength) {
  const ParsedResponse parsed = parse_response("HTTP/1.1 200 OK\r\n\r\nhello", 3, true);
  EXPECT_EQ(parsed.state, ResponseState::ready);
  EXPECT_EQ(parsed.response.body, "hello");
  EXPECT_FALSE(parsed.keep_alive);
  for (const std::string_view cut : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "HTTP/1.1 200 OK\r\n",
                                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"})
    EXPECT_EQ(parse_response(cut, 100, true).state, ResponseState::bad) << cut;
}

TEST(ResponseParser, SomeAnswersHaveNoBody) {
  EXPECT_EQ(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 100, false, Method::head).state,
            ResponseState::ready);
  EXPECT_EQ(parse_response("HTTP/1.1 204 No Content\r\n\r\n").state, ResponseState::ready);
  EXPECT_FALSE(parse_response("HTTP/1.1 204 No Content\r\nConnection: Close\r\n\r\n").keep_alive);
  EXPECT_FALSE(parse_response("HTTP/1.0 204 No Content\r\n\r\n").keep_alive);
}

TEST(ResponseParser, WhatIsNotHttpOrTooLongIsRefused) {
  for (const std::string& bad :
       {std::string("SSH-2.0-x\r\n\r\n"), std::string("HTTP/2 200\r\n\r\n"), std::string("HTTP/1.1 20\r\n\r\n"),
        std::string("HTTP/1.1 2000\r\n\r\n"), std::string("HTTP/1.1 200 OK\n\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"),
        "HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'), "HTTP/1.1 200 OK\r\nX: " + std::string(600, 'x')})
    EXPECT_EQ(parse_response(bad).state, ResponseState::bad) << bad;
}

}  // namespace
}  // namespace stellwerk::http
