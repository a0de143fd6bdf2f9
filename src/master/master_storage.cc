#include "journal/replay.h"
#include "master/master.h"

/// What a master learns of its storage: how quickly it answers, and whether it still holds what was put there.
namespace stellwerk::master {
namespace {

/// Of the operation that has ended; 0: the event is another.
OpId ended_op(const Event& event) {
  return std::visit(
      [](const auto& e) -> OpId {
        if constexpr (requires { e.op; })
          return e.op;
        else
          return 0;
      },
      event);
}

std::string in_seconds(Duration time) {
  const auto tenths = time / std::chrono::milliseconds(100);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

void Master::hear_storage(Clocks clocks, const Event& event) {
  pace_.answered(clocks.now, ended_op(event));
  if (std::holds_alternative<event::Beat>(event)) pace_.beat(clocks.now);
  const Duration patience = pace_.patience(clocks.now, options_.limits.sick_after);
  standing_.set_patience(patience);
  if (leader_) leader_->set_patience(patience);
}

void Master::tell_storage(Clocks clocks) {
  if (pace_.take_changed()) dirty_ = true;
  const Duration longest = pace_.times().longest(clocks.now);
  const bool slow = longest > kSlowAnswer;
  if (!slow && told_slow_) out_.note(NoteLevel::info, options_.storage + " answers within a second again");
  if (slow && (!told_slow_ || clocks.now >= tell_slow_at_)) {
    out_.note(NoteLevel::warn, options_.storage + " is slow: one answer takes " + in_seconds(longest) +
                                   "; changes are written at its pace");
    tell_slow_at_ = clocks.now + options_.limits.tell_again_after;
  }
  told_slow_ = slow;
}

/// Who holds the state in memory can make good what storage has lost; whoever has to read it could not.
void Master::look_for_holes() {
  const std::string& hole = standing_.hole();
  if (!leader_ || hole.empty()) return;
  for (const auto& file : journal::plan_replay(leader_->head(), std::nullopt).files)
    if (journal::name_of(file) == hole) return leader_->write_anew(hole);
}

}  // namespace stellwerk::master
