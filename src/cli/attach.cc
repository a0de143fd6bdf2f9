#include "cli/attach.h"

#include <algorithm>

#include "cli/exit_codes.h"
#include "cli/time_left.h"
#include "http/message.h"

namespace stellwerk::cli::attach {
namespace {

std::string lack_text(const JobDetails& job) {
  return job.waiting ? job.waiting->text() : "waits for free slots of workers";
}

bool says_why(const JobFailureLine* failure) {
  return failure != nullptr && !failure->text.empty();
}

std::string sentence(std::string text) {
  return text + (text.ends_with('.') ? "\n" : ".\n");
}

}  // namespace

Step Core::begin(Milliseconds now) {
  busy_since_ = now;
  step_ = {};
  look(Look::job);
  return std::move(step_);
}

Step Core::step(Milliseconds now, const Event& event) {
  step_ = {};
  see_origin(event.origin);
  std::visit([&](const auto& what) { on(now, what, event); }, event.what);
  if (options_.show == Show::terminal && std::holds_alternative<LookNext>(step_.next)) step_.progress = progress();
  return std::move(step_);
}

// ---- what has happened ----

void Core::on(Milliseconds now, const JobSeen& seen, const Event& event) {
  away_since_.reset();
  const bool restarted = see_restart(seen.job);
  job_ = seen.job;
  see_state(job_.state);
  const auto status = model::parse_job_status(job_.state);
  if (status && model::is_terminal(*status)) return see_end(*status);
  see_lack(now, job_);
  if (restarted) return look(Look::cause);
  look_later(now, event.took);
}

void Core::on(Milliseconds now, const StatusSeen& seen, const Event& event) {
  away_since_.reset();
  see_state(seen.status);
  const auto status = model::parse_job_status(seen.status);
  if (!status || !model::is_terminal(*status)) return look_later(now, event.took);
  job_.duration_ms = -1;
  see_end(*status);
}

void Core::on(Milliseconds now, const CauseSeen& seen, const Event& event) {
  away_since_.reset();
  if (ended_) return tell_end(&seen.failure);
  tell_restart(now, &seen.failure);
  look_later(now, event.took);
}

void Core::on(Milliseconds now, const NoAnswer& seen, const Event&) {
  const bool first = !away_since_;
  if (first) away_since_ = now;
  if (first) away_said_ = false;
  const Milliseconds away = now - *away_since_;
  if (seen.refused || away >= options_.patience) {
    away_since_.reset();
    if (look_ == Look::job && seen.refused) return look(Look::status);
    if (look_ == Look::cause && ended_) return tell_end(nullptr);
    if (look_ == Look::cause) {
      tell_restart(now, nullptr);
      return look_later(now, {});
    }
    step_.err += sentence("Job " + options_.job.text() + " was submitted; its end is unknown: " + seen.text);
    step_.next = End{kExitUnknown};
    return;
  }
  if (!away_said_ && away >= kSayAwayAfter) {
    step_.err += seen.text + "; trying again for " + time_left(options_.patience - away) + " at most.\n";
    away_said_ = true;
  }
  away_pause_ = first ? kAwayLeast : std::min(away_pause_ * 2, kAwayMost);
  look(look_, std::min(away_pause_, options_.patience - away));
}

void Core::on(Milliseconds, const Interrupted& signal, const Event&) {
  if (ended_) return tell_end(nullptr);
  if (options_.show == Show::terminal && !signal.asked_to_end) {
    step_.next = AskPerson{};
    return;
  }
  detach();
}

void Core::on(Milliseconds now, const Replied& reply, const Event&) {
  const char letter = reply.line.empty() ? 'g' : reply.line.front();
  if (reply.gone || letter == 'd' || letter == 'D') return detach();
  if (letter == 'c' || letter == 'C') {
    step_.next = CancelJob{};
  } else if (letter == 'g' || letter == 'G') {
    busy_since_ = now;
    look(look_);
  } else {
    step_.next = AskPerson{};
  }
}

void Core::on(Milliseconds now, const CancelSaid& said, const Event&) {
  if (said.refusal.empty())
    step_.err += "Cancelling job " + options_.job.text() + ".\n";
  else
    step_.err += sentence("Could not cancel job " + options_.job.text() + ": " + said.refusal);
  busy_since_ = now;
  look(look_);
}

// ---- what it means ----

void Core::see_origin(const AnswerOrigin& origin) {
  if (origin.epoch == 0) return;
  const bool changed = origin_.epoch != 0 && origin.epoch > origin_.epoch && !origin.leader.empty();
  if (changed)
    step_.err += "The leader changed: " + origin.leader + " leads since epoch " + std::to_string(origin.epoch) + ".\n";
  origin_.stale = origin.stale;
  // Until it is known who leads, an epoch is only half of the news; and one that answers may be behind the others.
  if (changed || (origin_.epoch == 0 && !origin.leader.empty())) {
    origin_.epoch = origin.epoch;
    origin_.leader = origin.leader;
  }
}

void Core::see_state(const std::string& state) {
  if (state == state_) return;
  state_ = state;
  const auto status = model::parse_job_status(state);
  // How it ended is said in other words.
  if (status && model::is_terminal(*status)) return;
  if (options_.show == Show::plain) step_.out += "Job execution switched to status " + state + ".\n";
}

void Core::see_lack(Milliseconds now, const JobDetails& job) {
  if (!job.waiting && job.state != "CREATED") {
    lacks_since_.reset();
    lack_said_.clear();
    return;
  }
  if (!lacks_since_) lacks_since_ = now;
  // A terminal shows it anyway.
  if (options_.show == Show::terminal || now - *lacks_since_ < kSayLackAfter) return;
  const std::string text = "The job is " + job.state + ": it " + lack_text(job) + ".\n";
  if (text == lack_said_ || (lack_said_at_ && now - *lack_said_at_ < kSayLackEvery)) return;
  step_.err += text;
  lack_said_ = text;
  lack_said_at_ = now;
}

bool Core::see_restart(const JobDetails& job) {
  return job.restarting_ms > job_.restarting_ms || (job.state == "RESTARTING" && state_ != "RESTARTING");
}

void Core::see_end(model::JobStatus status) {
  ended_ = status;
  if (status == model::JobStatus::failed) return look(Look::cause);
  tell_end(nullptr);
}

void Core::tell_restart(Milliseconds now, const JobFailureLine* failure) {
  // A failure is journalled together with the restart that it leads to.
  const bool its_cause = says_why(failure) && failure->at_ms >= job_.restarting_ms;
  const std::string cause = its_cause            ? failure->cause()
                            : failure != nullptr ? std::string("a worker was lost or left")
                                                 : std::string("its cause is not known");
  if (cause == cause_said_ && now - cause_said_at_ < kSaySameCauseEvery) return;
  step_.err += sentence("The job restarts: " + cause);
  cause_said_ = cause;
  cause_said_at_ = now;
}

void Core::tell_end(const JobFailureLine* failure) {
  const std::string id = options_.job.text();
  if (options_.show == Show::json) {
    step_.out += "{\"jobid\":\"" + id + "\",\"status\":\"" + std::string(model::to_string(*ended_)) +
                 "\",\"runtime-ms\":" + std::to_string(job_.duration_ms);
    if (says_why(failure)) step_.out += ",\"cause\":\"" + http::json_escape(failure->cause()) + '"';
    step_.out += "}\n";
  }
  if (*ended_ == model::JobStatus::finished) {
    step_.next = End{kExitDone};
    if (options_.show == Show::json) return;
    step_.out += "Program execution finished\nJob with JobID " + id + " has finished.\n";
    if (job_.duration_ms >= 0) step_.out += "Job Runtime: " + std::to_string(job_.duration_ms) + " ms\n";
    return;
  }
  if (*ended_ == model::JobStatus::canceled) {
    step_.err += "Job with JobID " + id + " was cancelled.\n";
    step_.next = End{kExitJobCanceled};
    return;
  }
  step_.err += sentence("Job with JobID " + id + " has failed" + (says_why(failure) ? ": " + failure->cause() : ""));
  if (failure != nullptr)
    for (const std::string& line : failure->more) step_.err += "  " + line + '\n';
  step_.next = End{kExitJobFailed};
}

void Core::detach() {
  const std::string id = options_.job.text();
  if (options_.show == Show::json) step_.out += "{\"jobid\":\"" + id + "\"}\n";
  step_.err += "Detached; job " + id + " goes on. To end it: " + options_.cancel_command + "\n";
  step_.next = End{kExitInterrupted};
}

// ---- what is next ----

void Core::look(Look what, Milliseconds pause) {
  look_ = what;
  step_.next = LookNext{what, pause};
}

void Core::look_later(Milliseconds now, Milliseconds took) {
  const Milliseconds busy = now - busy_since_;
  const Milliseconds pause = busy < kBeginning ? kLookAtFirst : busy < kSettled ? kLookSoon : kLookLater;
  look(Look::job, std::max(pause, std::min(took * kRestPerWork, kRestMost)));
}

std::string Core::progress() const {
  std::string out = state_;
  for (const VertexLine& vertex : job_.vertices)
    out += "  " + vertex.name + ' ' + std::to_string(vertex.running + vertex.finished) + '/' +
           std::to_string(vertex.parallelism);
  if (away_since_) return out + "  (no master answers)";
  if (lacks_since_) out += "  (" + lack_text(job_) + ')';
  if (origin_.stale) out += "  (the leader does not answer)";
  return out;
}

}  // namespace stellwerk::cli::attach
