#include "cli/attach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "cli/exit_codes.h"

namespace stellwerk::cli::attach {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Milliseconds kPatience = std::chrono::seconds(60);

std::string in_words(const Next& next) {
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

JobDetails waiting_for(std::int64_t needed, std::int64_t free, const std::string& state = "CREATED") {
  JobDetails job = Transcript::seen(state).job;
  job.waiting = SlotsWanted{needed, free, 8};
  return job;
}

JobDetails restarted_at(WallMs at, const std::string& state) {
  JobDetails job = Transcript::seen(state).job;
  job.restarting_ms = at;
  return job;
}

JobFailureLine exit_code_3(WallMs at) {
  return {"exit code 3", {}, "fall (1/2)", "host1", at};
}

TEST(Attach, AJobThatFinishes) {
  Transcript wait;
  wait.job("CREATED");
  wait.job("RUNNING");
  wait.job("RUNNING");
  wait.job("FINISHED");
  EXPECT_EQ(wait.take(),
            "> job\n"
            "> job in 100\n"
            "o Job execution switched to status RUNNING.\n"
            "> job in 100\n"
            "> job in 100\n"
            "o Program execution finished\n"
            "o Job with JobID 0123456789abcdef0123456789abcdef has finished.\n"
            "o Job Runtime: 1234 ms\n"
            "> exit 0\n");
}

TEST(Attach, AJobThatFailsSaysWhyAndWhatItsTaskWroteLast) {
  Transcript wait;
  wait.job("RUNNING");
  wait.job("FAILING");
  wait.job("FAILED");
  wait.cause({"exit code 3", {"no luck", "none at all"}, "fall (1/2)", "host1", 5});
  EXPECT_EQ(wait.take(),
            "> job\n"
            "o Job execution switched to status RUNNING.\n"
            "> job in 100\n"
            "o Job execution switched to status FAILING.\n"
            "> job in 100\n"
            "> cause\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef has failed: fall (1/2) on host1: exit code 3.\n"
            "e   no luck\n"
            "e   none at all\n"
            "> exit 5\n");
}

TEST(Attach, AJobThatFailsEndsTheWaitEvenIfNobodyKnowsWhy) {
  Transcript wait;
  wait.job("FAILED");
  wait.refused();
  EXPECT_EQ(wait.take(),
            "> job\n"
            "> cause\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef has failed.\n"
            "> exit 5\n");
}

TEST(Attach, AJobThatIsCancelled) {
  Transcript wait;
  wait.job("CANCELLING");
  wait.job("CANCELED");
  EXPECT_EQ(wait.take(),
            "> job\n"
            "o Job execution switched to status CANCELLING.\n"
            "> job in 100\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef was cancelled.\n"
            "> exit 6\n");
}

TEST(Attach, WithJsonOnlyTheEndIsOnStdout) {
  Transcript finished(Show::json);
  finished.job("RUNNING");
  finished.job("FINISHED");
  EXPECT_EQ(finished.take(),
            "> job\n"
            "> job in 100\n"
            "o {\"jobid\":\"0123456789abcdef0123456789abcdef\",\"status\":\"FINISHED\",\"runtime-ms\":1234}\n"
            "> exit 0\n");
  Transcript failed(Show::json);
  failed.job("FAILED");
  failed.take();
  failed.cause({"said \"no\"", {}, "", "", 5});
  EXPECT_EQ(failed.take(),
            "o {\"jobid\":\"0123456789abcdef0123456789abcdef\",\"status\":\"FAILED\",\"runtime-ms\":1234,"
            "\"cause\":\"said \\\"no\\\"\"}\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef has failed: said \"no\".\n"
            "> exit 5\n");
}

TEST(Attach, LooksAreFrequentAtFirstAndRareLater) {
  Transcript wait;
  const auto run = [&wait] { wait.job("RUNNING"); };
  wait.during(kBeginning - kLookAtFirst, run);
  EXPECT_EQ(in_words(wait.next()), "job in 100");
  wait.during(kLookSoon, run);
  EXPECT_EQ(in_words(wait.next()), "job in 500");
  wait.during(kSettled, run);
  EXPECT_EQ(in_words(wait.next()), "job in 1000");
  wait.told({.what = Transcript::seen("RUNNING"), .took = Milliseconds(900)});
  EXPECT_EQ(in_words(wait.next()), "job in 1800") << "who answers slowly is asked more seldom";
  wait.told({.what = Transcript::seen("RUNNING"), .took = std::chrono::seconds(10)});
  EXPECT_EQ(in_words(wait.next()), "job in 5000") << "but not for ever: others may answer faster";
}

TEST(Attach, SlotsThatLackAreNamedWhenItLasts) {
  Transcript wait;
  wait.during(kSayLackAfter + kLookSoon, [&wait] { wait.job(waiting_for(4, 1)); });
  EXPECT_EQ(wait.take(), "> job\ne The job is CREATED: it needs 4 slots, 1 of 8 is free.\n> job in 500\n");
  wait.during(kSayLackEvery / 2, [&wait] { wait.job(waiting_for(4, 2)); });
  EXPECT_EQ(wait.take(), "> job in 500\n");
  wait.during(kSayLackEvery, [&wait] { wait.job(waiting_for(4, 3)); });
  EXPECT_EQ(wait.take(), "e The job is CREATED: it needs 4 slots, 3 of 8 are free.\n> job in 500\n");
  wait.job("RUNNING");
  wait.take();
  wait.during(kSayLackEvery, [&wait] { wait.job(waiting_for(1, 0, "RUNNING")); });
  EXPECT_EQ(wait.take(), "e The job is RUNNING: it needs 1 slot, 0 of 8 are free.\n> job in 1000\n");
}

TEST(Attach, AJobThatSoonHasItsSlotsIsNoNews) {
  Transcript wait;
  wait.during(kSayLackAfter / 2, [&wait] { wait.job(waiting_for(4, 1)); });
  wait.job("RUNNING");
  EXPECT_THAT(wait.take(), Not(HasSubstr("slot")));
}

TEST(Attach, AMasterThatDoesNotCountSlotsLeavesTheHintWithoutNumbers) {
  Transcript wait;
  wait.during(kSayLackAfter + kLookSoon, [&wait] { wait.job("CREATED"); });
  EXPECT_EQ(wait.take(), "> job\ne The job is CREATED: it waits for free slots of workers.\n> job in 500\n");
}

TEST(Attach, ARestartSaysItsCause) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  wait.job(restarted_at(70, "RESTARTING"));
  wait.cause(exit_code_3(70));
  wait.job(restarted_at(70, "RESTARTING"));
  wait.job(restarted_at(70, "RUNNING"));
  EXPECT_EQ(wait.take(),
            "o Job execution switched to status RESTARTING.\n"
            "> cause\n"
            "e The job restarts: fall (1/2) on host1: exit code 3.\n"
            "> job in 100\n"
            "> job in 100\n"
            "o Job execution switched to status RUNNING.\n"
            "> job in 100\n");
}

TEST(Attach, ARestartBetweenTwoLooksIsSeenByItsTime) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  wait.job(restarted_at(70, "RUNNING"));
  wait.cause(exit_code_3(70));
  EXPECT_EQ(wait.take(), "> cause\ne The job restarts: fall (1/2) on host1: exit code 3.\n> job in 100\n");
}

