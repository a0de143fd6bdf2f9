/// A wait for the end of a job, told step by step, and what is made of it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "cli/attach.h"

namespace stellwerk::cli::attach {

inline constexpr Milliseconds kPatience = std::chrono::seconds(60);

inline std::string in_words(const Next& next) {
  if (const auto* end = std::get_if<End>(&next)) return "exit " + std::to_string(end->exit_code);
  if (std::holds_alternative<AskPerson>(next)) return "ask";
  if (std::holds_alternative<CancelJob>(next)) return "cancel";
  const auto& look = std::get<LookNext>(next);
  const std::string what = look.what == Look::job ? "job" : look.what == Look::status ? "status" : "cause";
  return what + (look.pause.count() > 0 ? " in " + std::to_string(look.pause.count()) : "");
}

/// A wait, written down: what is told, step by step, and what it makes of that. Pauses pass as if waited.
class Transcript {
 public:
  explicit Transcript(Show show = Show::plain)
      : core_({JobId::parse("0123456789abcdef0123456789abcdef").value(), show, kPatience, "stellwerk cancel 0123"}) {
    write(core_.begin(now_));
  }

  void told(Event event) {
    if (const auto* look = std::get_if<LookNext>(&next_)) now_ += look->pause;
    now_ += event.took;
    write(core_.step(now_, event));
  }
  void job(const std::string& state, AnswerOrigin origin = {}) { told({.what = seen(state), .origin = origin}); }
  void job(JobDetails details) { told({.what = JobSeen{std::move(details)}}); }
  void cause(JobFailureLine failure) { told({.what = CauseSeen{std::move(failure)}}); }
  void away() { told({.what = NoAnswer{"No master answers at http://h:1", false}}); }
  void refused() { told({.what = NoAnswer{"Job not found", true}}); }
  void person(const std::string& line) { told({.what = Replied{line, false}}); }
  /// The same thing, told until this much time has passed; what it makes of it is not written down until the end.
  void during(Milliseconds time, const std::function<void()>& tell) {
    const std::string before = take();
    std::string last;
    for (const Milliseconds end = now_ + time; now_ < end;) {
      tell();
      said_ += trace_.substr(0, trace_.rfind("> "));
      last = take();
    }
    trace_ = before + std::exchange(said_, "") + last.substr(last.rfind("> "));
  }

  Milliseconds now() const { return now_; }
  const Next& next() const { return next_; }
  /// What was made of it since the last time: "o " stdout, "e " stderr, "= " the terminal's last line, "> " what is
  /// next.
  std::string take() { return std::exchange(trace_, ""); }

  static JobSeen seen(const std::string& state) {
    JobDetails details;
    details.state = state;
    details.duration_ms = 1234;
    return {details};
  }

 private:
  void write(const Step& step) {
    write_lines("o ", step.out);
    write_lines("e ", step.err);
    if (!step.progress.empty()) trace_ += "= " + step.progress + '\n';
    trace_ += "> " + in_words(step.next) + '\n';
    next_ = step.next;
  }
  void write_lines(const std::string& mark, const std::string& text) {
    EXPECT_TRUE(text.empty() || text.ends_with('\n')) << text;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      trace_ += mark + text.substr(at, end - at) + '\n';
      at = end + 1;
    }
  }

  Core core_;
  Milliseconds now_{1'000'000};
  Next next_{};
  std::string trace_;
  std::string said_;
};

inline JobDetails waiting_for(std::int64_t needed, std::int64_t free, const std::string& state = "CREATED") {
  JobDetails job = Transcript::seen(state).job;
  job.waiting = SlotsWanted{needed, free, 8};
  return job;
}

}  // namespace stellwerk::cli::attach
