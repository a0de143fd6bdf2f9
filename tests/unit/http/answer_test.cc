#include "http/answer.h"

#include <gtest/gtest.h>

#include "http/gzip.h"
#include "unit/http/parsed_request.h"

namespace stellwerk::http {
namespace {

class Source : public BodySource {
 public:
  explicit Source(std::optional<std::uint64_t> length) : length_(length) {}
  std::optional<std::uint64_t> length() const override { return length_; }
  Pull pull(std::string&, std::size_t) override { return Pull::end; }

 private:
  std::optional<std::uint64_t> length_;
};

struct Rendered {
  std::string head;
  std::string body;
  RenderedBody frame;
};

Rendered render(const std::string& request_text, Response response, bool keep_alive = true) {
  const auto request = parsed_request(request_text);
  const CorsPolicy cors;
  Rendered out;
  out.frame = render_answer({*request, cors, "Date: now\r\n", keep_alive}, response, out.head);
  out.body = out.frame.bytes;
  return out;
}

const std::string kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kGetPacked = "GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n";

TEST(Answer, IsOneHeadAndOneBody) {
  Response response = json_response("{}");
  response.add_header("X-A", "b");
  const Rendered rendered = render(kGet, std::move(response));
  EXPECT_EQ(rendered.head,
            "HTTP/1.1 200 OK\r\nDate: now\r\nAccess-Control-Allow-Origin: *\r\nX-A: b\r\n"
            "Content-Type: application/json; charset=UTF-8\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(rendered.body, "{}");
}

TEST(Answer, HeadHasTheSameHeadersAndNoBody) {
  const Rendered get = render(kGet, json_response("{}"));
  const Rendered head = render("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", json_response("{}"));
  EXPECT_EQ(get.head, head.head);
  EXPECT_EQ(head.body, "");
}

TEST(Answer, SomeStatusesHaveNoBody) {
  Response response;
  response.status = 204;
  const Rendered rendered = render(kGet, std::move(response));
  EXPECT_EQ(rendered.head.find("Content-"), std::string::npos);
}

TEST(Answer, BigTextIsPackedWhenAsked) {
  const std::string big(5000, 'x');
  const Rendered plain = render(kGet, json_response(big));
  EXPECT_EQ(plain.body, big);
  EXPECT_NE(plain.head.find("Vary: Accept-Encoding\r\n"), std::string::npos);
  EXPECT_EQ(plain.head.find("Content-Encoding"), std::string::npos);
  const Rendered packed = render(kGetPacked, json_response(big));
  EXPECT_LT(packed.frame.bytes.size(), 200U);
  EXPECT_NE(packed.head.find("Content-Encoding: gzip\r\n"), std::string::npos);
  EXPECT_NE(packed.head.find("Content-Length: " + std::to_string(packed.frame.bytes.size()) + "\r\n"),
            std::string::npos);
  const auto page = std::make_shared<const Page>(big);
  EXPECT_EQ(render(kGetPacked, page_response(page)).body, page->gzip());
  EXPECT_EQ(render(kGet, page_response(page)).body, big);
  EXPECT_EQ(render(kGetPacked, json_response("small")).body, "small");
  EXPECT_EQ(render(kGetPacked, text_response(big, "application/octet-stream")).body, big);
}

TEST(Answer, AnHttpThreadPacksNothingBig) {
  const std::string big(kGzipHereBytesMax + 1, 'a');
  const auto page = std::make_shared<const Page>(big);
  EXPECT_EQ(render(kGetPacked, json_response(big)).body, big);
  EXPECT_EQ(render(kGetPacked, page_response(page)).body, big);
  EXPECT_FALSE(page->packed());
  page->gzip();
  EXPECT_EQ(render(kGetPacked, page_response(page)).body, page->gzip());
  Response ahead = json_response(big);
  pack_ahead(*parsed_request(kGetPacked), ahead);
  EXPECT_EQ(render(kGetPacked, std::move(ahead)).body, page->gzip());
  Response unasked = json_response(big);
  pack_ahead(*parsed_request(kGet), unasked);
  EXPECT_TRUE(std::holds_alternative<std::string>(unasked.body));
}

TEST(Answer, SourcesAreFramedByWhatTheClientUnderstands) {
  const auto stream = [](std::optional<std::uint64_t> length) {
    Response response;
    response.body = std::make_unique<Source>(length);
    return response;
  };
  const Rendered chunked = render(kGet, stream(std::nullopt));
  EXPECT_NE(chunked.head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(chunked.frame.chunked && chunked.frame.from_source);
  const Rendered sized = render(kGet, stream(7));
  EXPECT_NE(sized.head.find("Content-Length: 7\r\n"), std::string::npos);
  EXPECT_FALSE(sized.frame.chunked);
  const Rendered old = render("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", stream(std::nullopt));
  EXPECT_TRUE(old.frame.until_close);
  EXPECT_NE(old.head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_FALSE(render("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", stream(7)).frame.from_source);
}

TEST(Answer, SaysWhatBecomesOfTheConnection) {
  EXPECT_EQ(render(kGet, json_response("{}")).head.find("Connection:"), std::string::npos);
  EXPECT_NE(render(kGet, json_response("{}"), false).head.find("Connection: close\r\n"), std::string::npos);
  const std::string old = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_NE(render(old, json_response("{}")).head.find("Connection: keep-alive\r\n"), std::string::npos);
}

TEST(Answer, DatesAreHttpDates) {
  EXPECT_EQ(date_line(784111777), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
}

}  // namespace
}  // namespace stellwerk::http
