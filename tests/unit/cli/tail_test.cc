#include "cli/tail.h"

#include <gtest/gtest.h>

#include "cli/exit_codes.h"

namespace stellwerk::cli::tail {
namespace {

constexpr Milliseconds kLogsPatience = std::chrono::seconds(60);

File subtask_file(int number) {
  const std::string text = std::to_string(number);
  return {.target = "/f" + text,
          .title = "count (" + text + "/2)",
          .prefix = "count " + text + "> ",
          .subtask = number - 1};
}

/// What is told, and what is made of it: "o " and "e " what is shown, "> " what is next. Pauses pass as if waited.
class Tailing {
 public:
  explicit Tailing(Options options) : core_(std::move(options)) { write(core_.begin(now_)); }

  /// Both subtasks of a vertex.
  static Options two(bool follow) {
    return {.files = {subtask_file(1), subtask_file(2)},
            .places = {"/p"},
            .status = "/s",
            .follow = follow,
            .patience = kLogsPatience};
  }
  static Options one(bool follow, std::string status = "/s") {
    File file = subtask_file(1);
    file.prefix.clear();
    return {.files = {file}, .status = std::move(status), .follow = follow, .patience = kLogsPatience};
  }

  void told(const Event& event) {
    if (const auto* ask = std::get_if<Ask>(&next_)) now_ += ask->pause;
    write(core_.step(now_, event));
  }
  void running() { told(StatusSeen{false}); }
  void ended() { told(StatusSeen{true}); }
  void at(const std::string& worker) { told(PlacesSeen{{{0, worker}, {1, worker}}}); }
  void part(std::uint64_t first, const std::string& bytes) { told(Content{first, first + bytes.size(), bytes}); }
  void away() { told(NoAnswer{"no answer", false}); }
  void missing() { told(NoAnswer{"not there", true}); }

  std::string take() { return std::exchange(trace_, ""); }
  int exit_code() const { return std::holds_alternative<End>(next_) ? std::get<End>(next_).exit_code : -1; }
  Milliseconds now() const { return now_; }

 private:
  void write(const Step& step) {
    if (!step.out.empty()) trace_ += "o " + step.out + (step.out.ends_with('\n') ? "" : "|\n");
    if (!step.err.empty()) trace_ += "e " + step.err;
    if (const auto* ask = std::get_if<Ask>(&step.next)) {
      trace_ += "> " + ask->target + (ask->range.empty() ? "" : ' ' + ask->range);
      trace_ += ask->pause.count() > 0 ? " in " + std::to_string(ask->pause.count()) + '\n' : "\n";
    } else {
      trace_ += "> exit " + std::to_string(std::get<End>(step.next).exit_code) + '\n';
    }
    next_ = step.next;
  }

