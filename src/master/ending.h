/// The end of a cluster: a head that says so is durable; then its files go, `cluster.json` last, and
/// after them every trace in the coordination. Repeatable: whoever reads such a head may finish it.
#pragma once

#include <deque>
#include <string>

#include "master/options.h"
#include "master/protocol.h"

namespace stellwerk::master {

class Ending {
 public:
  Ending(Clocks clocks, std::chrono::milliseconds pause) : begin_at_(clocks.now + pause) {}

  void beat(Clocks clocks, const Options& options, Outbox& out);
  bool on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, const Options& options,
                 Outbox& out);
  bool on_removed(Clocks clocks, OpId op, const Result<void>& result, const Options& options, Outbox& out);
  bool on_erased(Clocks clocks, OpId op, const Result<void>& result, const Options& options, Outbox& out);
  bool done() const { return done_; }

 private:
  void next(Clocks clocks, Outbox& out);
  void retry(Clocks clocks, const std::string& why, const Options& options, Outbox& out);

  Time begin_at_;  ///< other masters get so long to see the head and leave
  OpId op_ = 0;
  bool listed_ = false;
  std::deque<std::string> files_;
  bool done_ = false;
};

}  // namespace stellwerk::master
