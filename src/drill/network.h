/// A network of a drill's own: each daemon in a network namespace, all of them around the drill's, which passes packets
/// on unless they are cut. The host's network is not touched, and nothing is left of it when the drill ends.
#pragma once

#include <stellwerk/result.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"

namespace stellwerk::drill {

/// Used by one thread: the one that starts the daemons, whose own network namespace it replaces.
class Network {
 public:
  struct Place {
    std::string address{};  ///< numeric
    int entry = -1;         ///< for Child::Command; the network's
  };

  /// Needs the rights of root and `ip` of iproute2. `folder` exists; what ip says is written there. Errors: failed,
  /// with what lacks.
  static Result<Network> make(const std::string& folder);

  /// One more; kPlacesMax at most. Errors: failed.
  Result<Place> add();
  /// Calls `act` on this thread, which stands in that place meanwhile.
  void within(int entry, const std::function<void()>& act);
  /// Packets from one place to another are lost from now on, without a word to anybody. Errors: failed.
  Result<void> cut(const std::string& from, const std::string& to);
  /// Errors: failed; then some still are lost.
  Result<void> heal();

 private:
  explicit Network(std::string folder, std::string ip) : folder_(std::move(folder)), ip_(std::move(ip)) {}
  Result<void> run(const std::string& commands, int entry);

  std::string folder_;
  std::string ip_;
  FileDescriptor middle_;  ///< the drill's own namespace
  std::vector<FileDescriptor> entries_;
  std::vector<std::pair<std::string, std::string>> cuts_;
};

}  // namespace stellwerk::drill
