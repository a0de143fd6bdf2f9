#include "history/history.h"

#include <cstdio>

namespace stellwerk::history {
namespace {

std::string seconds(Micros at) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(at) / 1e6);
  return text;
}

std::string what(const Call& call) {
  switch (call.action) {
    case Action::submit: return "to take " + call.job;
    case Action::cancel: return "to cancel " + call.job;
    case Action::read_job: return "about " + call.job;
    case Action::list_jobs: return "for all jobs";
  }
  return "";
}

}  // namespace

Outcome outcome_of(int status) noexcept {
  if (status >= 200 && status < 300) return Outcome::done;
  if (status == 404) return Outcome::not_found;
  if (status == 503) return Outcome::nothing;
  if ((status >= 400 && status < 500) || status == 507) return Outcome::refused;
  return Outcome::unknown;
}

std::string describe(const Call& call) {
  std::string out = "client " + std::to_string(call.client) + " asked " + call.master + ' ' + what(call) + " (" +
                    seconds(call.invoked) + " to " + seconds(call.answered) + " s): ";
  out += call.status != 0 ? std::to_string(call.status) : call.outcome == Outcome::nothing ? "not sent" : "no answer";
  if (call.position) out += " at " + to_string(*call.position);
  if (call.at_least) out += ", at least " + to_string(*call.at_least);
  return out;
}

}  // namespace stellwerk::history
