/// A handler's promise to answer.
#pragma once

#include <memory>
#include <string>

#include "http/message.h"

namespace stellwerk::http {

/// Where an answer goes: a connection of the server, or whatever calls a handler directly.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;

  virtual const Request& request() const noexcept = 0;
  virtual std::string take_body() = 0;
  /// Exactly once; from any thread.
  virtual void deliver(Response response) = 0;
};

/// Movable, answers exactly once, from any thread, during the handler or later. Dropped without an
/// answer, it answers 500. An answer that comes after the deadline, after the client went away or
/// after the server stopped is dropped quietly.
class Responder {
 public:
  explicit Responder(std::shared_ptr<AnswerSink> sink) noexcept : sink_(std::move(sink)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  /// The responder is empty afterwards; a second answer is a bug.
  void answer(Response response);

  /// Good until this has answered.
  const Request& request() const noexcept;
  /// Moves the body out, which for a big upload saves a copy.
  std::string take_body();

  explicit operator bool() const noexcept { return sink_ != nullptr; }

 private:
  void drop() noexcept;
  std::shared_ptr<AnswerSink> sink_;
};

}  // namespace stellwerk::http
