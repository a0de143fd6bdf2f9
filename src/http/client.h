/// A small HTTP/1.1 client: for the command line, for asking other masters, for passing requests on.
#pragma once

#include <stellwerk/result.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/endpoint.h"
#include "http/message.h"

namespace boost::asio {
class io_context;
}

namespace stellwerk::http {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
  Method method = Method::get;
  /// Path and query; the endpoint's prefix is put in front.
  std::string target = "/";
  /// Besides Host, Content-Length and Connection, which the client sets.
  HeaderList headers{};
  std::string body{};
};

/// Redirects are answers like all others.
struct ClientResponse {
  int status = 0;
  HeaderList headers{};
  std::string body{};

  std::optional<std::string_view> header(std::string_view name) const noexcept;
};

struct ClientOptions {
  /// From the call until connected (names included).
  std::chrono::milliseconds connect_deadline = std::chrono::seconds(3);
  /// From the call until the whole answer is there.
  std::chrono::milliseconds answer_deadline = std::chrono::seconds(30);
  /// Of an answer, in bytes (`rest.client.max-content-length`).
  std::size_t head_bytes_max = 64 * 1024;
  std::size_t body_bytes_max = 104857600;
  /// Calls at a time; one more fails with `unavailable`.
  std::size_t calls_max = 1024;
  /// Connections kept open for later calls, and for how long. 0: none.
  std::size_t idle_per_endpoint_max = 4;
  std::size_t idle_max = 64;
  std::chrono::milliseconds idle_deadline = std::chrono::seconds(20);
};

/// May be used from any thread; callbacks run on the loop of the io_context, exactly once, never from
/// inside the call. The io_context must outlive the client. When the client is destroyed, calls that
/// are under way end as if their deadline had passed.
///
/// Errors of a call:
/// - unavailable: certainly not sent (no such host, refused, not connected in time);
/// - unknown: sent, at least in part, and no whole answer came: it may have had its effect;
/// - invalid: the request itself cannot be sent.
///
/// Only safe methods use kept connections, and only they are tried once more if such a connection
/// turns out to be closed. A request that changes something always has a fresh connection, so that an
/// old one which the server was just closing does not make its outcome unknown.
class Client {
 public:
  using Callback = std::function<void(Result<ClientResponse>)>;
  /// Gives a call up; it ends as if its deadline had passed. From any thread, any number of times.
  using Cancel = std::function<void()>;

  Client(boost::asio::io_context& io, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// `answer_deadline`: instead of the one in the options.
  Cancel send(const Endpoint& to, ClientRequest request, Callback done,
              std::optional<std::chrono::milliseconds> answer_deadline = std::nullopt);

 private:
  struct Shared;
  class Call;
  std::shared_ptr<Shared> shared_;
};

/// One request, blocking: for command lines only. Errors as Client's.
Result<ClientResponse> fetch(const Endpoint& from, ClientRequest request, ClientOptions options = {});

}  // namespace stellwerk::http
