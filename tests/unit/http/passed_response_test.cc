#include <gtest/gtest.h>

#include "http/proxy.h"

namespace stellwerk::http {
namespace {

TEST(PassedResponse, IsTheOthersAnswerWithoutWhatBelongsToItsServer) {
  const Response response = passed_response({.status = 202,
                                             .headers = {{"Content-Type", "application/json"},
                                                         {"X-A", "b"},
                                                         {"Connection", "close"},
                                                         {"Content-Length", "5"},
                                                         {"date", "now"},
                                                         {"Access-Control-Allow-Origin", "*"},
                                                         {"Stellwerk-Role", "leader"},
                                                         {"Stellwerk-Position", "7-1"},
                                                         {"Stellwerk-Lag-Ms", "0"}},
                                             .body = "hello"});
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body_bytes(), "hello");
  EXPECT_EQ(response.content_type, "");
  EXPECT_EQ(response.header_lines, "Content-Type: application/json\r\nX-A: b\r\nStellwerk-Lag-Ms: 0\r\n");
}

}  // namespace
}  // namespace stellwerk::http
