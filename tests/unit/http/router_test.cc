#include "http/router.h"

#include <gtest/gtest.h>

#include "unit/http/parsed_request.h"

namespace stellwerk::http {
namespace {

/// Remembers which route was taken by its body limit.
RouteOptions named(std::size_t number) {
  return {.body_bytes_max = number};
}

std::size_t number_of(const Router::Match& match) {
  return match.route != nullptr ? match.route->options.body_bytes_max.value_or(0) : 0;
}

class RouterTest : public testing::Test {
 protected:
  void fill(Router& router) {
    const Handler nothing = [](const Request&, Responder) {};
    router.add(Method::get, "/", nothing, named(1));
    router.add(Method::get, "/jobs", nothing, named(2));
    router.add(Method::post, "/jobs", nothing, named(3));
    router.add(Method::get, "/jobs/overview", nothing, named(4));
    router.add(Method::get, "/jobs/:jobid", nothing, named(5));
    router.add(Method::patch, "/jobs/:id", nothing, named(6));
    router.add(Method::get, "/jobs/:jobid/vertices/:vertexid", nothing, named(7));
  }

  std::size_t find(const Router& router, const std::string& method, const std::string& path) {
    request_ = parsed_request(method + " " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    match_ = router.match(*request_);
    return number_of(match_);
  }

  std::unique_ptr<Request> request_;
  Router::Match match_;
};

TEST_F(RouterTest, FindsLiteralsBeforeParameters) {
  Router router;
  fill(router);
  EXPECT_EQ(find(router, "GET", "/"), 1U);
  EXPECT_EQ(find(router, "GET", "/jobs"), 2U);
  EXPECT_EQ(find(router, "GET", "/jobs/"), 2U);
  EXPECT_EQ(find(router, "POST", "/jobs?x=y"), 3U);
  EXPECT_EQ(find(router, "GET", "/jobs/overview"), 4U);
  EXPECT_EQ(find(router, "GET", "/jobs/abc"), 5U);
  EXPECT_EQ(request_->param("jobid"), "abc");
  EXPECT_EQ(request_->param("none"), "");
  EXPECT_EQ(find(router, "PATCH", "/jobs/abc"), 6U);
  EXPECT_EQ(request_->param("id"), "abc");
  EXPECT_EQ(find(router, "GET", "/jobs/overview/vertices/a%20b"), 7U);
  EXPECT_EQ(request_->param("vertexid"), "a b");
}

TEST_F(RouterTest, EveryPathIsServedBelowV1AndHeadAsGet) {
  Router router;
  fill(router);
  EXPECT_EQ(find(router, "GET", "/v1"), 1U);
  EXPECT_EQ(find(router, "HEAD", "/v1/jobs/abc"), 5U);
  EXPECT_EQ(find(router, "GET", "/v1/v1"), 0U);
  EXPECT_EQ(find(router, "GET", "/v2/jobs"), 0U);
}

TEST_F(RouterTest, TellsAnUnknownPathFromAnUnknownMethod) {
  Router router;
  fill(router);
  EXPECT_EQ(find(router, "GET", "/nothing"), 0U);
  EXPECT_EQ(match_.allow, "");
  EXPECT_EQ(find(router, "GET", "/jobs/abc/vertices"), 0U);
  EXPECT_EQ(match_.allow, "");
  EXPECT_EQ(find(router, "DELETE", "/jobs"), 0U);
  EXPECT_EQ(match_.allow, "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(find(router, "DELETE", "/jobs/overview"), 0U);
  EXPECT_EQ(match_.allow, "GET, HEAD, OPTIONS");
  EXPECT_EQ(find(router, "PATCH", "/jobs/overview"), 0U) << "a path of its own, not the job of that id";
  EXPECT_EQ(find(router, "OPTIONS", "/jobs/abc"), 0U);
  EXPECT_EQ(match_.allow, "GET, HEAD, PATCH, OPTIONS");
  EXPECT_EQ(find(router, "OPTIONS", "*"), 0U);
  EXPECT_EQ(match_.allow, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

TEST_F(RouterTest, APrefixIsNeededWhenSet) {
  Router router("/flink/ui/");
  fill(router);
  EXPECT_EQ(find(router, "GET", "/flink/ui/jobs/abc"), 5U);
  EXPECT_EQ(find(router, "GET", "/flink/ui/v1/jobs"), 2U);
  EXPECT_EQ(find(router, "GET", "/flink/ui"), 1U);
  EXPECT_EQ(find(router, "GET", "/jobs"), 0U);
  EXPECT_EQ(match_.allow, "");
}

}  // namespace
}  // namespace stellwerk::http
