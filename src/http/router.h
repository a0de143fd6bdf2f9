/// Which handler serves which method and path.
///
/// Filled once at start-up by one thread, then read-only and safe from any thread. It must outlive
/// every request that it matched.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/responder.h"

namespace stellwerk::http {

/// Serves one request. Runs on an HTTP thread, so it must not block; it may keep the responder and
/// answer later from any thread. The request is good until the responder has answered or is dropped.
using Handler = std::function<void(const Request&, Responder)>;

struct RouteOptions {
  /// Limit of the body in bytes; none, or more than that: the server's. A longer one is answered 413 unread.
  std::optional<std::size_t> body_bytes_max;
};

struct Route {
  Handler handler;
  RouteOptions options;
};

class Router {
 public:
  /// What was found for a request. One of: a route, or the methods that the path knows (405), or
  /// neither (404).
  struct Match {
    const Route* route = nullptr;
    /// Of the path, whatever the method: "GET, HEAD, OPTIONS"; empty if there is no such path.
    std::string allow;
  };

  /// `prefix`: the path below which everything is served (`rest.url-prefix`), "/" for none.
  explicit Router(std::string_view prefix = "/");
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// Adds a route. `pattern`: "/jobs/:jobid/config"; a segment `:name` matches any one segment, a
  /// literal one wins over it, for all methods. Each is also served below /v1. GET serves HEAD too; OPTIONS is
  /// answered by the server. The same method and pattern twice is a bug.
  void add(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});

  /// Finds the route and sets the request's params.
  Match match(Request& request) const;

 private:
  struct Node;
  std::vector<std::string> prefix_;
  std::unique_ptr<Node> root_;
};

}  // namespace stellwerk::http
