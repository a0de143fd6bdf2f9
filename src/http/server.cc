#include "http/server.h"

#include <algorithm>
#include <future>
#include <vector>

#include "http/connection.h"
#include "http/listener.h"
#include "http/worker.h"

namespace stellwerk::http {
namespace {

/// Threads at most, whatever is configured.
constexpr unsigned kThreadsMax = 256;

}  // namespace

struct Server::Impl {
  std::shared_ptr<ServerState> state;
  std::vector<std::shared_ptr<Worker>> workers;
  std::unique_ptr<Listener> listener;
  /// The worker that gets the next connection. Only on the first worker's thread.
  std::size_t next = 0;
  bool stopped = false;

  bool on_socket(Listener::Socket socket) {
    Worker& worker = *workers[next];
    next = (next + 1) % workers.size();
    ++state->connections_accepted;
    const std::size_t now = ++state->connections;
    worker.post([w = &worker, s = std::move(socket)]() mutable { w->adopt(std::move(s)); });
    return now < state->options.connections_max + state->options.refused_at_once_max;
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, std::shared_ptr<const Router> router) {
  auto impl = std::make_unique<Impl>();
  impl->state = std::make_shared<ServerState>(std::move(options), std::move(router));
  const ServerOptions& o = impl->state->options;
  for (unsigned i = 0; i < std::clamp(o.threads, 1U, kThreadsMax); ++i)
    impl->workers.push_back(std::make_shared<Worker>(impl->state));
  auto listener = Listener::open(impl->workers.front()->io(), o);
  if (listener.has_error()) return listener.error();
  impl->listener = std::move(*listener);
  for (const auto& worker : impl->workers) worker->start();
  impl->workers.front()->post([i = impl.get()] {
    i->listener->start([i]() -> boost::asio::io_context& { return i->workers[i->next]->io(); },
                       [i](Listener::Socket socket) { return i->on_socket(std::move(socket)); },
                       [i](std::string_view sentence) { i->state->report(sentence); });
  });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

std::uint16_t Server::port() const noexcept {
  return impl_->listener->port();
}

void Server::close_gate() {
  if (impl_->state->gate_closed.exchange(true)) return;
  for (const auto& worker : impl_->workers) worker->post([w = worker.get()] { w->on_gate_closed(); });
}

bool Server::stop(std::chrono::milliseconds drain) {
  if (impl_->stopped) return true;
  impl_->stopped = true;
  close_gate();
  const bool drained = impl_->state->wait_drained(drain);
  // Before any loop ends: the acceptors belong to the first one, what they accept to the others.
  std::promise<void> closed;
  impl_->workers.front()->post([this, &closed] { impl_->listener->close([&closed] { closed.set_value(); }); });
  closed.get_future().wait();
  for (const auto& worker : impl_->workers) worker->stop();
  return drained;
}

ServerStats Server::stats() const {
  const ServerState& s = *impl_->state;
  ServerStats out;
  out.connections = s.connections;
  out.connections_accepted = s.connections_accepted;
  out.connections_refused = s.connections_refused;
  out.requests = s.requests;
  out.bad_requests = s.bad_requests;
  out.handler_deadlines = s.handler_deadlines;
  out.active = s.active();
  out.body_bytes = s.body_bytes;
  out.connections_dropped = s.connections_dropped;
  out.answer_bytes = s.answer_bytes;
  out.readers_dropped = s.readers_dropped;
  return out;
}

}  // namespace stellwerk::http
