#include "journal/commit.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"

namespace stellwerk::journal {
namespace {

using namespace std::chrono_literals;
constexpr Duration kBackoffFirst = 50ms;
constexpr Duration kBackoffMax = 2s;

}  // namespace

Commit::Commit(CommitPlan plan, CommitSafeguards safeguards) : plan_(std::move(plan)), safeguards_(safeguards) {}

CommitStep Commit::start() {
  if (plan_.segment && safeguards_.segment_before_head) return enter(CommitStep::put_segment);
  return enter(CommitStep::write_head);
}

CommitStep Commit::enter(CommitStep step) {
  phase_ = step;
  if (step == CommitStep::write_head) head_in_play_ = true;
  return step;
}

CommitStep Commit::pause(CommitStep then) {
  backoff_ = backoff_ == Duration{} ? kBackoffFirst : std::min(backoff_ * 2, kBackoffMax);
  after_pause_ = then;
  return enter(CommitStep::wait);
}

CommitStep Commit::finish(CommitResult result, Fate fate, Error why) {
  end_.result = result;
  end_.fate = fate;
  end_.why = std::move(why);
  return enter(CommitStep::finished);
}

CommitStep Commit::on_wake() {
  STELLWERK_ASSERT(phase_ == CommitStep::wait, "a commit is woken only while it waits");
  return enter(after_pause_);
}

bool Commit::on_coordination_back() {
  if (phase_ != CommitStep::wait || after_pause_ == CommitStep::put_segment) return false;
  backoff_ = {};
  return true;
}

CommitStep Commit::on_put(const PutResult& result) {
  STELLWERK_ASSERT(phase_ == CommitStep::put_segment, "a put's result without a put");
  ++put_tries_;
  switch (result.outcome) {
    case PutOutcome::ok:
      put_unknown_ = false;
      backoff_ = {};
      if (settling_only_) return finish(CommitResult::deposed, Fate::nothing);
      return enter(CommitStep::write_head);
    case PutOutcome::exists:
      if (!safeguards_.refuse_foreign_bytes) return enter(CommitStep::write_head);
      // Nobody but this epoch chooses this name: the epoch was used twice, or the register set back.
      return finish(CommitResult::deposed, Fate::nothing, result.error);
    case PutOutcome::not_done:
      return finish(put_unknown_ ? CommitResult::tainted : CommitResult::not_done, Fate::nothing, result.error);
    case PutOutcome::unknown:
      put_unknown_ = true;
      if (settling_only_) return finish(CommitResult::deposed, Fate::nothing, result.error);
      if (put_tries_ >= kPutTriesMax) return finish(CommitResult::tainted, Fate::nothing, result.error);
      return pause(CommitStep::put_segment);
  }
  return finish(CommitResult::tainted, Fate::nothing, result.error);
}

CommitStep Commit::on_write(const WriteResult& result) {
  STELLWERK_ASSERT(phase_ == CommitStep::write_head, "a write's result without a write");
  guard_failed_ = false;
  switch (result.outcome) {
    case WriteOutcome::ok: end_.version = result.version; return finish(CommitResult::committed, Fate::durable);
    case WriteOutcome::not_sent: return pause(settling_only_ ? CommitStep::read_head : CommitStep::write_head);
    case WriteOutcome::mismatch: guard_failed_ = true; return enter(CommitStep::read_head);
    case WriteOutcome::lost: session_lost_ = true; return enter(CommitStep::read_head);
    case WriteOutcome::unknown:
      if (!safeguards_.read_after_unknown) return finish(CommitResult::committed, Fate::durable);
      return enter(CommitStep::read_head);
  }
  return enter(CommitStep::read_head);
}

CommitStep Commit::on_read(const Result<HeadReading>& reading) {
  STELLWERK_ASSERT(phase_ == CommitStep::read_head, "a reading without a read");
  if (reading.has_error()) return pause(CommitStep::read_head);
  return settle(*reading);
}

CommitStep Commit::settle(const HeadReading& reading) {
  end_.version = reading.version;
  if (!reading.bytes) {
    // Creating a head and finding none: the compare can only have been refused for our candidate.
    if (!plan_.expected.absent()) return finish(CommitResult::head_gone, Fate::unknown);
  } else {
    const auto head = model::decode_head(*reading.bytes);
    if (head.has_error()) return finish(CommitResult::deposed, Fate::unknown, head.error());
    const bool ours = safeguards_.settle_by_stamp ? head->stamp == plan_.next.stamp : head->seq == plan_.next.seq;
    if (ours) return finish(CommitResult::committed, Fate::durable);
    if (reading.version != plan_.expected) return finish(CommitResult::deposed, fate_in(*head));
  }
  // The version is the one we expected: our write has not happened.
  if (guard_failed_) return finish(CommitResult::deposed, Fate::nothing);
  if (session_lost_ || settling_only_) return finish(CommitResult::deposed, Fate::unknown);
  return pause(CommitStep::write_head);
}

Fate Commit::fate_in(const model::Head& head) const {
  if (!plan_.segment) return Fate::nothing;
  // A head that is not of a later epoch was set there by hand or from a copy: it proves nothing.
  if (head.cluster != plan_.next.cluster || head.epoch <= plan_.next.epoch) return Fate::unknown;
  const auto& at = *plan_.segment;
  if (head.seq < at.seq) return Fate::nothing;
  const auto epoch = head.epoch_at(at.seq);
  if (!epoch) return Fate::unknown;
  return *epoch == at.epoch ? Fate::durable : Fate::nothing;
}

CommitStep Commit::only_settle() {
  settling_only_ = true;
  if (phase_ == CommitStep::finished) return phase_;
  if (!head_in_play_) return finish(CommitResult::deposed, Fate::nothing);
  if (phase_ == CommitStep::wait) after_pause_ = CommitStep::read_head;
  return phase_;
}

}  // namespace stellwerk::journal
