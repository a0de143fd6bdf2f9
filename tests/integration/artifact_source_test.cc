/// Artifacts from masters that answer as they like.
#include "artifacts/master_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/sha256.h"
#include "http/server.h"
#include "support/real_loop.h"

namespace stellwerk::artifacts {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kLimit{30};

class ArtifactSourceTest : public testing::Test {
 protected:
  /// A master that answers with these; says where it is.
  std::string master(int status, const std::string& body) {
    auto router = std::make_shared<http::Router>();
    router->add(http::Method::get, "/artifacts/:hash", [=](const http::Request&, http::Responder responder) {
      http::Response response = http::text_response(body);
      response.status = status;
      responder.answer(std::move(response));
    });
    http::ServerOptions options;
    options.ports = {{0, 0}};
    options.threads = 1;
    auto started = http::Server::start(options, std::move(router));
    EXPECT_TRUE(started.has_value());
    servers_.push_back(std::move(*started));
    return "127.0.0.1:" + std::to_string(servers_.back()->port());
  }

  Result<std::string> fetch(std::vector<std::string> masters) {
    std::optional<Result<std::string>> got;
    source_.know(std::move(masters));
    source_.fetch(ref_, [&](Result<std::string> bytes) { got = std::move(bytes); });
    EXPECT_FALSE(got) << "never from inside the call";
    EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }, kLimit));
    return got ? *got : make_error(Errc::failed, "not answered");
  }

  const std::string bytes_ = std::string(300'000, 'x') + "the end";
  const model::ArtifactRef ref_{sha256_hex(bytes_), 300'007, "x.tar.gz", model::ArtifactKind::bundle};
  test::RealLoop loop_;
  http::Client client_{loop_.io(), master_source_options()};
  MasterSource source_{loop_.executor(), client_};
  std::vector<std::unique_ptr<http::Server>> servers_;
};

TEST_F(ArtifactSourceTest, TheFirstThatHasItWillDo) {
  const std::string without = master(404, "no");
  const std::string with = master(200, bytes_);
  const auto got = fetch({"127.0.0.1:1", without, with});
  ASSERT_TRUE(got.has_value()) << got.error().text;
  EXPECT_EQ(*got, bytes_);
}

TEST_F(ArtifactSourceTest, WhatNobodyHasIsNotFound) {
  const std::string without = master(404, "no");
  const auto got = fetch({without});
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code, Errc::not_found);
  EXPECT_THAT(got.error().text, HasSubstr("could not fetch x.tar.gz"));
  EXPECT_THAT(got.error().text, HasSubstr(without + ": it is not there"));
}

TEST_F(ArtifactSourceTest, SomethingElseIsNotTaken) {
  std::string other = bytes_;
  other[7] = 'y';
  const std::string wrong = master(200, other);
  const std::string cut = master(200, bytes_.substr(0, 99));
  const auto got = fetch({wrong, cut});
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code, Errc::damaged);
  EXPECT_THAT(got.error().text, HasSubstr(wrong + ": sent something else, with SHA-256 " + sha256_hex(other)));
  EXPECT_THAT(got.error().text, HasSubstr(cut + ": sent 99 bytes instead of 300007"));
}

TEST_F(ArtifactSourceTest, WhoIsBusyIsAskedAgain) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  auto router = std::make_shared<http::Router>();
  router->add(http::Method::get, "/artifacts/:hash", [=, this](const http::Request&, http::Responder responder) {
    http::Response response = http::text_response(bytes_);
    if ((*calls)++ < 2) response.status = 503;
    responder.answer(std::move(response));
  });
  http::ServerOptions options;
  options.ports = {{0, 0}};
  options.threads = 1;
  auto started = http::Server::start(options, std::move(router));
  ASSERT_TRUE(started.has_value());
  const auto got = fetch({"127.0.0.1:" + std::to_string((*started)->port())});
  ASSERT_TRUE(got.has_value()) << got.error().text;
  EXPECT_EQ(*calls, 3);
}

}  // namespace
}  // namespace stellwerk::artifacts
