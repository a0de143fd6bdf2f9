#include "jobs/job_views.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "jobs/changes.h"
#include "model/job_spec.h"

namespace stellwerk::jobs {
namespace {

using model::Record;
using testing::HasSubstr;

constexpr WallMs kStart = 1'700'000'000'000;
constexpr std::string_view kSpec =
    R"({"name":"count","restart-strategy":"none","vertices":[{"command":["./a"],"name":"source","parallelism":2},)"
    R"({"command":["./b"],"inputs":[{"exchange":"blocking","from":"source"}],"name":"sum","parallelism":3}]})";

class JobViewsTest : public testing::Test {
 protected:
  static JobId id(char digit) { return *JobId::parse(std::string(32, digit)); }
  void apply(const Change& change, WallMs now = kStart) {
    for (const Record& record : decide(state, change, now, {}).records) state.apply(record);
  }
  void submit(char digit, const std::string& spec = std::string(kSpec)) {
    apply(SubmitJob{id(digit), spec, "hash", "count", 5});
  }
  static json::value parsed(const std::optional<std::string>& text) {
    if (!text) return "nothing";
    auto value = parse_json(*text, "the view");
    return value.has_value() ? std::move(*value) : json::value(value.error().text);
  }

  /// The entries of `/jobs/overview`.
  json::value overview(WallMs now) const {
    json::array out;
    for (const auto& [job, entry] : shown_jobs(state)) {
      std::string text;
      append_overview_entry(text, job, *entry, state.attempt_counts().find(job).get(), now);
      out.push_back(parsed(text));
    }
    return out;
  }

  ClusterState state;
};

TEST_F(JobViewsTest, ListsAreInTheOrderOfIds) {
  EXPECT_EQ(job_list_json(state), R"({"jobs":[]})");
  EXPECT_EQ(overview(kStart), json::array());
  submit('b');
  submit('a');
  apply(CancelJob{id('b')}, kStart + 10);
  EXPECT_EQ(job_list_json(state), R"({"jobs":[{"id":")" + id('a').text() + R"(","status":"CREATED"},{"id":")" +
                                      id('b').text() + R"(","status":"CANCELED"}]})");
}

TEST_F(JobViewsTest, TheOverviewOfAJobThatRunsAndOfOneThatEnded) {
  submit('a');
  submit('b');
  apply(CancelJob{id('b')}, kStart + 10);
  const json::value view = overview(kStart + 500);
  const json::value& running = view.at(0);
  EXPECT_EQ(running.at("duration"), 500);
  EXPECT_EQ(running.at("end-time"), -1);
  EXPECT_EQ(running.at("tasks").at("total"), 5);
  EXPECT_EQ(running.at("tasks").at("created"), 5);
  const json::value& ended = view.at(1);
  EXPECT_EQ(ended.at("duration"), 10);
  EXPECT_EQ(ended.at("end-time"), kStart + 10);
  EXPECT_EQ(ended.at("last-modification"), kStart + 10);
  EXPECT_EQ(ended.at("tasks").at("created"), 0);
  EXPECT_EQ(ended.at("tasks").at("canceled"), 5);
}

TEST_F(JobViewsTest, AClockThatIsBehindGivesNoNegativeDuration) {
  submit('a');
  EXPECT_EQ(overview(kStart - 1000).at(0).at("duration"), 0);
}

TEST_F(JobViewsTest, Details) {
  submit('a');
  const json::value view = parsed(job_details_json({state}, id('a'), kStart + 500));
  EXPECT_EQ(view.at("jid").as_string(), id('a').text());
  EXPECT_EQ(view.at("state"), "CREATED");
  EXPECT_EQ(view.at("job-type"), "BATCH");
  EXPECT_EQ(view.at("now"), kStart + 500);
  EXPECT_EQ(view.at("timestamps").as_object().size(), model::kJobStatuses);
  EXPECT_EQ(view.at("timestamps").at("CREATED"), kStart);
  EXPECT_EQ(view.at("timestamps").at("RUNNING"), 0);
  ASSERT_EQ(view.at("vertices").as_array().size(), 2U);
  const json::value& source = view.at("vertices").at(0);
  EXPECT_EQ(source.at("id").as_string(), model::vertex_id("source"));
  EXPECT_EQ(source.at("tasks").at("CREATED"), 2);
  EXPECT_EQ(source.at("status"), "CREATED");
  EXPECT_EQ(view.at("status-counts").at("CREATED"), 2);
  const json::value& nodes = view.at("plan").at("nodes");
  EXPECT_EQ(nodes.at(0).at("id").as_string(), model::vertex_id("sum"));
  EXPECT_EQ(nodes.at(0).at("inputs").at(0).at("id"), source.at("id"));
  EXPECT_EQ(nodes.at(0).at("inputs").at(0).at("exchange"), "blocking");
  EXPECT_FALSE(nodes.at(1).as_object().contains("inputs"));
  EXPECT_FALSE(view.as_object().contains("quarantined"));
}

