/// An attached `run`: what each answer about its job means for whoever waits for it. Pure: it knows no clock, network
/// or terminal, only what it is told; cli/follow.h performs what it decides.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "cli/answers.h"
#include "cli/host.h"
#include "model/job.h"

namespace stellwerk::cli::attach {

/// What can be asked about the job.
enum class Look {
  job,     ///< `/jobs/:id`
  status,  ///< `/jobs/:id/status`, which is known for longer
  cause,   ///< `/jobs/:id/exceptions`
};

/// Who answered, as the answer's headers say.
struct AnswerOrigin {
  std::int64_t epoch = 0;  ///< 0: not said
  std::string leader{};    ///< URL; empty: nobody is known to lead
  bool stale = false;      ///< the leader did not answer: tasks as they are journalled
};

/// Between two looks: at first, while things begin, and once it has taken as long as kBeginning and kSettled. At least
/// kRestPerWork times what the last look took, up to kRestMost, so that a slow cluster or a large job costs less.
inline constexpr Milliseconds kLookAtFirst{100};
inline constexpr Milliseconds kLookSoon{500};
inline constexpr Milliseconds kLookLater{1'000};
inline constexpr Milliseconds kBeginning = std::chrono::seconds(2);
inline constexpr Milliseconds kSettled = std::chrono::minutes(1);
inline constexpr int kRestPerWork = 2;
inline constexpr Milliseconds kRestMost = std::chrono::seconds(5);
/// Between two looks while nobody answers: doubling from the first to the second.
inline constexpr Milliseconds kAwayLeast{100};
inline constexpr Milliseconds kAwayMost = std::chrono::seconds(2);
/// How long nobody may answer before that is said: a takeover takes less.
inline constexpr Milliseconds kSayAwayAfter = std::chrono::seconds(1);
/// How long a job may lack slots before a line says so, and how long until the next line if the numbers change.
inline constexpr Milliseconds kSayLackAfter = std::chrono::seconds(3);
inline constexpr Milliseconds kSayLackEvery = std::chrono::seconds(30);
/// A job that restarts for the same cause again and again says so once in this time.
inline constexpr Milliseconds kSaySameCauseEvery = std::chrono::seconds(10);

enum class Show { terminal, plain, json };
struct Options {
  JobId job{};
  Show show = Show::plain;
  /// How long nobody may answer before the wait is given up (`client.timeout`).
  Milliseconds patience{};
  /// How people cancel this job: "stellwerk cancel 019f..."
  std::string cancel_command{};
};

// What has happened.
struct JobSeen {
  JobDetails job;
};
struct StatusSeen {
  std::string status;
};
struct CauseSeen {
  JobFailureLine failure;
};
/// The look came to nothing. `refused`: for good, as far as that path goes.
struct NoAnswer {
  std::string text;
  bool refused = false;
};
/// A signal; `asked_to_end`: SIGTERM, which nobody is there to be asked about.
struct Interrupted {
  bool asked_to_end = false;
};
/// What a person said; `gone`: Ctrl-C once more, or there is nobody any more.
struct Replied {
  std::string line;
  bool gone = false;
};
/// What came of the wish to cancel; empty: accepted.
struct CancelSaid {
  std::string refusal;
};
struct Event {
  std::variant<JobSeen, StatusSeen, CauseSeen, NoAnswer, Interrupted, Replied, CancelSaid> what{};
  AnswerOrigin origin{};
  Milliseconds took{};  ///< of a look
};

// What is to be done next.
struct LookNext {
  Look what = Look::job;
  Milliseconds pause{};  ///< before it
};
struct AskPerson {};
struct CancelJob {};
struct End {
  int exit_code = 0;
};
using Next = std::variant<LookNext, AskPerson, CancelJob, End>;

struct Step {
  std::string out{};       ///< whole lines for stdout
  std::string err{};       ///< and for stderr
  std::string progress{};  ///< what the last line of a terminal shows until the next step
  Next next{};
};

class Core {
 public:
  explicit Core(Options options) : options_(std::move(options)) {}

  /// Once, first; `now` is on any clock, and never goes back.
  Step begin(Milliseconds now);
  /// What the last step asked for, or a signal instead of it.
  Step step(Milliseconds now, const Event& event);

 private:
  void on(Milliseconds now, const JobSeen& seen, const Event& event);
  void on(Milliseconds now, const StatusSeen& seen, const Event& event);
  void on(Milliseconds now, const CauseSeen& seen, const Event& event);
  void on(Milliseconds now, const NoAnswer& seen, const Event& event);
  void on(Milliseconds now, const Interrupted& signal, const Event& event);
  void on(Milliseconds now, const Replied& reply, const Event& event);
  void on(Milliseconds now, const CancelSaid& said, const Event& event);

  void see_origin(const AnswerOrigin& origin);
  void see_state(const std::string& state);
  void see_lack(Milliseconds now, const JobDetails& job);
  /// True: the job has begun anew since the last look, and nobody said why yet.
  bool see_restart(const JobDetails& job);
  void see_end(model::JobStatus status);
  void tell_restart(Milliseconds now, const JobFailureLine* failure);
  void tell_end(const JobFailureLine* failure);
  void detach();
  void look(Look what, Milliseconds pause = Milliseconds(0));
  void look_later(Milliseconds now, Milliseconds took);
  std::string progress() const;

  Options options_;
  Step step_;                  ///< that is being made
  Look look_{};                ///< that was asked for last
  Milliseconds busy_since_{};  ///< since then much may happen: looks are frequent at first

  JobDetails job_;  ///< as it was seen last
  std::string state_ = "CREATED";
  std::optional<model::JobStatus> ended_;
  AnswerOrigin origin_;

  std::optional<Milliseconds> away_since_;
  Milliseconds away_pause_{};
  bool away_said_ = false;

  std::optional<Milliseconds> lacks_since_;
  std::optional<Milliseconds> lack_said_at_;
  std::string lack_said_;

  std::string cause_said_;
  Milliseconds cause_said_at_{};
};

}  // namespace stellwerk::cli::attach
