#include "api/front.h"

#include <gmock/gmock.h>

#include "page/page.h"
#include "unit/api/api_test.h"

namespace stellwerk::api {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kBrowser =
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\n";

std::string header(const Asking& asking, const std::string& name) {
  const std::string lines = asking.headers();
  const std::size_t at = lines.find(name + ": ");
  return at == std::string::npos ? ""
                                 : lines.substr(at + name.size() + 2, lines.find("\r\n", at) - at - name.size() - 2);
}

class FrontTest : public ApiTest {};

/// Of a request with these values of Accept, a line for each.
bool wants_page(std::initializer_list<std::string_view> lines) {
  http::Request request;
  for (const std::string_view line : lines) request.headers.push_back({"Accept", line});
  return Front::wants_page(request);
}

TEST(WantsPage, OnlyWhoAsksForItByName) {
  for (const char* accept : {"text/html", "TEXT/HTML", "application/json;q=0.9, text/html", "text/html;level=1;q=0.5",
                             "*/*;q=0.1,application/xhtml+xml", "text/html, application/json"})
    EXPECT_TRUE(wants_page({accept})) << accept;
  for (const char* accept :
       {"", "*/*", "text/*", "application/json", "application/json, text/plain, */*", "text/html;q=0",
        "text/html;q=0.000", "text/html;q=0.5, application/json;q=0.51", "text/htmlx", ",;,q=1"})
    EXPECT_FALSE(wants_page({accept})) << accept;
}

TEST(WantsPage, SeveralLinesAreOneList) {
  EXPECT_TRUE(wants_page({"application/json;q=0.1", "text/html"}));
  EXPECT_TRUE(wants_page({"text/html", "application/json;q=0.1"}));
  EXPECT_FALSE(wants_page({"text/html;q=0.5", "application/json"}));
  EXPECT_FALSE(wants_page({}));
}

TEST(WantsPage, WhatIsQuotedSeparatesNothing) {
  EXPECT_FALSE(wants_page({R"(application/json;x="a, text/html, b")"}));
  EXPECT_FALSE(wants_page({R"(text/html;x="a;q=1";q=0.1, application/json)"}));
  EXPECT_FALSE(wants_page({R"(text/html;x="\", application/json;q=0.1";q=0)"}));
  EXPECT_TRUE(wants_page({R"(text/html;x="a, application/json", application/json;q=0.9)"}));
  for (const char* open : {R"(text/html;x=")", R"(text/html;x="\)"}) EXPECT_TRUE(wants_page({open})) << "no end";
}

TEST_F(FrontTest, ThePageLinksToNothingBesideItself) {
  // Without a slash at the end of its address a relative link would lead beside it, without JavaScript to mend that.
  const std::string body = ask("GET /", kBrowser).body();
  for (std::size_t at = body.find("<a "); at != std::string::npos; at = body.find("<a ", at + 1)) {
    const std::string link = body.substr(at, body.find('>', at) - at);
    EXPECT_TRUE(link.find(" href=") == std::string::npos || link.find(" href=\"#") != std::string::npos) << link;
  }
  EXPECT_THAT(body, HasSubstr("<noscript>"));
}

TEST_F(FrontTest, ABrowserGetsThePageAndOthersTheStatus) {
  const Asking page = ask("GET /", kBrowser);
  EXPECT_EQ(page.status(), 200);
  EXPECT_EQ(page.sink->answer->content_type, "text/html; charset=UTF-8");
  EXPECT_THAT(page.body(), HasSubstr("<!doctype html>"));
  for (const char* headers : {"", "Accept: */*\r\n", "Accept: application/json\r\n"}) {
    const Asking status = ask("GET /", headers);
    EXPECT_EQ(json_at(status.body(), "role"), json_at(ask("GET /status").body(), "role"));
    EXPECT_EQ(header(status, "Vary"), "Accept");
  }
  EXPECT_EQ(ask("GET /status", kBrowser).sink->answer->content_type, http::kJsonType) << "only / has two faces";
}

TEST_F(FrontTest, WhoHasThePageIsToldThatItIsTheSame) {
  const std::string tag = header(ask("GET /", kBrowser), "ETag");
  EXPECT_EQ(tag.substr(0, 3), "W/\"");
  for (const std::string& known : {tag, tag.substr(2), "\"other\", " + tag, std::string("*")}) {
    const Asking again = ask("GET /", std::string(kBrowser) + "If-None-Match: " + known + "\r\n");
    EXPECT_EQ(again.status(), 304) << known;
    EXPECT_EQ(header(again, "ETag"), tag);
    EXPECT_EQ(header(again, "Vary"), "Accept");
  }
  for (const char* other : {"\"other\"", "\"a,*,b\""})
    EXPECT_EQ(ask("GET /", std::string(kBrowser) + "If-None-Match: " + other + "\r\n").status(), 200);
  EXPECT_EQ(ask("GET /", "If-None-Match: " + tag + "\r\n").status(), 200) << "the status has no tag";
}

TEST_F(FrontTest, ThePageMayLoadNothingButItself) {
  const Asking page = ask("GET /", kBrowser);
  const std::string policy = header(page, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; "));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self'; "));
  EXPECT_THAT(policy, HasSubstr("script-src 'sha256-"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
  for (const char* outside : {" src=\"", "@import", "url(", "href=\"/", "href=\"http"})
    EXPECT_THAT(page.body(), Not(HasSubstr(outside)));
}

TEST(ContentSecurityPolicy, NamesStyleAndScriptByTheirDigests) {
  EXPECT_THAT(page::content_security_policy("<style>a{}</style><script>alert(1)</script>"),
              HasSubstr("script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"));
}

}  // namespace
}  // namespace stellwerk::api
