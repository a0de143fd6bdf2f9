#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "model/job_spec_reader.h"

namespace stellwerk::model {
namespace {

/// The error's text of a spec that must be refused.
std::string fault_of(std::string_view text, DocKind kind = DocKind::yaml) {
  const auto read = read_job_spec(text, kind);
  if (read) return "accepted: " + read->canonical;
  EXPECT_EQ(read.error().code, Errc::invalid) << read.error().text;
  return read.error().text;
}

/// One vertex with further fields, on line 3.
std::string with_vertex(std::string_view fields) {
  return "name: j\nvertices:\n  - {name: v, command: [sh], " + std::string(fields) + "}\n";
}
std::string with_job(std::string_view fields) {
  return "name: j\nvertices: [{name: v, command: [sh]}]\n" + std::string(fields) + "\n";
}

struct Case {
  std::string text;
  std::string fault;

  friend void PrintTo(const Case& value, std::ostream* out) { *out << value.text; }
};

class JobSpecFaults : public testing::TestWithParam<Case> {};

TEST_P(JobSpecFaults, NamePlaceValueAndWhatIsAccepted) {
  EXPECT_EQ(fault_of(GetParam().text), "job spec: " + GetParam().fault);
}

constexpr const char* kDuration = "a duration such as 500 ms, 10 s, 5 min, 1 h or 1 d (a bare number is ms), from ";

const std::string kSize = "a size such as 512 MiB, 512m or 1g (a bare number is bytes), from ";

INSTANTIATE_TEST_SUITE_P(
    Limits, JobSpecFaults,
    testing::Values(
        Case{with_vertex("limits: 7"), "vertices[0].limits is 7 (line 3, column 38), must be an object"},
        Case{with_vertex("limits: {memory: 512 MX}"),
             "vertices[0].limits.memory is \"512 MX\" (line 3, column 47), must be " + kSize + "1 MiB"},
        Case{with_vertex("limits: {memory: 4k}"),
             "vertices[0].limits.memory is \"4k\" (line 3, column 47), must be " + kSize + "1 MiB"},
        Case{with_vertex("limits: {file-size: -1}"),
             "vertices[0].limits.file-size is -1 (line 3, column 50), must be " + kSize + "0 bytes"},
        Case{with_vertex("limits: {cpus: 0}"),
             "vertices[0].limits.cpus is 0 (line 3, column 45), must be a number from 0.01 to 10000"},
        Case{with_vertex("limits: {processes: many}"),
             "vertices[0].limits.processes is \"many\" (line 3, column 50), must be a whole number from 1 to 4194304"},
        Case{with_vertex("limits: {mem: 1g}"),
             "vertices[0].limits.mem (line 3, column 39) is not a known field, known are memory, cpus, processes, "
             "open-files, file-size, core-size"}));

INSTANTIATE_TEST_SUITE_P(
    Document, JobSpecFaults,
    testing::Values(Case{"", "the document is empty"}, Case{"# nothing\n", "the document is empty"},
                    Case{"[]", "the document is an empty list (line 1, column 1), must be an object"},
                    Case{"word-count", "the document is \"word-count\" (line 1, column 1), must be an object"},
                    Case{with_job("name: k"), "name (line 3, column 1) is given twice"},
                    Case{with_job("retsart-strategy: none"),
                         "retsart-strategy (line 3, column 1) is not a known field (did you mean restart-strategy?), "
                         "known are name, "
                         "vertices, restart-strategy, checkpointing, at-most-one, artifact, jobId"},
                    Case{with_job("\"evil\\e[31m\": 1"),
                         "[\"evil\\u001b[31m\"] (line 3, column 1) is not a known field, known are name, vertices, "
                         "restart-strategy, "
                         "checkpointing, at-most-one, artifact, jobId"},
                    Case{with_job("at-most-one: yes"),
                         "at-most-one is \"yes\" (line 3, column 14), must be true or false"},
                    Case{with_job("jobId: 12"), "jobId is 12 (line 3, column 8), must be 32 hexadecimal digits"},
                    Case{with_job("jobId: xyz"), "jobId is \"xyz\" (line 3, column 8), must be 32 hexadecimal digits"},
                    Case{"name: j", "vertices is missing (line 1, column 1), must be a list of 1 to 1000 vertices"},
                    Case{"{name: j, vertices: []}",
                         "vertices is an empty list (line 1, column 21), must be a list of 1 to 1000 vertices"}));

INSTANTIATE_TEST_SUITE_P(
    Artifact, JobSpecFaults,
    testing::Values(
        Case{with_job("artifact: x.jar"), "artifact is \"x.jar\" (line 3, column 11), must be an object"},
        Case{with_job("artifact: {sha256: " + std::string(64, 'a') + ", size: 1, name: x.jar}"),
             "artifact.kind is missing (line 3, column 11), must be bundle or jar"},
        Case{with_job("artifact: {sha256: " + std::string(64, 'a') + ", size: 1, name: x.jar, kind: war}"),
             "artifact.kind is \"war\" (line 3, column 114), must be bundle or jar"},
        Case{with_job("artifact: {sha256: ../x, size: 1, name: x.jar, kind: jar}"),
             "artifact.sha256 is \"../x\" (line 3, column 20), must be 64 hexadecimal digits in lower case"},
        Case{with_job("artifact: {sha256: " + std::string(64, 'a') + ", size: 67108865, name: x.jar, kind: jar}"),
             "artifact.size is 67108865 (line 3, column 92), must be a whole number from 1 to 67108864"},
        Case{with_job("artifact: {sha256: " + std::string(64, 'a') + ", size: 1, name: .., kind: jar}"),
             "artifact.name is \"..\" (line 3, column 101), must be 1 to 255 bytes of printable text without '/' and "
             "without a blank at either end"}));

INSTANTIATE_TEST_SUITE_P(
    Names, JobSpecFaults,
    testing::Values(
        Case{"{name: 5, vertices: [{name: v, command: [sh]}]}",
             "name is 5 (line 1, column 8), must be 1 to 256 bytes of printable text without a blank at either end"},
        Case{"{name: \"a\\nb\", vertices: [{name: v, command: [sh]}]}",
             "name is \"a\\nb\" (line 1, column 8), must be 1 to 256 bytes of printable text without a blank at either "
             "end"},
        Case{"{name: \" a\", vertices: [{name: v, command: [sh]}]}",
             "name is \" a\" (line 1, column 8), must be 1 to 256 bytes of printable text without a blank at either "
             "end"},
        Case{"{name: j, vertices: [{name: ../v, command: [sh]}]}",
             "vertices[0].name is \"../v\" (line 1, column 29), must be 1 to 128 bytes of printable text without '/' "
             "and "
             "without a blank at either end"},
        Case{"{name: j, vertices: [{name: a, command: [sh]}, {name: a, command: [sh]}]}",
             "vertices[1].name is \"a\" (line 1, column 55), must be another name than vertices[0].name"},
        Case{"{name: j, vertices: [{name: a-b, ports: [x], command: [sh]}, {name: A_b, ports: [y], command: [sh]}]}",
             "vertices[1].name is \"A_b\" (line 1, column 69), must be another name than vertices[0].name (\"a-b\"): "
             "both "
             "would be \"STELLWERK_PEERS_A_B\""},
        Case{
            "{name: j, vertices: [{name: a, ports: [b], command: [sh]}, {name: a-b, ports: [x], command: [sh]}]}",
            "vertices[1].name is \"a-b\" (line 1, column 67), must be another name than vertices[0].name (\"a\"): both "
            "would be \"STELLWERK_PEERS_A_B\""},
        Case{
            "{name: j, vertices: [{name: a, ports: [b-c], command: [sh]}, {name: a-b, ports: [c], command: [sh]}]}",
            "vertices[1].name is \"a-b\" (line 1, column 69), must be another name than vertices[0].name (\"a\"): both "
            "would be \"STELLWERK_PEERS_A_B_C\""},
        Case{with_vertex("ports: [in, out, In]"),
             "vertices[0].ports[2] is \"In\" (line 3, column 47), must be another name than vertices[0].ports[0] "
             "(\"in\"): both would be \"STELLWERK_PORT_IN\""},
        Case{with_vertex("ports: [a b]"),
             "vertices[0].ports[0] is \"a b\" (line 3, column 38), must be 1 to 64 letters, digits, '-' or '_'"},
        Case{with_vertex("labels: [gpu, a b]"),
             "vertices[0].labels[1] is \"a b\" (line 3, column 44), must be 1 to 64 letters, digits, '-', '_', '.', "
             "'/', "
             "':' or '='"},
        Case{with_vertex("labels: gpu"),
             "vertices[0].labels is \"gpu\" (line 3, column 38), must be a list of 0 to 32 labels of workers"},
        Case{with_vertex("env: {1A: x}"),
             "vertices[0].env.1A (line 3, column 36) has a name that is not accepted, must be letters, digits and '_', "
             "no "
             "digit first"},
        Case{with_vertex("env: {STELLWERK_EPOCH: x}"),
             "vertices[0].env.STELLWERK_EPOCH (line 3, column 36) has a name that is not accepted, must not begin with "
             "STELLWERK_"}));

INSTANTIATE_TEST_SUITE_P(
    Vertices, JobSpecFaults,
    testing::Values(
        Case{"{name: j, vertices: [{name: v}]}",
             "vertices[0].command is missing (line 1, column 22), must be a list of strings, the program first"},
        Case{"{name: j, vertices: [{name: v, command: sleep 5}]}",
             "vertices[0].command is \"sleep 5\" (line 1, column 41), must be a list of 1 to 1024 strings, the program "
             "first"},
        Case{"{name: j, vertices: [{name: v, command: [sleep, 5]}]}",
             "vertices[0].command[1] is 5 (line 1, column 49), must be a string (put it in quotes)"},
        Case{"{name: j, vertices: [{name: v, command: ['']}]}",
             "vertices[0].command[0] is \"\" (line 1, column 42), must be the program to run"},
        Case{with_vertex("parallelism: 0"),
             "vertices[0].parallelism is 0 (line 3, column 43), must be a whole number from 1 to 32768"},
        Case{with_vertex("parallelism: 32769"),
             "vertices[0].parallelism is 32769 (line 3, column 43), must be a whole number from 1 to 32768"},
        Case{with_vertex("parallelism: 2.0"),
             "vertices[0].parallelism is 2 (line 3, column 43), must be a whole number from 1 to 32768"},
        Case{with_vertex("parallelism: '4'"),
             "vertices[0].parallelism is \"4\" (line 3, column 43), must be a whole number from 1 to 32768"},
        Case{with_vertex("paralelism: 4"),
             "vertices[0].paralelism (line 3, column 30) is not a known field (did you mean parallelism?), known are "
             "name, command, parallelism, env, inputs, ports, labels, limits"},
        Case{with_vertex("env: {A: 5}"),
             "vertices[0].env.A is 5 (line 3, column 39), must be a string (put it in quotes)"},
        Case{with_vertex("env:"), "vertices[0].env is null (line 3, column 34), must be an object"},
        Case{"{name: j, vertices: [{name: a, command: [sh], parallelism: 32768}, {name: b, command: [sh], parallelism: "
             "32768}, {name: c, command: [sh], parallelism: 32768}, {name: d, command: [sh], parallelism: 1697}]}",
             "vertices have 100001 subtasks together, accepted are at most 100000"}));

INSTANTIATE_TEST_SUITE_P(
    Inputs, JobSpecFaults,
    testing::Values(
        Case{with_vertex("inputs: [{from: w}]"),
             "vertices[0].inputs[0].from is \"w\" (line 3, column 46), must be the name of another vertex"},
        Case{
            with_vertex("inputs: [{from: v}]"),
            "vertices[0].inputs[0].from is \"v\" (line 3, column 46), must be the name of another vertex, not its own"},
        Case{with_vertex("inputs: [v]"), "vertices[0].inputs[0] is \"v\" (line 3, column 39), must be an object"},
        Case{with_vertex("inputs: [{}]"),
             "vertices[0].inputs[0].from is missing (line 3, column 39), must be the name of another vertex"},
        Case{"name: j\nvertices:\n- {name: source, command: [sh]}\n- {name: b, command: [sh], inputs: [{from: "
             "sorce}]}",
             "vertices[1].inputs[0].from is \"sorce\" (line 4, column 44), must be the name of another vertex (did you "
             "mean \"source\"?)"},
        Case{
            "name: j\nvertices:\n- {name: a, command: [sh]}\n- {name: b, command: [sh], inputs: [{from: a}, {from: "
            "a}]}",
            "vertices[1].inputs[1].from is \"a\" (line 4, column 55), must be named once among the inputs of a vertex"},
        Case{"name: j\nvertices:\n- {name: a, command: [sh]}\n- {name: b, command: [sh], inputs: [{from: a, exchange: "
             "batch}]}",
             "vertices[1].inputs[0].exchange is \"batch\" (line 4, column 57), must be pipelined or blocking"},
        Case{"name: j\nvertices:\n- {name: a, command: [sh]}\n- {name: b, command: [sh], inputs: [{from: a, output: "
             "durable}]}",
             "vertices[1].inputs[0].output is \"durable\" (line 4, column 55), must be left out unless exchange is "
             "blocking"},
        Case{"name: j\nvertices:\n- {name: a, command: [sh], inputs: [{from: c}]}\n- {name: b, command: [sh], inputs: "
             "[{from: a}]}\n- {name: c, command: [sh], inputs: [{from: b}]}",
             "vertices have inputs that go in a circle: \"b\" -> \"c\" -> \"a\" -> \"b\", must have none"}));

INSTANTIATE_TEST_SUITE_P(
    Policies, JobSpecFaults,
    testing::Values(
        Case{with_job("restart-strategy: sometimes"),
             "restart-strategy is \"sometimes\" (line 3, column 19), must be none (or off, disable), fixed-delay, "
             "failure-rate or exponential-delay, as a string"},
        Case{with_job("restart-strategy: {attempts: 3}"),
             "restart-strategy.type is missing (line 3, column 19), must be none (or off, disable), fixed-delay, "
             "failure-rate or exponential-delay, as a string"},
        Case{with_job("restart-strategy: 3"),
             "restart-strategy is 3 (line 3, column 19), must be an object with a type, or none (or off, disable), "
             "fixed-delay, failure-rate or exponential-delay, as a string"},
        Case{with_job("restart-strategy: {type: none, attempts: 3}"),
             "restart-strategy.attempts (line 3, column 32) is not a known field, known are type"},
        Case{with_job("restart-strategy: {type: fixed-delay, attempts: -1}"),
             "restart-strategy.attempts is -1 (line 3, column 49), must be a whole number from 0 to 2147483647"},
        Case{with_job("restart-strategy: {type: fixed-delay, delay: soon}"),
             "restart-strategy.delay is \"soon\" (line 3, column 46), must be " + std::string(kDuration) +
                 "0 to 315360000000 ms"},
        Case{with_job("restart-strategy: {type: exponential-delay, initial-backoff: 2 s, max-backoff: 1 s}"),
             "restart-strategy.max-backoff is \"1 s\" (line 3, column 80), must be " + std::string(kDuration) +
                 "2000 to 315360000000 ms"},
        Case{with_job("restart-strategy: {type: exponential-delay, backoff-multiplier: 0.5}"),
             "restart-strategy.backoff-multiplier is 0.5 (line 3, column 65), must be a number from 1 to 1000"},
        Case{with_job("restart-strategy: {type: exponential-delay, jitter-factor: 1.5}"),
             "restart-strategy.jitter-factor is 1.5 (line 3, column 60), must be a number from 0 to 1"},
        Case{with_job("checkpointing: {timeout: 1 min}"),
             "checkpointing.interval is missing (line 3, column 16), must be a duration such as 10 s"},
        Case{with_job("checkpointing: {interval: 9 ms}"),
             "checkpointing.interval is \"9 ms\" (line 3, column 27), must be " + std::string(kDuration) +
                 "10 to 315360000000 ms"},
        Case{with_job("checkpointing: {interval: 1 s, num-retained: 0}"),
             "checkpointing.num-retained is 0 (line 3, column 46), must be a whole number from 1 to 1000"}));

TEST(JobSpecFaultsOfJson, NamePathsWithoutLines) {
  EXPECT_EQ(fault_of(R"({"name":"j","vertices":[{"name":"v","command":["sh"],"parallelism":"four"}]})", DocKind::json),
            R"(job spec: vertices[0].parallelism is "four", must be a whole number from 1 to 32768)");
  EXPECT_EQ(fault_of("{\"name\":\n\"j\",}", DocKind::json),
            "job spec: the document is not JSON: syntax error (line 2, column 5)");
}

TEST(JobSpecFaultsTogether, AreAllNamedAtOnce) {
  EXPECT_EQ(fault_of(R"({"name":"","vertices":[{"name":"v","command":[]},{"name":"v","command":["a",1],"x":2}]})",
                     DocKind::json),
            "job spec has 5 faults: "
            "(1) name is \"\", must be 1 to 256 bytes of printable text without a blank at either end; "
            "(2) vertices[0].command is an empty list, must be a list of 1 to 1024 strings, the program first; "
            "(3) vertices[1].x is not a known field, known are name, command, parallelism, env, inputs, ports, labels, "
            "limits; "
            "(4) vertices[1].name is \"v\", must be another name than vertices[0].name; "
            "(5) vertices[1].command[1] is 1, must be a string (put it in quotes)");
}

TEST(JobSpecFaultsTogether, StayBoundedHoweverManyThereAre) {
  std::string text = "{\"name\":\"j\",\"vertices\":[{\"name\":\"v\",\"command\":[\"sh\"]";
  for (int i = 0; i < 50'000; ++i) text += ",\"" + std::string(10, 'x') + std::to_string(i) + "\":0";
  const std::string fault = fault_of(text + "}]}", DocKind::json);
  EXPECT_EQ(fault.rfind("job spec has 50000 faults: (1) ", 0), 0U) << fault.substr(0, 200);
  EXPECT_NE(fault.find("; and 49980 more"), std::string::npos);
  EXPECT_LT(fault.size(), 20U * 400);
}

TEST(JobSpecFaultsTogether, LongCyclesAreCut) {
  std::string text = "{name: j, vertices: [";
  for (int i = 0; i < 1000; ++i)
    text += "{name: v" + std::to_string(i) + ", command: [sh], inputs: [{from: v" + std::to_string((i + 999) % 1000) +
            "}]}, ";
  EXPECT_EQ(fault_of(text + "]}"),
            "job spec: vertices have inputs that go in a circle: \"v1\" -> \"v2\" -> \"v3\" -> \"v4\" -> \"v5\" -> "
            "\"v6\" -> \"v7\" -> \"v8\" -> ... -> \"v1\", must have none");
}

TEST(JobSpecSize, IsLimitedAsSentAndAsKept) {
  const std::string head = "{name: j, vertices: [{name: v, command: [sh], env: {";
  std::string text = head;
  for (int i = 0; text.size() < kJobSpecBytesMax; ++i)
    text += "A" + std::to_string(i) + ": '" + std::string(100'000, 'x') + "', ";
  auto read = read_job_spec(text + "}}]}", DocKind::yaml);
  ASSERT_TRUE(read.has_error());
  EXPECT_EQ(read.error().code, Errc::too_large);

  // A tab takes one byte in YAML and two in JSON.
  text = head;
  for (int i = 0; text.size() < kJobSpecBytesMax * 3 / 4; ++i)
    text += "A" + std::to_string(i) + ": \"x" + std::string(100'000, '\t') + "x\", ";
  read = read_job_spec(text + "}}]}", DocKind::yaml);
  ASSERT_TRUE(read.has_error());
  EXPECT_EQ(read.error().code, Errc::too_large);
  EXPECT_NE(read.error().text.find("bytes as JSON, accepted are at most 1048576"), std::string::npos)
      << read.error().text;
}

TEST(JobSpecSize, ArgumentsAndNamesAreLimited) {
  const std::string argument(kArgumentBytesMax + 1, 'x');
  EXPECT_EQ(fault_of("{name: j, vertices: [{name: v, command: [sh, " + argument + "]}]}"),
            "job spec: vertices[0].command[1] is \"" + std::string(64, 'x') +
                "...\" (line 1, column 46), must be at most 131071 bytes long");
  EXPECT_EQ(fault_of("{name: j, vertices: [{name: v, command: [sh], env: {A: " + argument.substr(2) + "}}]}"),
            "job spec: vertices[0].env.A is \"" + std::string(64, 'x') +
                "...\" (line 1, column 56), must be at most 131071 bytes long with its name")
      << "A= and the value";
  EXPECT_NE(fault_of("{name: " + std::string(257, 'n') + ", vertices: [{name: v, command: [sh]}]}").find("1 to 256"),
            std::string::npos);
}

}  // namespace
}  // namespace stellwerk::model
