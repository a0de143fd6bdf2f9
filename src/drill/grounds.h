/// What a cluster of the drill's own stands on besides folders and ports: as far as this host permits it.
#pragma once

#include <optional>
#include <string>

#include "drill/disk.h"
#include "drill/network.h"

namespace stellwerk::drill {

/// Each either is there, or the sentence says why not, in words that follow "because".
struct Grounds {
  struct Wanted {
    bool containers = false;
    bool disk = false;
    bool network = false;
  };
  /// Changes the namespaces of the calling thread: it starts all daemons and clients then. `folder` is the drill's.
  static Grounds prepare(const std::string& folder, const Wanted& wanted);

  bool containers = false;  ///< masters run in pid namespaces of their own
  std::string no_containers{};
  std::optional<Disk> disk{};
  std::string no_disk{};
  std::optional<Network> network{};
  std::string no_network{};
};

}  // namespace stellwerk::drill
