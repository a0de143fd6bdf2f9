/// Finds out what became of a commit that was under way when its leader ended, and tells its callers
/// by their deadlines. It changes nothing: it only reads the head.
#pragma once

#include <vector>

#include "journal/commit.h"
#include "master/protocol.h"

namespace stellwerk::master {

/// A caller of the batch in flight, with the answer it gets if the batch is durable.
struct SettlingCaller {
  Ticket ticket = 0;
  Time deadline;
  jobs::Reply reply;
};

class Settler {
 public:
  /// Nothing to settle.
  Settler() = default;
  /// `op` is the operation that the commit waits for, if any.
  Settler(journal::Commit commit, OpId op, std::vector<SettlingCaller> callers);

  void begin(Clocks clocks, Outbox& out);
  void beat(Clocks clocks, Outbox& out);
  /// What waited for a connection goes on at once.
  void on_coordination_back(Clocks clocks, Outbox& out);
  bool on_head_read(Clocks clocks, OpId op, const Result<HeadReading>& result, Outbox& out);
  bool on_head_written(Clocks clocks, OpId op, const WriteResult& result, Outbox& out);
  bool done() const { return callers_.empty(); }

 private:
  void perform(Clocks clocks, journal::CommitStep step, Outbox& out);
  void finish(const journal::CommitEnd& end, Outbox& out);

  std::optional<journal::Commit> commit_;
  OpId op_ = 0;
  Time wake_at_{};
  bool waiting_ = false;
  std::vector<SettlingCaller> callers_;
};

/// The answer for a change of this fate; `durable` is what it would have been told.
jobs::Reply reply_for(journal::Fate fate, jobs::Reply durable, const std::string& why);

}  // namespace stellwerk::master