TEST(Attach, ARestartWithoutAFaultHasNoOldFaultForItsCause) {
  Transcript wait;
  wait.job("RUNNING");
  wait.job(restarted_at(70, "RESTARTING"));
  wait.take();
  wait.cause(exit_code_3(69));
  EXPECT_EQ(wait.take(), "e The job restarts: a worker was lost or left.\n> job in 100\n");
  wait.job(restarted_at(80, "RESTARTING"));
  wait.take();
  wait.refused();
  EXPECT_EQ(wait.take(), "e The job restarts: its cause is not known.\n> job in 100\n");
}

TEST(Attach, TheSameCauseAgainAndAgainIsNotSaidEachTime) {
  Transcript wait;
  WallMs at = 0;
  int said = 0;
  const auto fall = [&] {
    ++at;
    wait.job(restarted_at(at, "RUNNING"));
    wait.cause(exit_code_3(at));
    const std::string trace = wait.take();
    if (trace.find("restarts") != std::string::npos) ++said;
  };
  const Milliseconds end = wait.now() + kSaySameCauseEvery - kLookSoon;
  while (wait.now() < end) fall();
  EXPECT_EQ(said, 1);
  fall();
  fall();
  EXPECT_EQ(said, 2);
}

TEST(Attach, EachChangeOfTheLeaderIsSaidOnce) {
  const AnswerOrigin first{7, "http://h1:8081", false};
  const AnswerOrigin second{8, "http://h2:8081", false};
  Transcript wait;
  wait.job("RUNNING", first);
  wait.job("RUNNING", first);
  wait.take();
  wait.job("RUNNING", {8, "", true});
  EXPECT_EQ(wait.take(), "> job in 100\n") << "nobody is known to lead yet";
  wait.job("RUNNING", second);
  wait.job("RUNNING", second);
  EXPECT_EQ(wait.take(),
            "e The leader changed: http://h2:8081 leads since epoch 8.\n> job in 100\n"
            "> job in 100\n");
  wait.job("RUNNING", first);
  wait.job("RUNNING", second);
  EXPECT_EQ(wait.take(), "> job in 100\n> job in 100\n") << "one that is behind is no news";
  wait.job("RUNNING", {9, "http://h2:8081", false});
  EXPECT_THAT(wait.take(), HasSubstr("http://h2:8081 leads since epoch 9"));
}

