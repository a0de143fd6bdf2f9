/// One request on its way to its answer. Internal to the server.
#pragma once

#include <memory>
#include <optional>

#include "http/request_parser.h"
#include "http/responder.h"
#include "http/server_state.h"

namespace stellwerk::http {

class Connection;
class Worker;

/// Shared by its connection and the responder. Everything but `deliver` is used only on the connection's thread, or
/// read-only while the handler or the responder has it.
class Exchange final : public AnswerSink, public std::enable_shared_from_this<Exchange> {
 public:
  explicit Exchange(std::shared_ptr<ServerState> state);

  const Request& request() const noexcept override { return message; }
  std::string take_body() override { return std::move(message.body); }
  void deliver(Response response) override;

  /// Runs the handler. Returns the answer if it came before the handler returned.
  std::optional<Response> run(const Handler& handler, std::shared_ptr<Worker> worker,
                              std::weak_ptr<Connection> connection);

  /// Makes it ready for another request. Only if nobody else holds it.
  void clear();

  Request message;
  RequestParser parser;
  BodyLease lease;

 private:
  std::shared_ptr<Worker> worker_;
  std::weak_ptr<Connection> connection_;
  bool in_handler_ = false;
  std::optional<Response> early_answer_;
};

}  // namespace stellwerk::http