  Core core_;
  Milliseconds now_{1'000'000};
  std::variant<Ask, End> next_;
  std::string trace_;
};

TEST(Tail, ShownOnceEachFileIsAskedForOnceAndWhole) {
  Tailing tail(Tailing::two(false));
  tail.part(0, "a\nb\n");
  tail.part(0, "c\nrest");
  EXPECT_EQ(tail.take(), "> /f1\no count 1> a\ncount 1> b\n> /f2\no count 2> c\ncount 2> rest\n> exit 0\n");
}

TEST(Tail, OneFileIsShownAsItIs) {
  Tailing tail(Tailing::one(false));
  tail.part(0, "a\n\x1b[1mrest");
  EXPECT_EQ(tail.take(), "> /f1\no a\n\x1b[1mrest|\n> exit 0\n");
}

TEST(Tail, WhatIsLeftOutIsSaidOnce) {
  Tailing tail(Tailing::one(false));
  tail.told(Content{100, 102, "a\n"});
  EXPECT_EQ(tail.take(), "> /f1\no a\ne count (1/2): 100 bytes before what follows are left out.\n> exit 0\n");
}

TEST(Tail, AFileThatIsNotThereIsALineUnlessNothingIs) {
  Tailing tail(Tailing::two(false));
  tail.missing();
  tail.part(0, "");
  EXPECT_EQ(tail.take(), "> /f1\ne count (1/2): not there.\n> /f2\n> exit 0\n");
  Tailing nothing(Tailing::one(false));
  nothing.missing();
  EXPECT_EQ(nothing.take(), "> /f1\ne count (1/2): not there.\n> exit 4\n");
}

TEST(Tail, FollowingGoesRoundAndShowsWholeLinesUntilTheJobHasEnded) {
  Tailing tail(Tailing::two(true));
  tail.running();
  tail.at("w");
  tail.part(0, "a\nb");
  tail.missing();
  EXPECT_EQ(tail.take(),
            "> /s\n> /p\n> /f1\no count 1> a\n> /f2\n"
            "e count (2/2): not there.\n> /s in 1000\n");
  tail.running();
  tail.at("w");
  tail.told(Beyond{3});
  tail.missing();
  EXPECT_EQ(tail.take(), "> /p\n> /f1 bytes=3-\n> /f2\n> /s in 1000\n") << "said once";
  tail.ended();
  tail.at("w");
  tail.part(3, "c");
  tail.part(0, "d\n");
  EXPECT_EQ(tail.take(), "> /p\n> /f1 bytes=3-\n> /f2\no count 2> d\ncount 1> bc\n> exit 0\n");
}

TEST(Tail, WhatIsMoreThanOneAnswerHoldsIsAskedForAtOnce) {
  Tailing tail(Tailing::one(true));
  tail.running();
  tail.part(0, "abc");
  tail.take();
  tail.ended();
  tail.told(Content{3, 9, "def"});
  tail.told(Content{6, 9, "ghi"});
  EXPECT_EQ(tail.take(), "> /f1 bytes=3-\no def|\n> /f1 bytes=6-\no ghi|\n> exit 0\n");
}

TEST(Tail, AnAnswerThatBringsNothingNewIsNoReasonToHurry) {
  Tailing tail(Tailing::one(true));
  tail.running();
  tail.part(0, "abc");
  tail.running();
  tail.take();
  tail.told(Content{3, 9, ""});
  EXPECT_EQ(tail.take(), "> /s in 1000\n");
  tail.running();
  tail.take();
  tail.told(Beyond{9});
  EXPECT_EQ(tail.take(), "> /s in 1000\n") << "it contradicts itself";
  tail.running();
  tail.take();
  tail.part(0, "abcd");
  EXPECT_EQ(tail.take(), "o d|\n> /s in 1000\n") << "the range was ignored";
}

TEST(Tail, AFileThatBecameShorterBeginsAnew) {
  Tailing tail(Tailing::two(true));
  tail.running();
  tail.at("w");
  tail.part(0, "a\nb");
  tail.part(0, "");
  tail.running();
  tail.at("w");
  tail.take();
  tail.told(Beyond{2});
  EXPECT_EQ(tail.take(), "o count 1> b\n> /f2 bytes=0-\n");
  tail.told(Beyond{0});
  EXPECT_EQ(tail.take(), "> /s\n") << "there is more at once";
  tail.running();
  tail.at("w");
  tail.part(0, "c\n");
  EXPECT_EQ(tail.take(), "> /p\n> /f1 bytes=0-\no count 1> c\n> /f2 bytes=0-\n");
}

TEST(Tail, ATaskThatStartsElsewhereHasAnotherFileThere) {
  Tailing tail(Tailing::two(true));
  const auto round = [&](const std::string& worker, std::uint64_t first, const std::string& bytes) {
    tail.running();
    tail.at(worker);
    tail.part(first, bytes);
    tail.told(Beyond{0});
  };
  round("w1", 0, "a\n");
  tail.take();
  round("w2", 0, "b\n");
  EXPECT_EQ(tail.take(), "> /p\n> /f1 bytes=0-\no count 1> b\n> /f2 bytes=0-\n> /s in 1000\n");
  round("w1", 2, "c\n");
  EXPECT_EQ(tail.take(), "> /p\n> /f1 bytes=2-\no count 1> c\n> /f2 bytes=0-\n> /s in 1000\n");
}

TEST(Tail, ATakeoverIsWaitedFor) {
  Tailing tail(Tailing::one(true));
  for (int i = 0; i < 6; ++i) tail.away();
  EXPECT_EQ(tail.take(),
            "> /s\n> /s in 100\n> /s in 200\n> /s in 400\n> /s in 800\n"
            "e no answer; trying again for 59 s at most.\n> /s in 1600\n> /s in 2000\n");
  tail.running();
  tail.part(0, "a");
  tail.ended();
  EXPECT_EQ(tail.take(), "> /f1\no a|\n> /s in 1000\n> /f1 bytes=1-\n");
  tail.missing();  // its worker has not come to the new leader yet
  EXPECT_EQ(tail.take(), "> /f1 bytes=1- in 100\n");
  tail.part(1, "b");
  EXPECT_EQ(tail.take(), "o b|\n> exit 0\n");
}

TEST(Tail, WithoutAnyAnswerItGivesUpAtLast) {
  Tailing tail(Tailing::one(true));
  const Milliseconds began = tail.now();
  for (int i = 0; i < 100 && tail.exit_code() < 0; ++i) tail.away();
  EXPECT_EQ(tail.exit_code(), kExitNoLeader);
  EXPECT_EQ(tail.now() - began, kLogsPatience);
}

TEST(Tail, AWorkerThatDoesNotAnswerIsGivenUpAtLastToo) {
  Tailing tail(Tailing::two(false));
  for (int i = 0; i < 1'000 && tail.exit_code() < 0; ++i) {
    if (tail.take().ends_with("> /f1\n"))
      tail.part(0, "a\n");
    else
      tail.away();
  }
  EXPECT_EQ(tail.exit_code(), kExitNoLeader);
}

TEST(Tail, OfARunningJobAWorkerMayBeAwayForLong) {
  Tailing tail(Tailing::one(true));
  std::string said;
  for (int i = 0; i < 100; ++i) {
    tail.running();
    tail.away();
    said += tail.take();
  }
  EXPECT_EQ(tail.exit_code(), -1);
  const auto first = said.find("e count (1/2): no answer; trying again.\n");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(said.find("e count", first + 1), std::string::npos);
}

TEST(Tail, TheLogOfAWorkerHasNoEnd) {
  Tailing tail(Tailing::one(true, ""));
  tail.part(0, "a");
  tail.part(1, "b");
  EXPECT_EQ(tail.take(), "> /f1\no a|\n> /f1 bytes=1- in 1000\no b|\n> /f1 bytes=2- in 1000\n");
  tail.told(Interrupted{});
  EXPECT_EQ(tail.take(), "> exit 130\n");
}

TEST(Tail, AJobWhoseEndIsForgottenHasEnded) {
  Tailing tail(Tailing::one(true));
  tail.missing();
  tail.part(0, "a");
  EXPECT_EQ(tail.take(), "> /s\n> /f1\no a|\n> exit 0\n");
}

TEST(Tail, AnInterruptShowsTheLineThatHasNotEnded) {
  Tailing tail(Tailing::two(true));
  tail.running();
  tail.at("w");
  tail.part(0, "a");
  tail.take();
  tail.told(Interrupted{});
  EXPECT_EQ(tail.take(), "o count 1> a\n> exit 130\n");
}

TEST(Tail, AVeryLongLineIsShownInPieces) {
  Tailing tail(Tailing::two(false));
  tail.part(0, std::string(kLineBytesMax + 1, 'x') + "\ny\n");
  EXPECT_EQ(tail.take(), "> /f1\no count 1> " + std::string(kLineBytesMax, 'x') + "\ncount 1> x\ncount 1> y\n> /f2\n");
}

}  // namespace
}  // namespace stellwerk::cli::tail