TEST(Attach, AShortSilenceIsNoNews) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  wait.away();
  wait.away();
  wait.away();
  wait.job("RUNNING");
  EXPECT_EQ(wait.take(), "> job in 100\n> job in 200\n> job in 400\n> job in 100\n");
}

TEST(Attach, ALongSilenceIsSaidOnceAndSurvived) {
  for (int outage = 0; outage < 2; ++outage) {
    Transcript wait;
    wait.job("RUNNING");
    wait.take();
    wait.during(kPatience / 2, [&wait] { wait.away(); });
    EXPECT_EQ(wait.take(), "e No master answers at http://h:1; trying again for 58500 ms at most.\n> job in 2000\n");
    wait.job("FINISHED");
    EXPECT_THAT(wait.take(), HasSubstr("> exit 0\n"));
  }
}

TEST(Attach, AfterTooLongASilenceTheEndIsUnknown) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  const Milliseconds began = wait.now();
  while (!std::holds_alternative<End>(wait.next())) wait.away();
  EXPECT_THAT(wait.take(), HasSubstr("e Job 0123456789abcdef0123456789abcdef was submitted; its end is unknown: No "
                                     "master answers at http://h:1.\n> exit 3\n"));
  EXPECT_LE(wait.now() - began, kPatience + kLookAtFirst);
}

TEST(Attach, AJobWhoseDetailsAreGoneStillHasAnEnd) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  wait.refused();
  EXPECT_EQ(wait.take(), "> status\n");
  wait.told({.what = StatusSeen{"FINISHED"}});
  EXPECT_EQ(wait.take(),
            "o Program execution finished\n"
            "o Job with JobID 0123456789abcdef0123456789abcdef has finished.\n"
            "> exit 0\n");
}

TEST(Attach, AJobThatNobodyKnowsAnyMoreHasAnUnknownEnd) {
  Transcript wait;
  wait.job("RUNNING");
  wait.refused();
  wait.take();
  wait.refused();
  EXPECT_EQ(wait.take(),
            "e Job 0123456789abcdef0123456789abcdef was submitted; its end is unknown: Job not found.\n> exit 3\n");
}

TEST(Attach, AStatusIsEnoughUntilDetailsAreThereAgain) {
  Transcript wait;
  wait.refused();
  wait.told({.what = StatusSeen{"RUNNING"}});
  EXPECT_EQ(wait.take(), "> job\n> status\no Job execution switched to status RUNNING.\n> job in 100\n");
}

