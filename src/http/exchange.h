/// One request on its way to its answer. Internal to the server.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "http/request_parser.h"
#include "http/responder.h"
#include "http/server_state.h"

namespace stellwerk::http {

class Connection;
class Worker;

/// Shared by its connection and the responder. Everything but `deliver` and `client_gone` is used
/// only on the connection's thread, or read-only while the handler or the responder has it.
class Exchange final : public AnswerSink, public std::enable_shared_from_this<Exchange> {
 public:
  /// What the handler asked for instead of the server's deadline.
  struct OwnDeadline {
    std::chrono::milliseconds delay{};
    Response response;
  };

  explicit Exchange(std::shared_ptr<ServerState> state);

  const Request& request() const noexcept override { return message; }
  std::string take_body() override { return std::move(message.body); }
  void deliver(Response response) override;
  bool client_gone() const noexcept override { return gone_.load(); }
  void on_client_gone(std::function<void()> callback) override { on_gone_ = std::move(callback); }
  void answer_after(std::chrono::milliseconds delay, Response response) override;

  /// Runs the handler. Returns the answer if it came before the handler returned.
  std::optional<Response> run(const Handler& handler, std::shared_ptr<Worker> worker,
                              std::weak_ptr<Connection> connection);
  /// The client closed its side.
  void mark_gone();
  std::optional<OwnDeadline>& own_deadline() noexcept { return own_deadline_; }

  /// Makes it ready for another request. Only if nobody else holds it.
  void clear();

  Request message;
  RequestParser parser;
  BodyLease lease;

 private:
  std::shared_ptr<Worker> worker_;
  std::weak_ptr<Connection> connection_;
  std::atomic<bool> gone_{false};
  std::function<void()> on_gone_;
  std::optional<OwnDeadline> own_deadline_;
  bool in_handler_ = false;
  std::optional<Response> early_answer_;
};

}  // namespace stellwerk::http
