#include "model/job_spec_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "base/sha256.h"

namespace stellwerk::model {
namespace {

constexpr std::string_view kWordCount = R"(
name: word-count
vertices:
  - name: source
    command: [./source, --port, "8888"]
    parallelism: 2
    env: {LANG: C.UTF-8}
  - name: count
    command: [python3, count.py]
    parallelism: 4
    inputs: [{from: source, exchange: pipelined}]
    ports: [in]
restart-strategy: {type: exponential-delay, initial-backoff: 1 s, max-backoff: 1 min}
checkpointing: {interval: 10 s, timeout: 10 min, num-retained: 3}
)";

constexpr std::string_view kWordCountCanonical =
    R"({"checkpointing":{"interval":"10 s","num-retained":3,"timeout":"10 min"},"name":"word-count",)"
    R"("restart-strategy":{"initial-backoff":"1 s","max-backoff":"1 min","type":"exponential-delay"},)"
    R"("vertices":[{"command":["./source","--port","8888"],"env":{"LANG":"C.UTF-8"},"name":"source","parallelism":2},)"
    R"({"command":["python3","count.py"],"inputs":[{"exchange":"pipelined","from":"source"}],"name":"count",)"
    R"("parallelism":4,"ports":["in"]}]})";

JobSpec word_count() {
  JobSpec spec;
  spec.name = "word-count";
  JobVertex source;
  source.name = "source";
  source.command = {"./source", "--port", "8888"};
  source.parallelism = 2;
  source.environment = {{"LANG", "C.UTF-8"}};
  JobVertex count;
  count.name = "count";
  count.command = {"python3", "count.py"};
  count.parallelism = 4;
  count.inputs = {{.from = 0, .exchange = Exchange::pipelined}};
  count.ports = {"in"};
  spec.vertices = {source, count};
  spec.restart_strategy = ExponentialDelayRestart{.initial_backoff_ms = 1'000, .max_backoff_ms = 60'000};
  spec.checkpointing = Checkpointing{.interval_ms = 10'000, .timeout_ms = 600'000, .num_retained = 3};
  return spec;
}

/// A spec of one vertex with further fields, in flow style: the same text is JSON and YAML.
std::string one_vertex(std::string_view fields) {
  return R"({"name": "j", "vertices": [{"name": "v", "command": ["true"]}])" + std::string(fields) + "}";
}

JobSpec read(std::string_view text) {
  const auto spec = read_job_spec(text, DocKind::yaml);
  EXPECT_TRUE(spec.has_value()) << spec.error().text;
  return spec ? spec->spec : JobSpec{};
}

TEST(JobSpecReader, ReadsTheExampleOfTheManual) {
  const auto read = read_job_spec(kWordCount, DocKind::yaml);
  ASSERT_TRUE(read.has_value()) << read.error().text;
  EXPECT_EQ(read->spec, word_count());
  EXPECT_EQ(read->job_id, std::nullopt);
  EXPECT_EQ(read->canonical, kWordCountCanonical);
  EXPECT_EQ(read->sha256, sha256_hex(kWordCountCanonical));
}

TEST(JobSpecReader, ReadsLimits) {
  const JobSpec spec = read(
      "name: j\nvertices:\n"
      "  - {name: a, command: [sh], limits: {memory: 512m, cpus: 1.5, processes: 200, open-files: 4096, file-size: 1 "
      "GiB, "
      "core-size: 0}}\n"
      "  - {name: b, command: [sh], limits: {cpus: 2, memory: 1073741824}}\n"
      "  - {name: c, command: [sh]}\n");
  EXPECT_EQ(spec.vertices.at(0).limits, (TaskLimits{std::int64_t{512} << 20, 1500, 200, 4096, 1 << 30, 0}));
  EXPECT_EQ(spec.vertices.at(1).limits, (TaskLimits{1 << 30, 2000, {}, {}, {}, {}}));
  EXPECT_EQ(spec.vertices.at(2).limits, TaskLimits{});
}

TEST(JobSpecReader, ReadsItsOwnCanonicalTextAgain) {
  const auto read = read_job_spec(kWordCountCanonical, DocKind::json);
  ASSERT_TRUE(read.has_value()) << read.error().text;
  EXPECT_EQ(read->spec, word_count());
  EXPECT_EQ(read->canonical, kWordCountCanonical);
}

TEST(JobSpecReader, TheJobIdIsNoPartOfTheIdentity) {
  const auto with = read_job_spec(one_vertex(R"(, "jobId": "FD72014D4C864993A2E5A9287B4A9C5D")"), DocKind::json);
  const auto without = read_job_spec(one_vertex(""), DocKind::json);
  ASSERT_TRUE(with.has_value() && without.has_value());
  EXPECT_EQ(with->job_id->text(), "fd72014d4c864993a2e5a9287b4a9c5d");
  EXPECT_EQ(with->canonical, without->canonical);
  EXPECT_EQ(with->sha256, without->sha256);
}

TEST(JobSpecReader, DefaultsAreInTheSpecAndNotInTheIdentity) {
  const auto bare = read_job_spec(one_vertex(""), DocKind::json);
  const auto spelt = read_job_spec(one_vertex(R"(, "at-most-one": false)"), DocKind::json);
  ASSERT_TRUE(bare.has_value() && spelt.has_value());
  EXPECT_EQ(bare->spec, spelt->spec);
  EXPECT_NE(bare->sha256, spelt->sha256);
  EXPECT_EQ(bare->canonical, R"({"name":"j","vertices":[{"command":["true"],"name":"v"}]})");
  EXPECT_EQ(bare->spec.vertices[0].parallelism, 1);
  EXPECT_EQ(bare->spec.restart_strategy, std::nullopt);
  EXPECT_EQ(bare->spec.checkpointing, std::nullopt);
  EXPECT_FALSE(bare->spec.at_most_one);
  EXPECT_TRUE(read(one_vertex(", at-most-one: true")).at_most_one);
}

TEST(JobSpecReader, AnArtifactIsPartOfTheIdentity) {
  const std::string hash(64, 'a');
  const auto with = read_job_spec(
      one_vertex(R"(, "artifact": {"sha256": ")" + hash + R"(", "size": 4711, "name": "x.tar.gz", "kind": "bundle"})"),
      DocKind::json);
  ASSERT_TRUE(with.has_value()) << with.error().text;
  EXPECT_EQ(with->spec.artifact, (ArtifactRef{hash, 4711, "x.tar.gz", ArtifactKind::bundle}));
  const auto again = read_job_spec(with->canonical, DocKind::json);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->spec, with->spec);
  EXPECT_NE(with->sha256, read_job_spec(one_vertex(""), DocKind::json)->sha256);
}