TEST(Attach, OnAPipeASignalDetaches) {
  for (const bool asked_to_end : {false, true}) {
    Transcript wait;
    wait.job("RUNNING");
    wait.take();
    wait.told({.what = Interrupted{asked_to_end}});
    EXPECT_EQ(wait.take(),
              "e Detached; job 0123456789abcdef0123456789abcdef goes on. To end it: stellwerk cancel 0123\n"
              "> exit 130\n");
  }
  Transcript wait(Show::json);
  wait.told({.what = Interrupted{}});
  EXPECT_THAT(wait.take(), HasSubstr("o {\"jobid\":\"0123456789abcdef0123456789abcdef\"}\n"));
}

TEST(Attach, ASignalAfterTheEndDoesNotHideIt) {
  Transcript wait;
  wait.job("FAILED");
  wait.take();
  wait.told({.what = Interrupted{}});
  EXPECT_EQ(wait.take(), "e Job with JobID 0123456789abcdef0123456789abcdef has failed.\n> exit 5\n");
}

TEST(Attach, ATerminalShowsOneLineThatChanges) {
  Transcript wait(Show::terminal);
  JobDetails job = waiting_for(4, 1);
  job.vertices = {{"source", "CREATED", 2, 0, 0}, {"count", "CREATED", 4, 0, 0}};
  wait.job(job);
  job.waiting.reset();
  job.state = "RUNNING";
  job.vertices = {{"source", "FINISHED", 2, 0, 2}, {"count", "RUNNING", 4, 2, 1}};
  wait.told({.what = JobSeen{job}, .origin = {7, "http://h1:8081", true}});
  wait.away();
  job.state = "FINISHED";
  wait.job(job);
  EXPECT_EQ(wait.take(),
            "> job\n"
            "= CREATED  source 0/2  count 0/4  (needs 4 slots, 1 of 8 is free)\n"
            "> job in 100\n"
            "= RUNNING  source 2/2  count 3/4  (the leader does not answer)\n"
            "> job in 100\n"
            "= RUNNING  source 2/2  count 3/4  (no master answers)\n"
            "> job in 100\n"
            "o Program execution finished\n"
            "o Job with JobID 0123456789abcdef0123456789abcdef has finished.\n"
            "o Job Runtime: 1234 ms\n"
            "> exit 0\n");
}

TEST(Attach, OnATerminalCtrlCAsks) {
  Transcript wait(Show::terminal);
  wait.job("RUNNING");
  wait.take();
  wait.told({.what = Interrupted{}});
  wait.person("what?");
  wait.person("");
  EXPECT_EQ(wait.take(), "> ask\n> ask\n= RUNNING\n> job\n");
  wait.told({.what = Interrupted{}});
  wait.person("Detach");
  EXPECT_THAT(wait.take(), HasSubstr("goes on. To end it: stellwerk cancel 0123\n> exit 130\n"));
}

TEST(Attach, ASecondCtrlCDetaches) {
  Transcript wait(Show::terminal);
  wait.told({.what = Interrupted{}});
  wait.told({.what = Replied{"", true}});
  EXPECT_THAT(wait.take(), HasSubstr("> exit 130\n"));
}

TEST(Attach, OnATerminalTooSigtermDetaches) {
  Transcript wait(Show::terminal);
  wait.told({.what = Interrupted{true}});
  EXPECT_THAT(wait.take(), HasSubstr("> exit 130\n"));
}

TEST(Attach, CancellingIsFollowedToTheEnd) {
  Transcript wait(Show::terminal);
  wait.job("RUNNING");
  wait.told({.what = Interrupted{}});
  wait.take();
  wait.person("c");
  EXPECT_EQ(wait.take(), "> cancel\n");
  wait.told({.what = CancelSaid{"No master leads, so nothing happened"}});
  EXPECT_EQ(wait.take(),
            "e Could not cancel job 0123456789abcdef0123456789abcdef: No master leads, so nothing happened.\n"
            "= RUNNING\n> job\n");
  wait.told({.what = Interrupted{}});
  wait.person("c");
  wait.take();
  wait.told({.what = CancelSaid{}});
  wait.job("CANCELED");
  EXPECT_EQ(wait.take(),
            "e Cancelling job 0123456789abcdef0123456789abcdef.\n= RUNNING\n> job\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef was cancelled.\n> exit 6\n");
}

}  // namespace
}  // namespace stellwerk::cli::attach
