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

TEST(PrefersHtml, OnlyWhoAsksForItByName) {
  for (const char* accept : {"text/html", "TEXT/HTML", "application/json;q=0.9, text/html", "text/html;level=1;q=0.5",
                             "*/*;q=0.1,application/xhtml+xml", "text/html, application/json"})
    EXPECT_TRUE(prefers_html(accept)) << accept;
  for (const char* accept :
       {"", "*/*", "text/*", "application/json", "application/json, text/plain, */*", "text/html;q=0",
        "text/html;q=0.000", "text/html;q=0.5, application/json;q=0.51", "text/htmlx", ",;,q=1"})
    EXPECT_FALSE(prefers_html(accept)) << accept;
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
  EXPECT_EQ(ask("GET /", std::string(kBrowser) + "If-None-Match: \"other\"\r\n").status(), 200);
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
