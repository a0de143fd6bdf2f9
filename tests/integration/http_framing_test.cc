/// Requests that no proper client sends: each gets one clear error, costs its own connection only,
/// and has no effect.
#include <vector>

#include "integration/http_test_server.h"

namespace stellwerk::http {
namespace {

struct Bad {
  const char* name;
  std::string bytes;
  int status;
};

std::ostream& operator<<(std::ostream& out, const Bad& bad) {
  return out << bad.name;
}

std::string post_with(const std::string& headers, const std::string& rest = "") {
  return "POST /echo HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n" + rest;
}

std::string many_headers(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "X-" + std::to_string(i) + ": y\r\n";
  return out;
}

const std::string kSmuggled = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

const std::vector<Bad> kBadRequests{
    {"length_and_coding", post_with("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + kSmuggled),
     400},
    {"coding_and_length", post_with("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + kSmuggled),
     400},
    {"two_lengths", post_with("Content-Length: 0\r\nContent-Length: 44\r\n", kSmuggled), 400},
    {"two_equal_lengths", post_with("Content-Length: 3\r\nContent-Length: 3\r\n", "abc" + kSmuggled), 400},
    {"length_list", post_with("Content-Length: 3, 3\r\n", "abc" + kSmuggled), 400},
    {"length_signed", post_with("Content-Length: +3\r\n", "abc" + kSmuggled), 400},
    {"length_huge", post_with("Content-Length: 99999999999999999999\r\n", kSmuggled), 400},
    {"length_folded", post_with("Content-Length:\r\n 3\r\n", "abc" + kSmuggled), 400},
    {"length_space_colon", post_with("Content-Length : 3\r\n", "abc" + kSmuggled), 400},
    {"coding_unknown", post_with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + kSmuggled), 400},
    {"coding_stacked", post_with("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n" + kSmuggled), 400},
    {"coding_identity", post_with("Transfer-Encoding: identity\r\n", kSmuggled), 400},
    {"coding_twice", post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", kSmuggled), 400},
    {"coding_tab",
     post_with("Transfer-Encoding: \x0b"
               "chunked\r\n",
               kSmuggled),
     400},
    {"coding_http10", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kSmuggled, 400},
    {"chunk_no_size", post_with("Transfer-Encoding: chunked\r\n", "\r\n\r\n" + kSmuggled), 400},
    {"chunk_negative", post_with("Transfer-Encoding: chunked\r\n", "-1\r\n" + kSmuggled), 400},
    {"chunk_overflow", post_with("Transfer-Encoding: chunked\r\n", "10000000000000000\r\n" + kSmuggled), 400},
    {"chunk_too_long", post_with("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n" + kSmuggled), 400},
    {"chunk_bare_newline", post_with("Transfer-Encoding: chunked\r\n", "0\n\n" + kSmuggled), 400},
    {"chunk_extension_newline", post_with("Transfer-Encoding: chunked\r\n", "0;\n\r\n\r\n" + kSmuggled), 400},
    {"bare_newlines", "GET / HTTP/1.1\nHost: h\n\n", 400},
    {"folded", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400},
    {"space_before_first", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
    {"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two_hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400},
    {"null_in_header", std::string("GET / HTTP/1.1\r\nHost: h\r\nX: \0\r\n\r\n", 34), 400},
    {"escape_broken", get("/%zz"), 400},
    {"escape_short", get("/%4"), 400},
    {"escape_null", get("/a%00b"), 400},
    {"escape_newline", get("/a%0d%0ab"), 400},
    {"escape_not_utf8", get("/a%ff"), 400},
    {"raw_high_byte", get("/\xe4"), 400},
    {"dots", get("/../secret"), 400},
    {"dots_escaped", get("/%2e%2E/secret"), 400},
    {"absolute_of_another_host", get("http://g/"), 400},
    {"absolute_of_another_scheme", get("https://h/"), 400},
    {"authority", get("h:80"), 400},
    {"connect", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n" + kSmuggled, 501},
    {"null_in_target", std::string("GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n", 31), 400},
    {"null_in_name", std::string("GET / HTTP/1.1\r\nHost: h\r\nX\0: y\r\n\r\n", 35), 400},
    {"delete_in_header", get("/", "X: a\x7f\r\n"), 400},
    {"carriage_return_in_header", get("/", "X: a\rContent-Length: 5\r\n"), 400},
    {"space_in_name", get("/", "Content Length: 5\r\n"), 400},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", 400},
    {"host_empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"length_empty", post_with("Content-Length:\r\n", kSmuggled), 400},
    {"length_hexadecimal", post_with("Content-Length: 0x10\r\n", kSmuggled), 400},
    {"chunk_size_with_space", post_with("Transfer-Encoding: chunked\r\n", "3 \r\nabc\r\n0\r\n\r\n" + kSmuggled), 400},
    {"chunk_size_with_prefix", post_with("Transfer-Encoding: chunked\r\n", "0x3\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_extension_long",
     post_with("Transfer-Encoding: chunked\r\n", "0;" + std::string(20000, 'x') + "\r\n\r\n" + kSmuggled), 400},
    {"trailer_long",
     post_with("Transfer-Encoding: chunked\r\n", "0\r\nX: " + std::string(20000, 'x') + "\r\n\r\n" + kSmuggled), 400},
    {"trailer_no_field", post_with("Transfer-Encoding: chunked\r\n", "0\r\n" + kSmuggled), 400},
    {"many_headers", get("/", many_headers(101)), 400},
    {"http2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
    {"http09", "GET /\r\n\r\n", 400},
    {"version_odd", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400},
    {"tls_hello", std::string("\x16\x03\x01\x02\x00\x01", 6), 400},
    {"nonsense", "hello\r\n\r\n", 400},
    {"method_unknown", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501},
    {"method_lower_case", "get / HTTP/1.1\r\nHost: h\r\n\r\n", 501},
    {"expectation_unknown", get("/", "Expect: miracles\r\n"), 417},
    {"head_too_large", get("/", "X: " + std::string(20000, 'x') + "\r\n"), 431},
    {"target_too_large", "GET /" + std::string(20000, 'x'), 431},
};

class HttpFramingTest : public HttpServerTest, public testing::WithParamInterface<Bad> {};

TEST_P(HttpFramingTest, GetsOneErrorAndNothingElseHappens) {
  start();
  RawClient good = connect();
  EXPECT_EQ(good.ask(get("/")).status, 200);
  RawClient bad = connect();
  bad.send(GetParam().bytes);
  const auto answer = bad.read();
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(answer.body.substr(0, 12), "{\"errors\":[\"");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(bad.is_closed()) << "what follows must not be taken for a request";
  EXPECT_EQ(handled, 1);
  EXPECT_EQ(good.ask(get("/")).status, 200);
  EXPECT_EQ(server->stats().bad_requests, 1U);
}

INSTANTIATE_TEST_SUITE_P(All, HttpFramingTest, testing::ValuesIn(kBadRequests),
                         [](const testing::TestParamInfo<Bad>& bad) { return std::string(bad.param.name); });

TEST_F(HttpServerTest, ATruncatedBodyHasNoEffect) {
  start();
  for (const std::string& text : {post("/echo", "abc").substr(0, post("/echo", "abc").size() - 1),
                                  post_with("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n")}) {
    RawClient client = connect();
    client.send(text);
    client.finish_sending();
    EXPECT_TRUE(client.is_closed());
  }
  EXPECT_EQ(handled, 0);
}

TEST_F(HttpServerTest, TheLastChunkMayArriveInPieces) {
  start();
  RawClient client = connect();
  client.send(post_with("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.read().status, 100);
  for (const std::string_view piece : {"0\r\n", "\r", "\n"}) client.send(piece);
  EXPECT_EQ(client.read().status, 200);
}

}  // namespace
}  // namespace stellwerk::http
