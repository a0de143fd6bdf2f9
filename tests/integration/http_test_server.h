/// A server on a free port for the tests of http, with a few plain routes.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "http/server.h"
#include "integration/http_raw_client.h"

namespace stellwerk::http {

class HttpServerTest : public testing::Test {
 protected:
  /// Routes: GET / says "{}", GET and POST /echo answer with the body, POST /small takes 10 bytes,
  /// GET /later waits for `later()`, GET /dropped is never answered, GET /throws throws.
  HttpServerTest() {
    options.ports = {{0, 0}};
    options.threads = 2;
    router->add(Method::get, "/", [this](const Request&, Responder responder) {
      ++handled;
      responder.answer(json_response("{}"));
    });
    const Handler echo = [this](const Request& request, Responder responder) {
      ++handled;
      responder.answer(text_response(request.body));
    };
    router->add(Method::get, "/echo", echo);
    router->add(Method::post, "/echo", echo);
    router->add(Method::post, "/small", echo, {.body_bytes_max = 10});
    router->add(Method::get, "/later", [this](const Request&, Responder responder) {
      ++handled;
      later_.set_value(std::move(responder));
    });
    router->add(Method::get, "/dropped", [](const Request&, Responder) {});
    router->add(Method::get, "/throws", [](const Request&, Responder) { throw std::runtime_error("out of luck"); });
  }

  void start() {
    auto started = Server::start(options, router);
    ASSERT_TRUE(started.has_value()) << started.error().text;
    server = std::move(*started);
  }
  RawClient connect() { return RawClient(server->port()); }
  RawClient::Answer ask(std::string_view bytes) { return connect().ask(bytes); }
  /// The responder of the next request for /later.
  Responder later() {
    Responder responder = later_.get_future().get();
    later_ = {};
    return responder;
  }

  ServerOptions options;
  std::shared_ptr<Router> router = std::make_shared<Router>();
  std::atomic<int> handled{0};

  /// For routes that a test adds itself.
  std::promise<Responder> held_;
  std::promise<Responder> later_;
  /// Last, so that it is stopped before what its threads use goes away.
  std::unique_ptr<Server> server;
};

inline std::string get(const std::string& path, const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n";
}

inline std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: h\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace stellwerk::http
