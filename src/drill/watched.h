/// Jobs of the drill itself that run all the time on the workers: whose processes must survive the faults of masters,
/// and one that must never run twice at a time.
#pragma once

#include <string>
#include <vector>

#include "drill/clients.h"
#include "drill/round.h"

namespace stellwerk::drill {

class Watched {
 public:
  /// `folder`: on this host, where the at-most-one job keeps lock and log; empty: there is none.
  Watched(cli::Host& host, Clients& clients, std::string folder)
      : host_(host), clients_(clients), folder_(std::move(folder)) {}

  /// So many jobs of one task each, besides the at-most-one job. Blocks until they are accepted. Errors: failed, lost.
  Result<void> submit(int jobs);
  /// All tasks as the leader shows them, once all of them run. Blocks. Errors: failed, lost.
  Result<history::TaskLook> look(World& world);
  /// Adds what the at-most-one job wrote. The answer says why nothing, or not all, is known of it; empty: all is.
  std::string read_once(history::History& into) const;

 private:
  Result<void> submit(const std::string& spec, const std::string& id);
  std::optional<history::TaskSeen> look_at(const Daemon& leader, const std::string& job);

  cli::Host& host_;
  Clients& clients_;
  std::string folder_;
  std::vector<std::string> jobs_;
};

}  // namespace stellwerk::drill