TEST_F(JobViewsTest, AnEndedJobIsStillShownInFull) {
  submit('a');
  apply(CancelJob{id('a')}, kStart + 10);
  const json::value view = parsed(job_details_json({state}, id('a'), kStart + 500));
  EXPECT_EQ(view.at("state"), "CANCELED");
  EXPECT_EQ(view.at("duration"), 10);
  ASSERT_EQ(view.at("vertices").as_array().size(), 2U);
  EXPECT_EQ(view.at("vertices").at(1).at("tasks").at("CANCELED"), 3);
  EXPECT_EQ(view.at("timestamps").at("CANCELLING"), kStart + 10);
}

TEST_F(JobViewsTest, ConfigAndPlan) {
  submit('a');
  const json::value config = parsed(job_config_json(state, id('a'))).at("execution-config");
  EXPECT_EQ(config.at("execution-mode"), "BATCH");
  EXPECT_EQ(config.at("restart-strategy"), "none");
  EXPECT_EQ(config.at("job-parallelism"), 3);
  EXPECT_EQ(parsed(job_plan_json(state, id('a'))).at("plan").at("nodes").as_array().size(), 2U);
  submit('b', R"({"name":"x","vertices":[{"command":["a"],"name":"v"}]})");
  EXPECT_EQ(parsed(job_config_json(state, id('b'))).at("execution-config").at("restart-strategy"),
            "Cluster level default restart strategy");
}

TEST_F(JobViewsTest, AQuarantinedJobIsShownAsFarAsItCanBeRead) {
  submit('a');
  const auto quarantine = Record::put(quarantine_key(id('a')), model::encode_quarantine({"k", "f", "torn", 9}));
  state.apply(quarantine);
  EXPECT_EQ(parsed(job_details_json({state}, id('a'), kStart)).at("quarantined").at("why"), "torn");
  EXPECT_EQ(parsed(job_details_json({state}, id('a'), kStart)).at("state"), "CREATED");
  state.apply(Record::erase(job_state_key(id('a'))));
  const json::value view = parsed(job_details_json({state}, id('a'), kStart));
  EXPECT_EQ(view.at("state"), "RECONCILING");
  EXPECT_EQ(view.at("name"), "count");
  EXPECT_EQ(view.at("start-time"), -1);
  state.apply(Record::erase(job_spec_key(id('a'))));
  EXPECT_EQ(parsed(job_details_json({state}, id('a'), kStart)).at("vertices").as_array().size(), 0U);
  EXPECT_THAT(job_list_json(state), HasSubstr(R"("status":"RECONCILING")"));
  EXPECT_EQ(overview(kStart).at(0).at("state"), "RECONCILING");
  EXPECT_EQ(overview(kStart).at(0).at("last-modification"), -1);
}

TEST_F(JobViewsTest, WhatIsForgottenIsNotFound) {
  EXPECT_EQ(job_details_json({state}, id('a'), kStart), std::nullopt);
  EXPECT_EQ(job_status_json(state, id('a')), std::nullopt);
  EXPECT_EQ(no_such_job(state, id('a')), "Job " + id('a').text() + " not found");
  submit('a');
  apply(CancelJob{id('a')});
  state.apply(Record::erase(history_key(id('a'))));
  EXPECT_EQ(job_details_json({state}, id('a'), kStart), std::nullopt);
  EXPECT_EQ(job_status_json(state, id('a')), R"({"status":"CANCELED"})");
  EXPECT_THAT(no_such_job(state, id('a')), HasSubstr("has ended (CANCELED)"));
}

TEST_F(JobViewsTest, NamesAreEscaped) {
  apply(SubmitJob{id('a'), std::string(kSpec), "hash", "a \"b\"\n\\", 1});
  EXPECT_EQ(overview(kStart).at(0).at("name"), "a \"b\"\n\\");
}

}  // namespace
}  // namespace stellwerk::jobs
