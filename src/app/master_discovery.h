/// Where masters take workers: asked of their REST ports, for a worker that knows none or found no leader.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

#include "http/client.h"
#include "worker/protocol.h"

namespace stellwerk::app {

/// Most bytes of a master's /status that are read.
inline constexpr std::size_t kStatusBytesMax = std::size_t{4} << 20;

/// On the loop of `client`, which outlives it.
class MasterDiscovery {
 public:
  using Done = std::function<void(worker::event::Found)>;
  /// A master that has not answered then is left out.
  static constexpr std::chrono::milliseconds kAnswerMax{2000};

  MasterDiscovery(http::Client& client, std::vector<http::Endpoint> masters)
      : client_(client), masters_(std::move(masters)) {}

  /// Asks all at once; calls back once, never from inside the call, as soon as one names the leader, else when all have
  /// answered. When the client goes, so do the calls back.
  void find(Done done);

 private:
  struct Search;
  http::Client& client_;
  const std::vector<http::Endpoint> masters_;
};

}  // namespace stellwerk::app
