/// Tasks as the paths of a job show them: from the records, and with what a leader hears besides.
#include <gmock/gmock.h>

#include "base/json.h"
#include "jobs/changes.h"
#include "jobs/exception_views.h"
#include "jobs/job_views.h"
#include "jobs/vertex_views.h"
#include "model/job_spec.h"

namespace stellwerk::jobs {
namespace {

using model::AttemptEnd;
using model::TaskRef;
using model::TaskState;
using Phase = TaskEntry::Phase;

constexpr WallMs kBegin = 1'700'000'000'000;
constexpr std::string_view kTwoSteps =
    R"({"name":"count","vertices":[{"command":["./a"],"name":"source","parallelism":2},)"
    R"({"command":["./b"],"inputs":[{"exchange":"blocking","from":"source"}],"name":"sum","parallelism":3}]})";

class TaskViewsTest : public testing::Test {
 protected:
  TaskViewsTest() { apply(SubmitJob{id, std::string(kTwoSteps), "hash", "count", 5}, kBegin); }

  void apply(const Change& change, WallMs now) {
    for (const auto& record : decide(state, change, now, {}).records) state.apply(record);
  }
  void start(TaskRef task, WallMs now, const std::string& worker = "w-1") {
    const auto before = state.attempt(id, task);
    apply(StartTasks{id, {{task, before ? before->number + 1 : 0, worker, 1, "host-of-" + worker}}}, now);
  }
  void end(TaskRef task, AttemptEnd how, WallMs now, const std::string& why = "") {
    const auto attempt = state.attempt(id, task);
    const std::string name = "task " + std::to_string(task.vertex) + "/" + std::to_string(task.subtask);
    apply(EndTasks{id, {{{id, task, attempt->number}, attempt->worker, how, Blame::task, name, why}}, strategy, 1},
          now);
  }
  void hear(TaskRef task, Phase phase, WallMs since = 0, std::int32_t number = 0) {
    table.put(id, task, {number, phase, 41 + task.subtask, since, {{"in", 7000}}});
  }
  LiveView led() const { return {state, &table, &workers}; }
  LiveView followed() const { return {state}; }

  static json::value parsed(const std::string& text) {
    auto value = parse_json(text, "the view");
    return value.has_value() ? std::move(*value) : json::value(value.error().text);
  }
  json::value details(const LiveView& view, WallMs now = kBegin + 1000) const {
    return parsed(job_details_json(view, id, now).value_or("null"));
  }
  json::value sources(const LiveView& view) const { return details(view).at("vertices").at(0); }
  json::value overview() const {
    std::string text;
    append_overview_entry(text, id.text(), *state.jobs().find(id.text()), state.attempt_counts().find(id.text()).get(),
                          kBegin + 1000);
    return parsed(text).at("tasks");
  }
  /// "RUNNING 2, ...": the counts that are not 0, in the order of their names.
  static std::string counts(const json::value& of) {
    std::map<std::string, std::int64_t> sorted;
    for (const auto& member : of.as_object())
      if (member.value().as_int64() != 0) sorted.emplace(member.key(), member.value().as_int64());
    std::string text;
    for (const auto& [name, count] : sorted) text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count);
    return text;
  }

