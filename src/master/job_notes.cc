#include "master/job_notes.h"

namespace stellwerk::master {
namespace {

using model::JobState;

const JobState* state_of(const jobs::JobEntry* entry) {
  return entry != nullptr && entry->state ? &*entry->state : nullptr;
}

/// "shop (019f...)"
std::string name_of(std::string_view id, const JobState& job) {
  return job.name.empty() ? "Job " + std::string(id) : "Job " + job.name + " (" + std::string(id) + ')';
}

/// ": count (3/4) on host1: exit code 3", if there is one that `before` does not have yet.
std::string new_failure(const JobState& before, const JobState& after) {
  if (after.failures.empty() || after.failures == before.failures) return {};
  const model::JobFailure& failure = after.failures.back();
  std::string out = ": ";
  if (!failure.task.empty()) out += failure.task + (failure.host.empty() ? "" : " on " + failure.host) + ": ";
  return out + failure.text.substr(0, failure.text.find('\n'));
}

/// Empty: nothing to tell.
std::string story(std::string_view id, const JobState* before, const JobState* after) {
  if (after == nullptr) return {};
  if (before == nullptr && is_terminal(after->status))
    return name_of(id, *after) + " is " + std::string(to_string(after->status)) + '.';
  if (before == nullptr)
    return "Received job " + after->name + " (" + std::string(id) + ") with " + std::to_string(after->tasks) +
           (after->tasks == 1 ? " task." : " tasks.");
  const std::string cause = new_failure(*before, *after);
  if (before->status != after->status)
    return name_of(id, *after) + " switched from state " + std::string(to_string(before->status)) + " to " +
           std::string(to_string(after->status)) + (cause.empty() ? "." : cause);
  if (after->restarts > before->restarts)
    return name_of(id, *after) + " starts tasks anew, restart " + std::to_string(after->restarts) +
           (cause.empty() ? "." : cause);
  return {};
}

}  // namespace

void JobNotes::changed(Time now, std::string_view id, const jobs::JobEntry* before, const jobs::JobEntry* after,
                       Outbox& out) {
  const JobState* const was = state_of(before);
  std::string text = story(id, was, state_of(after));
  if (text.empty()) return;
  beat(now, out);
  if (told_ >= kPerSecondMax) {
    ++counted_;
    return;
  }
  ++told_;
  const bool failed = was != nullptr && !new_failure(*was, *state_of(after)).empty();
  out.note(failed ? NoteLevel::warn : NoteLevel::info, std::move(text));
}

void JobNotes::beat(Time now, Outbox& out) {
  if (now - second_ < std::chrono::seconds(1)) return;
  if (counted_ > 0)
    out.note(NoteLevel::info, std::to_string(counted_) + " more changes of jobs, not told one by one: more than " +
                                  std::to_string(kPerSecondMax) + " in a second.");
  second_ = now;
  told_ = 0;
  counted_ = 0;
}

}  // namespace stellwerk::master
