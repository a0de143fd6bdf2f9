/// The REST API of a master: every path, and the headers that every answer carries.
///
/// Make it before the server, give its routes to the router and `decorate` to the server; docs/rest-api.md
/// is its description for users, docs/openapi.yaml the same for programs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/backend.h"
#include "http/client.h"
#include "http/options.h"
#include "http/router.h"

namespace stellwerk::api {

/// May be used from any thread. It ends in this order: stop the server, close() or destroy this, stop
/// the loops of client and master and the threads behind Backend::run_off_thread, destroy the client,
/// and the backend last; requests that are under way meanwhile go on until those loops stop.
class Endpoints {
 public:
  /// For /metrics; may answer nothing, as long as there is no server.
  using Stats = std::function<std::optional<http::ServerStats>()>;

  /// `client` asks other masters; its callbacks must not run on the master's loop, because answers of
  /// several megabytes pass through them.
  Endpoints(Backend& backend, Facts facts, http::Client& client, Stats stats = {});
  /// As close().
  ~Endpoints();
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;

  struct Path {
    http::Method method = http::Method::get;
    std::string pattern;
    http::Handler handler{};
    http::RouteOptions options{};
  };
  /// All of them, as add_to() adds them.
  const std::vector<Path>& paths() const { return paths_; }
  void add_to(http::Router& router) const;

  /// ServerOptions::decorate: Stellwerk-Role, -Epoch, -Leader and -Position as they are at this moment.
  std::function<void(const http::Request&, http::Response&)> decorator() const;

  /// From now on views are compared: for /events, and for the lag of a master without coordination.
  void watch();
  /// Ends the streams of events and the watching; no other master is asked any more, and nothing is
  /// tried again. For good.
  void close();

 private:
  struct Parts;
  void add_health();
  void add_overview();
  void add_jobs();
  void add_writes();
  void add_bundles();
  void add_process();
  void add(http::Method method, std::string pattern, http::Handler handler, http::RouteOptions options = {});

  std::shared_ptr<Parts> parts_;
  std::vector<Path> paths_;
};

}  // namespace stellwerk::api