  const JobId id = *JobId::parse(std::string(32, 'a'));
  const std::string source = model::vertex_id("source");
  ClusterState state;
  TaskTable table;
  WorkerTable workers;
  model::RestartStrategy strategy = model::FixedDelayRestart{2, 1000};
};

TEST_F(TaskViewsTest, CountsFollowTheRecords) {
  EXPECT_EQ(counts(overview()), "created 5, total 5");
  start({0, 0}, kBegin + 10);
  start({0, 1}, kBegin + 20, "w-2");
  EXPECT_EQ(counts(overview()), "running 2, scheduled 3, total 5");
  EXPECT_EQ(counts(sources(followed()).at("tasks")), "RUNNING 2");
  EXPECT_EQ(counts(details(followed()).at("vertices").at(1).at("tasks")), "SCHEDULED 3");
  EXPECT_EQ(counts(details(followed()).at("status-counts")), "CREATED 1, RUNNING 1") << "of the vertices";
  end({0, 0}, AttemptEnd::finished, kBegin + 500);
  EXPECT_EQ(counts(overview()), "finished 1, running 1, scheduled 3, total 5");
  end({0, 1}, AttemptEnd::failed, kBegin + 600, "exit status 3");
  EXPECT_EQ(counts(overview()), "failed 1, finished 1, scheduled 3, total 5");
  EXPECT_EQ(sources(followed()).at("status"), "FAILED") << "until it is started again";
  start({0, 1}, kBegin + 700);
  EXPECT_EQ(counts(overview()), "finished 1, running 1, scheduled 3, total 5");
}

TEST_F(TaskViewsTest, WhatIsCancelledIsCanceling) {
  start({0, 0}, kBegin + 10);
  start({0, 1}, kBegin + 10);
  hear({0, 0}, Phase::running, kBegin + 20);
  apply(CancelJob{id}, kBegin + 30);
  EXPECT_EQ(counts(overview()), "canceled 3, canceling 2, total 5");
  for (const LiveView& view : {led(), followed()}) EXPECT_EQ(sources(view).at("status"), "CANCELING");
  end({0, 0}, AttemptEnd::canceled, kBegin + 40);
  end({0, 1}, AttemptEnd::canceled, kBegin + 50);
  EXPECT_EQ(counts(overview()), "canceled 5, total 5");
  const json::value shown = sources(followed());
  EXPECT_EQ(shown.at("status"), "CANCELED");
  EXPECT_EQ(shown.at("start-time"), kBegin + 10);
  EXPECT_EQ(shown.at("end-time"), kBegin + 50);
  EXPECT_EQ(shown.at("duration"), 40);
}

TEST_F(TaskViewsTest, AVertexRunsFromItsFirstTaskToItsLast) {
  EXPECT_EQ(sources(followed()).at("start-time"), -1);
  EXPECT_EQ(sources(followed()).at("duration"), -1);
  start({0, 1}, kBegin + 100);
  start({0, 0}, kBegin + 50);
  end({0, 0}, AttemptEnd::finished, kBegin + 900);
  EXPECT_EQ(sources(followed()).at("status"), "RUNNING");
  EXPECT_EQ(sources(followed()).at("start-time"), kBegin + 50);
  EXPECT_EQ(sources(followed()).at("end-time"), -1);
  EXPECT_EQ(sources(followed()).at("duration"), 950);
  end({0, 1}, AttemptEnd::finished, kBegin + 950);
  EXPECT_EQ(sources(followed()).at("status"), "FINISHED");
  EXPECT_EQ(sources(followed()).at("end-time"), kBegin + 950);
  EXPECT_EQ(sources(followed()).at("duration"), 900);
}

TEST_F(TaskViewsTest, ALeaderKnowsHowFarTheyAre) {
  start({0, 0}, kBegin + 10);
  start({0, 1}, kBegin + 10);
  EXPECT_EQ(counts(sources(led()).at("tasks")), "RECONCILING 2") << "nobody has said anything of them";
  EXPECT_EQ(sources(led()).at("status"), "RECONCILING");
  hear({0, 0}, Phase::deploying);
  hear({0, 1}, Phase::deploying);
  EXPECT_EQ(counts(sources(led()).at("tasks")), "DEPLOYING 2");
  EXPECT_EQ(sources(led()).at("status"), "CREATED") << "as Flink has it";
  hear({0, 0}, Phase::initializing, kBegin + 20);
  EXPECT_EQ(sources(led()).at("status"), "INITIALIZING");
  hear({0, 0}, Phase::running, kBegin + 30);
  EXPECT_EQ(counts(sources(led()).at("tasks")), "DEPLOYING 1, RUNNING 1");
  EXPECT_EQ(sources(led()).at("status"), "RUNNING");
  hear({0, 1}, Phase::canceling);
  EXPECT_EQ(sources(led()).at("status"), "CANCELING");
  hear({0, 1}, Phase::running, kBegin + 30, 7);
  EXPECT_EQ(counts(sources(led()).at("tasks")), "RECONCILING 1, RUNNING 1") << "it is of another attempt";
  EXPECT_EQ(counts(sources(followed()).at("tasks")), "RUNNING 2");
}

TEST_F(TaskViewsTest, StatusesAsFlinkAggregatesThem) {
  const auto of = [](std::initializer_list<TaskState> states) {
    TaskCounts all{};
    for (const TaskState each : states) ++all[static_cast<std::size_t>(each)];
    return aggregate(all);
  };
  using enum TaskState;
  EXPECT_EQ(of({}), created);
  EXPECT_EQ(of({created, scheduled, deploying}), created);
  EXPECT_EQ(of({finished, scheduled}), running);
  EXPECT_EQ(of({finished, finished}), finished);
  EXPECT_EQ(of({finished, running}), running);
  EXPECT_EQ(of({running, initializing}), initializing);
  EXPECT_EQ(of({initializing, canceled}), canceled);
  EXPECT_EQ(of({canceled, canceling}), canceling);
  EXPECT_EQ(of({canceling, failed}), failed);
  EXPECT_EQ(of({reconciling, running}), running);
  EXPECT_EQ(of({reconciling, finished, created}), reconciling);
}

TEST_F(TaskViewsTest, OneVertex) {
  start({0, 1}, kBegin + 10, "w-2");
  hear({0, 1}, Phase::running, kBegin + 40);
  const json::value shown = parsed(*vertex_json(led(), id, source, kBegin + 100));
  EXPECT_EQ(shown.at("name"), "source");
  EXPECT_EQ(shown.at("parallelism"), 2);
  const json::value& never = shown.at("subtasks").at(0);
  EXPECT_EQ(never.at("status"), "SCHEDULED");
  EXPECT_EQ(never.at("host"), "(unassigned)");
  EXPECT_EQ(never.at("start-time"), -1);
  EXPECT_FALSE(never.as_object().contains("pid"));
  const json::value& runs = shown.at("subtasks").at(1);
  EXPECT_EQ(runs.at("status"), "RUNNING");
  EXPECT_EQ(runs.at("taskmanager-id"), "w-2");
  EXPECT_EQ(runs.at("host"), "host-of-w-2");
  EXPECT_EQ(runs.at("duration"), 90);
  EXPECT_EQ(runs.at("status-duration").at("DEPLOYING"), 30);
  EXPECT_EQ(runs.at("status-duration").at("RUNNING"), 60);
  EXPECT_EQ(runs.at("pid"), 42);
  EXPECT_EQ(runs.at("ports").at("in"), 7000);
  const json::value& spent = shown.at("aggregated").at("status-duration").at("RUNNING");
  EXPECT_EQ(spent.at("sum"), 60);
  EXPECT_EQ(spent.at("p95"), 60);
  EXPECT_EQ(parsed(*subtask_json(led(), id, source, 1, std::nullopt, kBegin + 100)), runs);
  EXPECT_EQ(parsed(*subtask_json(led(), id, source, 1, 0, kBegin + 100)), runs);
}

TEST_F(TaskViewsTest, StatisticsAreOfTheNearestRank) {
  start({0, 0}, kBegin + 10);
  start({0, 1}, kBegin + 60);
  const json::value shown = parsed(*vertex_json(followed(), id, source, kBegin + 100));
  EXPECT_EQ(shown.at("aggregated").at("status-duration").at("RUNNING"),
            parsed(R"({"min":40,"max":90,"avg":65,"sum":130,"median":40,"p25":40,"p75":90,"p95":90})"));
}

TEST_F(TaskViewsTest, TimesOfSubtasks) {
  start({0, 0}, kBegin + 10);
  hear({0, 0}, Phase::running, kBegin + 40);
  start({0, 1}, kBegin + 10);
  end({0, 1}, AttemptEnd::finished, kBegin + 70);
  const json::value shown = parsed(*subtask_times_json(led(), id, source, kBegin + 100)).at("subtasks");
  EXPECT_EQ(shown.at(0).at("timestamps").at("DEPLOYING"), kBegin + 10);
  EXPECT_EQ(shown.at(0).at("timestamps").at("RUNNING"), kBegin + 40);
  EXPECT_EQ(shown.at(0).at("timestamps").at("FINISHED"), 0);
  EXPECT_EQ(shown.at(0).at("duration"), 90);
  EXPECT_EQ(shown.at(1).at("timestamps").at("FINISHED"), kBegin + 70);
  EXPECT_EQ(shown.at(1).at("duration"), 60);
}

TEST_F(TaskViewsTest, TheWorkersOfAVertex) {
  start({1, 0}, kBegin + 10, "w-2");
  start({1, 2}, kBegin + 20, "w-2");
  const json::value shown =
      parsed(*vertex_workers_json(followed(), id, model::vertex_id("sum"), kBegin + 100)).at("taskmanagers");
  ASSERT_EQ(shown.as_array().size(), 2U);
  EXPECT_EQ(shown.at(0).at("taskmanager-id"), "(unassigned)");
  EXPECT_EQ(counts(shown.at(0).at("status-counts")), "SCHEDULED 1");
  EXPECT_EQ(shown.at(1).at("taskmanager-id"), "w-2");
  EXPECT_EQ(shown.at(1).at("host"), "host-of-w-2");
  EXPECT_EQ(shown.at(1).at("status"), "RUNNING");
  EXPECT_EQ(shown.at(1).at("start-time"), kBegin + 10);
  EXPECT_EQ(counts(shown.at(1).at("status-counts")), "RUNNING 2");
}

TEST_F(TaskViewsTest, WhatIsNotThereIsNamed) {
  start({0, 0}, kBegin);
  end({0, 0}, AttemptEnd::failed, kBegin + 1, "x");
  start({0, 0}, kBegin + 2);
  const auto fault = [&](const Result<std::string>& result) {
    return result.has_error() ? result.error().text : *result;
  };
  EXPECT_EQ(fault(vertex_json(led(), *JobId::parse(std::string(32, 'b')), source, kBegin)),
            "Job " + std::string(32, 'b') + " not found");
  EXPECT_EQ(fault(vertex_json(led(), id, std::string(32, '0'), kBegin)),
            "JobVertex " + std::string(32, '0') + " not found in job " + id.text());
  EXPECT_EQ(fault(subtask_json(led(), id, source, 2, std::nullopt, kBegin)), "Subtask 2 not found: source has 0 to 1");
  EXPECT_EQ(fault(subtask_json(led(), id, source, 0, 0, kBegin)),
            "Attempt 0 not found: only the newest is remembered, which is 1");
  EXPECT_FALSE(subtask_json(led(), id, source, 0, 1, kBegin).has_error());
}

// ---- what a job waits for ----

TEST_F(TaskViewsTest, AJobSaysWhatItWaitsFor) {
  WorkerEntry worker;
  worker.about.id = "w-1";
  worker.about.slots = 1;
  workers.put(worker);
  EXPECT_FALSE(details(followed()).as_object().contains("waiting"));
  EXPECT_EQ(details(led()).at("waiting"), parsed(R"({"needed":2,"free":1,"total":1,"labels":[]})"))
      << "it is behind others";
  table.set_lack(id.text(), SlotLack{4, 1, 3});
  EXPECT_EQ(details(led()).at("waiting"), parsed(R"({"needed":4,"free":1,"total":3,"labels":[]})"));
  start({0, 0}, kBegin);
  EXPECT_TRUE(details(led()).as_object().contains("waiting")) << "the rest of it does";
  table.set_lack(id.text(), std::nullopt);
  EXPECT_FALSE(details(led()).as_object().contains("waiting"));
  table.set_lack(id.text(), SlotLack{4, 1, 3});
  apply(CancelJob{id}, kBegin);
  EXPECT_FALSE(details(led()).as_object().contains("waiting"));
}

TEST_F(TaskViewsTest, ATableTellsOnceOfEachChange) {
  EXPECT_FALSE(table.take_changed());
  table.erase(id, {0, 0});
  table.set_lack(id.text(), std::nullopt);
  EXPECT_FALSE(table.take_changed());
  hear({0, 0}, Phase::deploying);
  EXPECT_TRUE(table.take_changed());
  EXPECT_FALSE(table.take_changed());
  const TaskTable shared = table.share();
  table.erase(id, {0, 0});
  EXPECT_TRUE(table.take_changed());
  EXPECT_EQ(table.find(id, {0, 0}), nullptr);
  EXPECT_NE(shared.find(id, {0, 0}), nullptr);
  table.set_lack(id.text(), SlotLack{1, 0, 0});
  EXPECT_TRUE(table.take_changed());
  table.set_lack(id.text(), SlotLack{1, 0, 0});
  EXPECT_FALSE(table.take_changed());
}

// ---- failures ----

TEST_F(TaskViewsTest, AJobThatNeverFailedHasNoExceptions) {
  EXPECT_EQ(job_exceptions_json(state, id, 20),
            R"({"root-exception":null,"timestamp":null,"all-exceptions":[],"truncated":false,)"
            R"("exceptionHistory":{"entries":[],"truncated":false}})");
  EXPECT_EQ(job_exceptions_json(state, *JobId::parse(std::string(32, 'b')), 20), std::nullopt);
}

TEST_F(TaskViewsTest, FailuresAreExceptionsTheNewestFirst) {
  start({0, 0}, kBegin);
  end({0, 0}, AttemptEnd::failed, kBegin + 5, "exit status 3\nlast words");
  apply(FailJob{id, "no slots", strategy, 1}, kBegin + 9);
  const json::value all = parsed(*job_exceptions_json(state, id, 20));
  EXPECT_EQ(all.at("root-exception"), "no slots");
  EXPECT_EQ(all.at("timestamp"), kBegin + 9);
  EXPECT_EQ(all.at("truncated"), false);
  ASSERT_EQ(all.at("all-exceptions").as_array().size(), 1U) << "those of tasks";
  const json::value& of_task = all.at("all-exceptions").at(0);
  EXPECT_EQ(of_task.at("exception"), "exit status 3\nlast words");
  EXPECT_EQ(of_task.at("task"), "task 0/0");
  EXPECT_EQ(of_task.at("location"), "host-of-w-1");
  EXPECT_EQ(of_task.at("taskManagerId"), "w-1");
  const json::value& entries = all.at("exceptionHistory").at("entries");
  ASSERT_EQ(entries.as_array().size(), 2U);
  EXPECT_EQ(entries.at(0).at("exceptionName"), "no slots");
  EXPECT_FALSE(entries.at(0).as_object().contains("taskName"));
  EXPECT_EQ(entries.at(1).at("exceptionName"), "exit status 3");
  EXPECT_EQ(entries.at(1).at("stacktrace"), "exit status 3\nlast words");
  EXPECT_EQ(entries.at(1).at("taskName"), "task 0/0");
  const json::value one = parsed(*job_exceptions_json(state, id, 1));
  EXPECT_EQ(one.at("exceptionHistory").at("entries").as_array().size(), 1U);
  EXPECT_EQ(one.at("exceptionHistory").at("truncated"), true);
  EXPECT_EQ(one.at("root-exception"), "no slots");
}

TEST_F(TaskViewsTest, WhatWasDroppedIsTruncated) {
  model::JobState job = *state.jobs().find(id.text())->state;
  for (std::size_t i = 0; i <= model::kJobFailuresMax; ++i)
    job.add_failure({kBegin + static_cast<WallMs>(i), "count (1/2)", "w", "h", "x"});
  state.apply(model::Record::put(job_state_key(id), model::encode_job_state(job)));
  const json::value all = parsed(*job_exceptions_json(state, id, 20));
  EXPECT_EQ(all.at("exceptionHistory").at("entries").as_array().size(), model::kJobFailuresMax);
  EXPECT_EQ(all.at("exceptionHistory").at("truncated"), true);
  EXPECT_EQ(all.at("truncated"), true);
}

}  // namespace
}  // namespace stellwerk::jobs
