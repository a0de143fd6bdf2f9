#include "http/cors.h"

#include <gtest/gtest.h>

#include "unit/http/parsed_request.h"

namespace stellwerk::http {
namespace {

std::unique_ptr<Request> from(const std::string& method, const std::string& origin_lines) {
  return parsed_request(method + " / HTTP/1.1\r\nHost: master:8081\r\n" + origin_lines + "\r\n");
}

bool permits(std::string_view policy, const std::string& method, const std::string& origin) {
  return CorsPolicy(policy).permits(*from(method, origin.empty() ? "" : "Origin: " + origin + "\r\n"));
}

std::string headers(std::string_view policy, const std::string& origin) {
  std::string lines;
  CorsPolicy(policy).add_headers(*from("GET", origin.empty() ? "" : "Origin: " + origin + "\r\n"), lines);
  return lines;
}

TEST(Cors, TheStarLetsOthersReadButNotWrite) {
  EXPECT_TRUE(permits("*", "GET", "http://evil.example"));
  EXPECT_TRUE(permits("*", "OPTIONS", "http://evil.example"));
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    EXPECT_FALSE(permits("*", method, "http://evil.example")) << method;
    EXPECT_FALSE(permits("*", method, "null")) << method;
    EXPECT_TRUE(permits("*", method, "http://Master:8081")) << method;
    EXPECT_FALSE(permits("*", method, "http://master:8082")) << method;
    EXPECT_TRUE(permits("*", method, "")) << method;
  }
  EXPECT_FALSE(CorsPolicy("*").permits(*from("POST", "Origin: http://master:8081\r\nOrigin: http://evil.example\r\n")));
}

TEST(Cors, ANamedOriginMayWrite) {
  EXPECT_TRUE(permits("https://ops.example", "POST", "https://ops.example"));
  EXPECT_TRUE(permits("*, https://ops.example", "POST", "https://ops.example"));
  EXPECT_FALSE(permits("https://ops.example", "POST", "https://ops.example.evil"));
  EXPECT_FALSE(permits("", "POST", "https://ops.example"));
}

TEST(Cors, HeadersNameWhoMayRead) {
  EXPECT_EQ(headers("*", ""), "Access-Control-Allow-Origin: *\r\n");
  EXPECT_EQ(headers("*", "http://a"), "Access-Control-Allow-Origin: *\r\n");
  EXPECT_EQ(headers("", "http://a"), "");
  EXPECT_EQ(headers("http://a, http://b", "http://b"), "Access-Control-Allow-Origin: http://b\r\nVary: Origin\r\n");
  EXPECT_EQ(headers("http://a", "http://c"), "Vary: Origin\r\n");
}

TEST(Cors, PreflightPromisesWritesOnlyToThoseWhoMay) {
  const auto preflight = [](std::string_view policy, const std::string& lines) {
    std::string out;
    CorsPolicy(policy).add_preflight(*from("OPTIONS", lines), "GET, HEAD, POST, OPTIONS", out);
    return out;
  };
  const std::string stranger = preflight("*", "Origin: http://evil\r\nAccess-Control-Request-Headers: X-A, x-b\r\n");
  EXPECT_NE(stranger.find("Allow: GET, HEAD, POST, OPTIONS\r\n"), std::string::npos);
  EXPECT_NE(stranger.find("Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"), std::string::npos);
  EXPECT_NE(stranger.find("Access-Control-Allow-Headers: X-A, x-b\r\n"), std::string::npos);
  const std::string friendly = preflight("http://a", "Origin: http://a\r\n");
  EXPECT_NE(friendly.find("Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"), std::string::npos);
  EXPECT_EQ(preflight("http://a", "Origin: http://b\r\n"), "Allow: GET, HEAD, POST, OPTIONS\r\n");
}

}  // namespace
}  // namespace stellwerk::http
