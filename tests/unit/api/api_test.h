/// The endpoints of one fake master, called without a socket.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "api/endpoints.h"
#include "http/client.h"
#include "unit/api/fake_backend.h"
#include "unit/http/parsed_request.h"

namespace stellwerk::api {

/// Where an answer ends up.
class FakeSink : public http::AnswerSink {
 public:
  explicit FakeSink(std::unique_ptr<http::Request> message) : message_(std::move(message)) {}
  const http::Request& request() const noexcept override { return *message_; }
  std::string take_body() override { return std::move(message_->body); }
  void deliver(http::Response response) override { answer = std::move(response); }

  std::optional<http::Response> answer;

 private:
  std::unique_ptr<http::Request> message_;
};

/// One request and, once it is there, its answer.
struct Asking {
  std::shared_ptr<FakeSink> sink;

  bool answered() const { return sink->answer.has_value(); }
  int status() const { return answered() ? sink->answer->status : 0; }
  std::string body() const { return answered() ? std::string(sink->answer->body_bytes()) : std::string(); }
  std::string headers() const { return answered() ? sink->answer->header_lines : std::string(); }
};

class ApiTest : public testing::Test {
 protected:
  ApiTest() { restart(); }

  static Facts facts();
  /// The endpoints anew, after `facts_` changed.
  void restart();
  /// `head` is "GET /path", with more header lines after it, each with its CR LF.
  Asking ask(const std::string& line, const std::string& headers = "", const std::string& body = "",
             bool loopback = true);

  FakeBackend backend;
  /// Of every request.
  std::string host = "me";
  Facts facts_ = facts();
  boost::asio::io_context io;
  std::unique_ptr<http::Client> client;
  std::unique_ptr<http::Router> router;
  std::unique_ptr<Endpoints> endpoints;
};

/// The paths of all values in a JSON text: "jobs[].id".
std::set<std::string> json_paths(const std::string& text);
/// The value at such a path without "[]" (an index instead: "jobs[0].id"), as compact JSON.
std::string json_at(const std::string& text, const std::string& path);

}  // namespace stellwerk::api
