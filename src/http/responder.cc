#include "http/responder.h"

#include <utility>

#include "base/assert.h"

namespace stellwerk::http {

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    drop();
    sink_ = std::move(other.sink_);
  }
  return *this;
}

Responder::~Responder() {
  drop();
}

void Responder::drop() noexcept {
  if (sink_ != nullptr) answer(error_response(500, "Internal server error: the request was dropped without an answer"));
}

void Responder::answer(Response response) {
  STELLWERK_ASSERT(sink_ != nullptr, "a request is answered once");
  const std::shared_ptr<AnswerSink> sink = std::exchange(sink_, nullptr);
  sink->deliver(std::move(response));
}

const Request& Responder::request() const noexcept {
  STELLWERK_ASSERT(sink_ != nullptr, "the request was answered");
  return sink_->request();
}

std::string Responder::take_body() {
  STELLWERK_ASSERT(sink_ != nullptr, "the request was answered");
  return sink_->take_body();
}

}  // namespace stellwerk::http