TEST(JobSpecReader, TakesFlinksSpellingsOfRestartStrategies) {
  const auto strategy = [](std::string_view text) {
    return *read(one_vertex(", restart-strategy: " + std::string(text))).restart_strategy;
  };
  for (const char* none : {"none", "off", "disable", "NONE", "{type: off}"})
    EXPECT_EQ(strategy(none), RestartStrategy{NoRestart{}}) << none;
  for (const char* fixed :
       {"fixed-delay", "fixeddelay", "{type: Fixed-Delay}", "{type: fixed-delay, attempts: 1, delay: 1 s}"})
    EXPECT_EQ(strategy(fixed), RestartStrategy{FixedDelayRestart{}}) << fixed;
  EXPECT_EQ(strategy("failurerate"), RestartStrategy{FailureRateRestart{}});
  EXPECT_EQ(strategy("exponentialdelay"), RestartStrategy{ExponentialDelayRestart{}});
}

TEST(JobSpecReader, ReadsEveryParameterOfARestartStrategy) {
  const auto strategy = [](std::string_view text) {
    return *read(one_vertex(", restart-strategy: " + std::string(text))).restart_strategy;
  };
  EXPECT_EQ(strategy("{type: fixed-delay, attempts: 2147483647, delay: 0}"),
            (RestartStrategy{FixedDelayRestart{.attempts = 2'147'483'647, .delay_ms = 0}}));
  EXPECT_EQ(strategy("{type: failure-rate, max-failures-per-interval: 3, failure-rate-interval: 5 min, delay: 10 s}"),
            (RestartStrategy{FailureRateRestart{
                .max_failures_per_interval = 3, .failure_rate_interval_ms = 300'000, .delay_ms = 10'000}}));
  EXPECT_EQ(strategy("{type: exponential-delay, initial-backoff: 2 s, max-backoff: 2 min, backoff-multiplier: 2, "
                     "reset-backoff-threshold: 2 h, jitter-factor: 0.25, attempts-before-reset-backoff: 8}"),
            (RestartStrategy{ExponentialDelayRestart{.initial_backoff_ms = 2'000,
                                                     .max_backoff_ms = 120'000,
                                                     .backoff_multiplier = 2,
                                                     .reset_backoff_threshold_ms = 7'200'000,
                                                     .jitter_factor = 0.25,
                                                     .attempts_before_reset_backoff = 8}}));
  EXPECT_EQ(
      std::get<ExponentialDelayRestart>(strategy("{type: exponential-delay, initial-backoff: 5 min}")).max_backoff_ms,
      300'000)
      << "a default never contradicts what was given";
}

TEST(JobSpecReader, ReadsBlockingInputsAndAnyOrderOfVertices) {
  const JobSpec spec = read(R"(
name: batch
vertices:
  - {name: report, command: [sh], inputs: [{from: sort, exchange: blocking, output: durable}, {from: load}]}
  - {name: sort, command: [sh], inputs: [{from: load, exchange: blocking}]}
  - {name: load, command: [sh]}
)");
  ASSERT_EQ(spec.vertices.size(), 3U);
  EXPECT_EQ(spec.vertices[0].inputs,
            (std::vector<VertexInput>{{.from = 1, .exchange = Exchange::blocking, .output = Output::durable},
                                      {.from = 2, .exchange = Exchange::pipelined, .output = Output::local}}));
  EXPECT_EQ(spec.vertices[1].inputs,
            (std::vector<VertexInput>{{.from = 2, .exchange = Exchange::blocking, .output = Output::local}}));
  EXPECT_EQ(topological_order(spec.vertices), (std::vector<std::size_t>{2, 1, 0}));
}

TEST(JobSpecReader, CheckpointingHasFlinksDefaults) {
  const auto checkpointing = read(one_vertex(", checkpointing: {interval: 1500, min-pause: 1 s}")).checkpointing;
  EXPECT_EQ(checkpointing,
            (Checkpointing{.interval_ms = 1'500, .timeout_ms = 600'000, .min_pause_ms = 1'000, .num_retained = 1}));
}

TEST(JobSpecReader, TakesWhateverTextAProgramMayBeGiven) {
  const JobSpec spec = read(R"y(
name: 计数 → zählen
vertices:
  - name: 源
    command: [python3, -c, "import sys\nprint('\t\x1b')", ""]
    env: {_A1: "x=y\n", empty: ""}
)y");
  EXPECT_EQ(spec.name, "计数 → zählen");
  EXPECT_EQ(spec.vertices[0].command[2], "import sys\nprint('\t\x1b')");
  EXPECT_EQ(spec.vertices[0].environment.at("_A1"), "x=y\n");
}

TEST(JobSpecReader, TakesEveryLimitToTheLast) {
  const std::string name(kJobNameBytesMax, 'n');
  std::string text = "{name: " + name + ", vertices: [";
  for (std::size_t i = 0; i < kVerticesMax; ++i)
    text += (i > 0 ? ", {name: v" : "{name: v") + std::to_string(i) + ", command: [sh], parallelism: 100}";
  const JobSpec spec = read(text + "]}");
  EXPECT_EQ(spec.vertices.size(), kVerticesMax);
  EXPECT_EQ(total_tasks(spec), kTasksMax);
  const std::string argument(kArgumentBytesMax, 'x');
  EXPECT_EQ(read("{name: j, vertices: [{name: v, command: [sh, " + argument + "]}]}").vertices[0].command[1], argument);
}

}  // namespace
}  // namespace stellwerk::model
