/// Takes workers' connections.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/ports.h"
#include "link/link.h"

namespace stellwerk::http {
class Listener;
}

namespace stellwerk::websocket {

struct ListenerOptions {
  std::vector<std::string> addresses;
  std::vector<http::PortRange> ports;
  std::string ports_key;  ///< that `ports` came from, for messages
  /// Connections that have not become WebSockets yet. For one more the oldest is closed once it has had greeting_min;
  /// until then others wait in the kernel: where all workers of a cluster come at once, the next leader's processor is
  /// what they wait for, and who was turned away would only come again.
  std::size_t greetings_max = 1024;
  std::chrono::milliseconds greeting_min{1000};
  /// Told, one sentence each, what an operator should see.
  std::function<void(std::string_view)> report;
};

/// What is posted here instead of a connection: the last word about a worker, by who survived it.
struct Post {
  std::string target;
  std::string body;
};
struct PostAnswer {
  unsigned status = 200;
  std::string text;
};

/// What is fetched here: a file of the cluster's, for workers.
struct Get {
  std::string target;
};
struct GetAnswer {
  unsigned status = 200;
  /// The file; null: `text` is the answer. Shared, because it is large and several may want it.
  std::shared_ptr<const std::string> file;
  std::string text;
};

/// On one loop, as all its links. Whoever asks for anything but a WebSocket is answered 426, but for a POST if somebody
/// takes those, and for a GET that is no upgrade; a browser 403: pages must not speak for workers.
class WebSocketListener {
 public:
  using OnLink = std::function<void(std::unique_ptr<link::Link>)>;
  /// `answer` may be called once, later too, within kGreetingMax; it outlives the listener.
  using OnPost = std::function<void(Post post, std::function<void(PostAnswer)> answer)>;
  /// The same for a GET.
  using OnGet = std::function<void(Get get, std::function<void(GetAnswer)> answer)>;
  /// Whoever fetches a file has so long from the answer's begin to its end.
  static constexpr std::chrono::minutes kDownloadMax{5};
  /// In answers that say "later" (503).
  static constexpr std::chrono::seconds kRetryAfter{1};
  /// From the connection to the end of the handshake, or of an answer.
  static constexpr std::chrono::seconds kGreetingMax{5};
  /// Largest body of a POST.
  static constexpr std::size_t kPostBytesMax = 16 * 1024;

  /// Errors: as http::Listener::open.
  static Result<std::unique_ptr<WebSocketListener>> open(boost::asio::io_context& io, ListenerOptions options);
  ~WebSocketListener();

  std::uint16_t port() const;
  /// Begins to accept. Without `on_post` a POST is answered 426 too, without `on_get` a GET.
  void start(OnLink on_link, OnPost on_post = {}, OnGet on_get = {});

 private:
  struct State;
  WebSocketListener(boost::asio::io_context& io, std::unique_ptr<http::Listener> sockets, ListenerOptions options);

  boost::asio::io_context& io_;
  const ListenerOptions options_;
  std::unique_ptr<http::Listener> sockets_;
  std::shared_ptr<State> state_;
};

}  // namespace stellwerk::websocket
