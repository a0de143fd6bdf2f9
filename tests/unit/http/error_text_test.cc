#include "http/error_text.h"

#include <gtest/gtest.h>

namespace stellwerk::http {
namespace {

std::string text_of(int status, std::string body) {
  ClientResponse response;
  response.status = status;
  response.body = std::move(body);
  return error_text(response);
}

TEST(ErrorText, IsShownWithoutStackTracesAndEscapes) {
  EXPECT_EQ(text_of(404, R"({"errors":["Job x not found\n\tat a.b(C.java:1)\n\tat d"]})"), "Job x not found");
  EXPECT_EQ(text_of(400, R"({"errors":["\u001b[31mred"]})").find('\x1b'), std::string::npos);
}

TEST(ErrorText, IsTheStatusWhereNothingIsSaid) {
  EXPECT_EQ(text_of(500, "<html>"), "HTTP status 500");
  EXPECT_EQ(text_of(500, R"({"errors":[]})"), "HTTP status 500");
  EXPECT_EQ(text_of(502, ""), "HTTP status 502");
}

}  // namespace
}  // namespace stellwerk::http
