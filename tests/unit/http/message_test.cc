#include "http/message.h"

#include <gtest/gtest.h>

namespace stellwerk::http {
namespace {

TEST(Response, ErrorsAreJsonWhateverTheySay) {
  EXPECT_EQ(error_response(404, "Not found: /x").body_bytes(), R"({"errors":["Not found: /x"]})");
  EXPECT_EQ(error_response(400, "a\"b\\c\nd\x01").body_bytes(), R"({"errors":["a\"b\\c\nd\u0001"]})");
  EXPECT_EQ(json_escape("\xff\xc3"), "??");
  EXPECT_EQ(json_escape("é"), "é");
}

TEST(Response, AHeaderCannotBeginAnother) {
  Response response;
  response.add_header("X", "a\r\nSet-Cookie: b");
  EXPECT_EQ(response.header_lines, "X: a??Set-Cookie: b\r\n");
}

TEST(Response, UnavailableSaysWhenToComeBack) {
  const Response response = unavailable_response("later", std::chrono::seconds(3));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header_lines, "Retry-After: 3\r\n");
}

TEST(Method, NamesGoBothWays) {
  for (const Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del, Method::options})
    EXPECT_EQ(parse_method(to_string(method)), method);
  EXPECT_EQ(parse_method("Get"), std::nullopt);
  EXPECT_TRUE(is_safe(Method::head));
  EXPECT_FALSE(is_safe(Method::del));
}

}  // namespace
}  // namespace stellwerk::http
