/// The end of a drill: its jobs are ended, and every master is asked once more what there is.
#pragma once

#include <string>
#include <vector>

#include "cli/host.h"
#include "drill/clients.h"

namespace stellwerk::drill {

/// Within this time nobody answers, or something does not end: then it never will.
inline constexpr cli::Milliseconds kEndMax = std::chrono::seconds(60);

/// Once the clients have stopped. Used by the thread that has started them.
class Ending {
 public:
  Ending(cli::Host& host, Clients& clients, std::vector<http::Endpoint> masters)
      : host_(host), clients_(clients), masters_(std::move(masters)), newest_(clients.newest()) {}

  /// Cancels every job of ours that is not known to end, the newest first. Where nobody answers any more it gives up
  /// soon. Blocks for kEndMax at most.
  void cancel_jobs(bool also_after_interrupt);
  /// Waits until all of them have ended, and then for a list of each master that is no older than the newest answer.
  /// What did not come, in one sentence; empty: all did, or Ctrl-C.
  std::string look_at_all();

 private:
  std::string await_ends(const std::vector<JobAsked>& jobs);
  std::string list_of_each();
  history::Call ask(Wish wish, std::size_t master);

  cli::Host& host_;
  Clients& clients_;
  const std::vector<http::Endpoint> masters_;
  std::size_t asked_ = 0;                  ///< the master that answers, as far as known
  std::optional<model::Position> newest_;  ///< that an answer bore
};

/// The first of `jobs` that a list shows alive; empty: none.
std::string living(const std::vector<JobAsked>& jobs, const history::Call& list);

}  // namespace stellwerk::drill
