#include "drill/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace stellwerk::drill {
namespace {

using testing::HasSubstr;
using testing::Not;

RoundResult round_of(std::size_t number, double leads) {
  RoundResult out{.number = number, .fault = Fault::kill_leader, .victim = "master-2", .epoch = 4};
  out.times.leads = leads;
  return out;
}

TEST(DrillReportTest, LinesHaveTheSameColumns) {
  const std::string header = render_header(), line = render_round(round_of(3, 12.4));
  EXPECT_EQ(header.size(), line.size());
  EXPECT_EQ(header.find("leads") + 5, line.find("12") + 2);
  EXPECT_THAT(line, testing::StartsWith("3     kill-leader       master-2"));
}

TEST(DrillReportTest, WhatDidNotComeBackStandsBelowItsRound) {
  RoundResult round = round_of(1, 5);
  round.trouble = "not seen within 60 s: another leader";
  EXPECT_THAT(render_round(round), HasSubstr("\n      not seen within 60 s: another leader\n"));
}

TEST(DrillReportTest, ASummaryOfWhatWasMeasured) {
  const std::string text = render_summary({round_of(1, 10), round_of(2, 20), round_of(3, 30)});
  EXPECT_THAT(text, testing::ContainsRegex("minimum +- +- +- +- +10 +-"));
  EXPECT_THAT(text, testing::ContainsRegex("median +- +- +- +- +20 +-"));
  EXPECT_THAT(text, testing::ContainsRegex("maximum +- +- +- +- +30 +-"));
}

TEST(DrillReportTest, ASoundDrill) {
  Story story{.fault = "mixed", .seed = 42, .rounds = {round_of(1, 10)}};
  EXPECT_THAT(render_verdict(story), HasSubstr("No violation. Seed 42.\n"));
}

TEST(DrillReportTest, AViolationWithSeedAndFolder) {
  Story story{.fault = "mixed", .seed = 42, .folder = "/tmp/x"};
  story.verdict.violate(history::rules::kLost, "job a was lost");
  EXPECT_FALSE(story.sound());
  EXPECT_THAT(render_verdict(story), HasSubstr("VIOLATION of \"an acknowledged job exists\": job a was lost\n"));
  EXPECT_THAT(render_verdict(story), HasSubstr("--seed 42; logs, storage and history are in /tmp/x"));
  EXPECT_THAT(render_verdict(story), Not(HasSubstr("No violation")));
}

TEST(DrillReportTest, ARoundInTroubleIsNotSound) {
  Story story{.rounds = {round_of(1, 10)}};
  story.rounds[0].trouble = "nobody leads";
  EXPECT_FALSE(story.sound());
  EXPECT_THAT(render_verdict(story), HasSubstr("FAILED: in 1 round something did not come back."));
}

TEST(DrillReportTest, WhatDidNotComeAtTheEndIsNotSound) {
  Story story{.rounds = {round_of(1, 10)}, .trouble = "at the end http://a:1 gave no list of all jobs within 60 s"};
  EXPECT_FALSE(story.sound());
  EXPECT_THAT(render_verdict(story), HasSubstr("FAILED: at the end http://a:1 gave no list of all jobs within 60 s."));
}

TEST(DrillReportTest, AFullHistoryEndsTheRounds) {
  const Story story{.rounds = {round_of(1, 10)}, .cut_short = true};
  EXPECT_TRUE(story.sound());
  EXPECT_THAT(render_verdict(story), HasSubstr("After 1 round the history was full (2000000 calls)"));
}

TEST(DrillReportTest, AttemptsOfAnAtMostOneTaskAreCounted) {
  Story story{.once_unreadable = 2};
  story.verdict.once = 7;
  EXPECT_THAT(render_verdict(story),
              HasSubstr("7 attempts of an at-most-one task (2 lines of its log cannot be read)"));
}

TEST(DrillReportTest, OneJsonObject) {
  Story story{.fault = "kill-leader", .seed = 42, .coordination = "local", .rounds = {round_of(1, 10.5)}};
  story.verdict.unknown = {"client 1 asked"};
  story.verdict.unknowns = 1;
  story.verdict.violate(history::rules::kFsck, "a \"file\"");
  const auto parsed = parse_json(render_json(story), "the report");
  ASSERT_TRUE(parsed);
  const auto& object = parsed->as_object();
  EXPECT_EQ(object.at("seed").as_int64(), 42);
  EXPECT_FALSE(object.at("sound").as_bool());
  EXPECT_EQ(object.at("rounds").as_array()[0].at("leads-ms").as_double(), 10.5);
  EXPECT_TRUE(object.at("rounds").as_array()[0].at("lock-ms").is_null());
  EXPECT_EQ(object.at("summary").at("leads-ms").at("count").as_int64(), 1);
  EXPECT_EQ(object.at("violations").as_array()[0].at("text").as_string(), "a \"file\"");
  EXPECT_EQ(object.at("unknown").as_array().size(), 1u);
}

TEST(DrillReportTest, TheListNamesEveryFault) {
  for (const FaultInfo& info : all_faults()) EXPECT_THAT(render_faults(false), HasSubstr(std::string(info.name)));
  EXPECT_THAT(render_faults(false), HasSubstr("mixed"));
}

}  // namespace
}  // namespace stellwerk::drill
