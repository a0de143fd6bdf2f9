#include "http/exchange.h"

#include <exception>
#include <utility>

#include "http/connection.h"
#include "http/worker.h"

namespace stellwerk::http {
namespace {

/// A head longer than this gives its memory back with its request, in bytes.
constexpr std::size_t kHeadBytesKept = 4 * 1024;

}  // namespace

Exchange::Exchange(std::shared_ptr<ServerState> state) : parser(state->options.parser), lease(std::move(state)) {}

void Exchange::deliver(Response response) {
  if (worker_->on_thread() && in_handler_) {
    early_answer_ = std::move(response);
    return;
  }
  worker_->post([self = shared_from_this(), r = std::move(response)]() mutable {
    if (const auto connection = self->connection_.lock()) connection->on_answer(*self, std::move(r));
  });
}

std::optional<Response> Exchange::run(const Handler& handler, std::shared_ptr<Worker> worker,
                                      std::weak_ptr<Connection> connection) {
  worker_ = std::move(worker);
  connection_ = std::move(connection);
  in_handler_ = true;
  try {
    handler(message, Responder(shared_from_this()));
  } catch (const std::exception& error) {
    // Unwinding has dropped the responder, which answered 500.
    worker_->state().report("Handler of " + std::string(message.path) + " failed: " + error.what());
  }
  in_handler_ = false;
  return std::exchange(early_answer_, std::nullopt);
}

void Exchange::clear() {
  message.clear();
  if (message.head_bytes.capacity() > kHeadBytesKept) std::string().swap(message.head_bytes);
  if (message.decoded_bytes.capacity() > kHeadBytesKept) std::string().swap(message.decoded_bytes);
  parser.reset();
  lease.release();
  worker_.reset();
  connection_.reset();
}

}  // namespace stellwerk::http
