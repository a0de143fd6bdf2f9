#include "http/request_parser.h"

#include <gtest/gtest.h>

namespace stellwerk::http {
namespace {

using RequestState = RequestParser::State;

struct ParsedRequest {
  RequestState state = RequestState::more;
  Request request;
  Refusal refusal;
  std::string rest;
};

/// Feeds the text in pieces, as a connection would: what was not taken is offered again.
std::unique_ptr<ParsedRequest> parse_request(std::string_view text, std::size_t step = 100000,
                                             std::size_t body_max = 1000) {
  auto out = std::make_unique<ParsedRequest>();
  RequestParser parser({.head_bytes_max = 512, .headers_max = 10});
  bool in_body = false;
  std::string held;
  while (!text.empty() && (out->state == RequestState::more || (out->state == RequestState::ready && in_body))) {
    held += text.substr(0, step);
    text.remove_prefix(std::min(step, text.size()));
    std::string_view view = held;
    if (!in_body) {
      out->state = parser.take_head(view, out->request);
      in_body = out->state == RequestState::ready && parser.has_body();
      if (in_body) out->state = RequestState::more;
    }
    if (in_body && out->state == RequestState::more) out->state = parser.take_body(view, out->request, body_max);
    held = std::string(view);
    if (out->state == RequestState::ready) break;
  }
  out->refusal = parser.refusal();
  out->rest = held + std::string(text);
  return out;
}

int status_of(std::string_view text) {
  const auto parsed = parse_request(text);
  return parsed->state == RequestState::refused ? parsed->refusal.status : 0;
}

TEST(RequestParser, ReadsARequestInPiecesOfAnySize) {
  const std::string text =
      "POST /v1/jobs/a%20b?x=1&y=%2B+z&flag HTTP/1.1\r\nHost: h:8081\r\nContent-Length: 5\r\nX-Odd:  a b "
      "\r\n\r\nhelloGET /";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    const auto parsed = parse_request(text, step);
    ASSERT_EQ(parsed->state, RequestState::ready) << step;
    const Request& r = parsed->request;
    EXPECT_EQ(r.method, Method::post);
    EXPECT_EQ(r.path, "/v1/jobs/a%20b");
    EXPECT_EQ(r.segments, (std::vector<std::string_view>{"v1", "jobs", "a b"}));
    EXPECT_EQ(r.query_value("x"), "1");
    EXPECT_EQ(r.query_value("y"), "+ z");
    EXPECT_EQ(r.query_value("flag"), "");
    EXPECT_EQ(r.query_value("none"), std::nullopt);
    EXPECT_EQ(r.header("HOST"), "h:8081");
    EXPECT_EQ(r.header("x-odd"), "a b");
    EXPECT_EQ(r.body, "hello");
    EXPECT_EQ(parsed->rest, "GET /");
    EXPECT_TRUE(r.keep_alive);
  }
}

TEST(RequestParser, ReadsChunkedBodies) {
  const auto parsed =
      parse_request("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /", 3);
  ASSERT_EQ(parsed->state, RequestState::ready);
  EXPECT_EQ(parsed->request.body, "abc");
}

TEST(RequestParser, AnEmptyLineBeforeARequestIsSkippedOnce) {
  EXPECT_EQ(parse_request("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")->state, RequestState::ready);
  EXPECT_EQ(parse_request("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 1)->state, RequestState::ready);
  EXPECT_EQ(status_of("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

TEST(RequestParser, KeepsConnectionsAsAsked) {
  const auto keeps = [](const std::string& version, const std::string& header) {
    return parse_request("GET / HTTP/" + version + "\r\nHost: h\r\n" + header + "\r\n")->request.keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: keep-alive, Close\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(RequestParser, AmbiguousFramingIsRefused) {
  const auto with = [](const std::string& headers) {
    return status_of("POST / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
  };
  EXPECT_EQ(with("Content-Length: 3\r\nContent-Length: 3\r\n"), 400);
  EXPECT_EQ(with("Content-Length: 3\r\nContent-Length: 4\r\n"), 400);
  for (const std::string bad : {"3, 3", "3,", "+3", "-3", "0x3", "3 3", "", "three", "99999999999999999999"})
    EXPECT_EQ(with("Content-Length: " + bad + "\r\n"), 400) << bad;
  EXPECT_EQ(with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400);
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
  for (const std::string bad : {"xchunked", "chunked, gzip", "gzip, chunked", "chunked, chunked", "identity", "",
                                "chunked;q=1", "\"chunked\"", "chunked,"})
    EXPECT_EQ(with("Transfer-Encoding: " + bad + "\r\n"), 400) << bad;
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(with("Content-Length : 3\r\n"), 400);
  EXPECT_EQ(with("Content-Length: 3\r\n folded\r\n"), 400);
  EXPECT_EQ(with("X: a\rb\r\n"), 400);
  EXPECT_EQ(with("X: a\nb\r\n"), 400);
  EXPECT_EQ(with(std::string("X: a\0b\r\n", 8)), 400);
  EXPECT_EQ(with(": x\r\n"), 400);
  EXPECT_EQ(with("X\r\n"), 400);
}

TEST(RequestParser, HostMustBeThereOnceAndPlain) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  for (const std::string bad : {"", "a,b", "a b", "user@a", "a:b", "a:70000", "a:1:2", "[::1", "a/b", "[::1]x"})
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: " + bad + "\r\n\r\n"), 400) << bad;
  for (const std::string good : {"a", "a.b-c_d:8081", "127.0.0.1:1", "[::1]:8081", "[fe80::1%25eth0]", "a:"})
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: " + good + "\r\n\r\n"), 0) << good;
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(RequestParser, TargetsArePlainPaths) {
  const auto get = [](const std::string& target) {
    return status_of("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
  };
  for (const std::string bad : {"https://h/",  "h:80",  "*",   "x",       "//",    "/a//b",      "/.",    "/../etc",
                                "/a/%2e%2e/b", "/%",    "/%0", "/%zz",    "/%00",  "/%0d",       "/%ff",  "/\x80",
                                "/a#b",        "/a\\b", "/<",  "/?a=%00", "/?a=%", "/?\xc3\xa9", "/?a#b", "/a b"})
    EXPECT_EQ(get(bad), 400) << bad;
  for (const std::string good : {"/", "/a/", "/a?", "/a?b=[c]|{d}", "/%41%20%C3%A9", "/a:b@c,d;e=f&g", "/?&&a"})
    EXPECT_EQ(get(good), 0) << good;
  EXPECT_EQ(status_of("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
}

TEST(RequestParser, ATargetMayBeAWholeUrlOfTheSameHost) {
  const auto get = [](const std::string& target, const std::string& version = "1.1") {
    return parse_request("GET " + target + " HTTP/" + version + "\r\nHost: h:1\r\n\r\n");
  };
  EXPECT_EQ(get("http://h:1/a/b?c=d")->request.target, "/a/b?c=d");
  EXPECT_EQ(get("http://h:1/a/b?c=d")->request.path, "/a/b");
  EXPECT_EQ(get("HTTP://H:1")->request.target, "/");
  EXPECT_EQ(status_of("GET http://h/ HTTP/1.0\r\n\r\n"), 0);
  for (const std::string bad : {"http://", "http:///", "http://g:1/", "http://h/", "http://u@h:1/", "http://h:1?a",
                                "http://h:1//", "http://h:1/../a", "http:/h:1/", "http://h:1#a"})
    EXPECT_EQ(get(bad)->refusal.status, 400) << bad;
}

TEST(RequestParser, TheFirstLineIsPlain) {
  for (const std::string bad :
       {"GET /", "GET", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "GET / http/1.1", "GET / HTTP/2.0", "GET / HTTP/1.2",
        "GET / HTTP/11", "GET\t/ HTTP/1.1", "G(T / HTTP/1.1", " GET / HTTP/1.1", "PRI * HTTP/2.0"})
    EXPECT_EQ(status_of(bad + "\r\nHost: h\r\n\r\n"), 400) << bad;
  EXPECT_EQ(status_of("\x16\x03\x01\x02"), 400);
  for (const std::string unknown : {"TRACE", "CONNECT", "get", "BREW"})
    EXPECT_EQ(status_of(unknown + " / HTTP/1.1\r\nHost: h\r\n\r\n"), 501) << unknown;
}

TEST(RequestParser, LimitsHold) {
  const std::string long_value(600, 'x');
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nX: " + long_value + "\r\n\r\n"), 431);
  EXPECT_EQ(status_of("GET /" + long_value), 431);
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 10; ++i) many += "X: y\r\n";
  EXPECT_EQ(status_of(many + "\r\n"), 400);
  EXPECT_EQ(parse_request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\nx")->refusal.status, 413);
  EXPECT_EQ(parse_request("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\nx")->refusal.status,
            413);
}

TEST(RequestParser, OnlyOneExpectationIsKnown) {
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n"), 417);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n\r\n"), 0);
}

}  // namespace
}  // namespace stellwerk::http
