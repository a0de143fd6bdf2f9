/// docs/openapi.yaml and docs/rest-api.md say what the endpoints do, no more and no less.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>

#include "model/job_spec.h"
#include "support/temp_dir.h"
#include "unit/api/openapi_fixture.h"

namespace stellwerk::api {
namespace {

using jobs::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Every match of the first group of `pattern`.
std::set<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> out;
  for (std::sregex_iterator it(text.begin(), text.end(), regex); it != std::sregex_iterator(); ++it)
    out.insert((*it)[1]);
  return out;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::set<std::string> keys(const json::object& object) {
  std::set<std::string> out;
  for (const auto& member : object) out.insert(std::string(member.key()));
  return out;
}

// ---- the documents ----

TEST_F(OpenApiTest, TheDocumentIsWhole) {
  EXPECT_THAT(api.check_document(), IsEmpty());
  EXPECT_EQ(api.root().at("info").at("version").as_string(), STELLWERK_VERSION);
}

TEST_F(OpenApiTest, TheDocumentIsServed) {
  const json::value written = yaml_file("docs/openapi.yaml");
  for (const char* path : {"/openapi.json", "/v1/openapi.json"}) {
    const Asking asking = ask(std::string("GET ") + path);
    EXPECT_EQ(asking.status(), 200);
    EXPECT_EQ(asking.sink->answer->content_type, http::kJsonType);
    const auto served = parse_json(asking.body(), path);
    ASSERT_FALSE(served.has_error()) << served.error().text;
    EXPECT_EQ(*served, written);
  }
}

TEST_F(OpenApiTest, WhoHasADocumentIsToldThatItIsTheSame) {
  for (const std::string line : {"GET /openapi.json", "GET /job.schema.json", "GET /jobs", "GET /jobs/overview"}) {
    const auto first = header_list(answered(line).headers());
    const auto tag =
        std::find_if(first.begin(), first.end(), [](const auto& header) { return header.first == "ETag"; });
    ASSERT_NE(tag, first.end()) << line;
    const Asking again = answered(line, "If-None-Match: " + tag->second + "\r\n");
    EXPECT_EQ(again.status(), 304) << line;
    expect_documented(line, again);
    EXPECT_EQ(answered(line, "If-None-Match: \"other\"\r\n").status(), 200) << line;
  }
}

TEST_F(OpenApiTest, PathsAreTheRoutes) {
  std::set<std::string> documented;
  std::set<std::string> ids;
  for (const Operation& operation : operations()) {
    documented.insert(operation.name());
    EXPECT_TRUE(ids.insert(std::string(operation.content.at("operationId").as_string())).second) << operation.name();
    for (const std::string& name : matches(operation.path, R"(\{(\w+)\})"))
      EXPECT_TRUE(operation.declares_parameter(api, "path", name)) << operation.name();
  }
  EXPECT_EQ(documented, routes());
}

TEST_F(OpenApiTest, TheTextNamesTheRoutes) {
  std::set<std::string> named;
  for (const std::string& path : matches(source_file("docs/rest-api.md"), "`((?:GET|POST|PUT|PATCH|DELETE) /[^` ]*)`"))
    named.insert(std::regex_replace(path, std::regex(R"(:(\w+))"), "{$1}"));
  EXPECT_EQ(named, routes());
}

TEST_F(OpenApiTest, WhatTheTextSaysIsMissingIsNoRoute) {
  std::set<std::string> served;
  for (const std::string& route : routes()) served.insert(route.substr(route.find(' ') + 1));
  const std::string text = source_file("docs/rest-api.md");
  std::istringstream table(text.substr(text.find("## What of Flink's is not there")));
  std::set<std::string> missing;
  for (std::string line; std::getline(table, line);) {
    const std::size_t end = line.find(" | | ");
    if (end == std::string::npos) continue;
    for (const std::string& path : matches(line.substr(0, end), "`(/[A-Za-z:/-]+)`"))
      missing.insert(std::regex_replace(path, std::regex(R"(:(\w+))"), "{$1}"));
  }
  EXPECT_TRUE(missing.contains("/jobs/{jobid}/stop"));
  for (const std::string& path : missing) EXPECT_FALSE(served.contains(path)) << path;
}

TEST_F(OpenApiTest, TheTextNamesTheFieldsOfStatus) {
  const std::string text = source_file("docs/rest-api.md");
  for (const std::string& field : keys(schema("Status").at("properties").as_object()))
    EXPECT_THAT(text, HasSubstr("`" + field + "`"));
}

TEST_F(OpenApiTest, ThePageAboutMetricsNamesThem) {
  Facts facts = facts_;
  facts.own_usage = [] { return model::TaskUsage{4096, 10, 1}; };
  facts.log_lines_lost = [] { return std::size_t{0}; };
  backend.submit(job_id('a'), "count");
  backend.register_worker(a_worker("w-1"));
  Endpoints with_server(backend, facts, *client, [] { return http::ServerStats{}; });
  backend.lead();
  backend.change([](master::MasterView& view) { view.takeover.noticed = Time(std::chrono::seconds(1)); });
  http::Router own;
  with_server.add_to(own);
  router = std::make_unique<http::Router>(std::move(own));
  const std::string metrics = ask("GET /metrics").body();
  EXPECT_EQ(
      matches(source_file("docs/metrics.md"), "`((?:flink_jobmanager|flink_taskmanager|process|stellwerk)_\\w+)`"),
      matches(metrics, "# TYPE (\\w+) "));
}

// ---- answers ----

/// What a test does to the master before each request.
using Scenario = void (*)(FakeBackend&);

const std::map<std::string, Scenario> kScenarios{
    {"starting",
     [](FakeBackend& backend) {
       backend.change([](master::MasterView& view) {
         view.role = master::Role::starting;
         view.cluster.clear();
         view.coordination = {"zookeeper", "connecting", "", 0, "connecting to zk:2181"};
         view.eligible = false;
         view.eligible_reason = "it waits for the coordination service";
         view.applied = view.committed = {};
         view.state = nullptr;
       });
     }},
    {"alone", [](FakeBackend&) {}},
    {"following",
     [](FakeBackend& backend) {
       backend.follow("http://other:8081");
       backend.change([](master::MasterView& view) {
         view.members = {{"other", "http://other:8081", "other:6123", "other", 1, 2}, view.self};
         view.committed.seq += 3;
         view.behind_since = Time(std::chrono::minutes(59));
       });
     }},
    {"claiming",
     [](FakeBackend& backend) {
       backend.change([](master::MasterView& view) { view.role = master::Role::claiming; });
     }},
    {"leading",
     [](FakeBackend& backend) {
       backend.lead();
       backend.register_worker(a_worker("w-1"));
     }},
    {"suspended",
     [](FakeBackend& backend) {
       backend.lead();
       backend.alive.act_until_us = 0;
     }},
    {"hung", [](FakeBackend& backend) { backend.alive.beat_us = 0; }},
};

constexpr const char* kUuid = "12345678-1234-4123-8123-123456789abc";
constexpr const char* kJar = "12345678-1234-4123-8123-123456789abc_x.zip";
constexpr const char* kNoJar = "12345678-1234-4123-8123-123456789abd_x.zip";

/// One of each kind.
constexpr const char* kBook =
    R"({"completed":2,"failed":1,"failed-in-row":1,"history":[{"acknowledged":1,"begun":5,"ended":9,"n":7,"size":10,)"
    R"("subtasks":1},{"acknowledged":0,"begun":15,"cause":"because","ended":19,"n":8,"size":0,"subtasks":1}],"last":9,)"
    R"("pending":{"begun":25,"n":9,"subtasks":1},"restored":7,"restored-at":12,"restores":1,"retained":[7],"v":1})";
constexpr const char* kCheckpoint = R"({"begun":5,"ended":9,"n":7,"tasks":[[0,0,0,8,10,"handle"]],"v":1})";

class AnswersTest : public OpenApiTest {
 protected:
  AnswersTest() {
    test::write_file(dir / "a.log", "hello\n");
    test::write_file(dir / "a.out", "");
    facts_.log_dir = dir.path();
    facts_.log_file = dir / "a.log";
    restart();
    backend.submit(job_id('a'), "count");
    backend.add_bundle(kUuid, "x.zip");
    backend.submit(job_id('b'), "damaged");
    backend.submit(job_id('c'), "unreadable");
    backend.commit(
        {model::Record::put("quarantine/" + job_id('b'),
                            model::encode_quarantine({"jobs/b/spec", "segment-1", "torn", 5})),
         model::Record::put("quarantine/" + job_id('c'),
                            model::encode_quarantine({"jobs/c/state", "segment-1", "torn", 5})),
         model::Record::erase("jobs/" + job_id('c') + "/state"), model::Record::erase("jobs/" + job_id('c') + "/spec"),
         model::Record::put("jobs/" + job_id('a') + "/checkpointing", kBook),
         model::Record::put("jobs/" + job_id('a') + "/checkpoints/7", kCheckpoint),
         model::Record::put("triggers/" + job_id('e'),
                            R"({"at":5,"checkpoint":7,"job":")" + job_id('a') + R"(","v":1})"),
         model::Record::put("takeovers/7", R"({"at":5,"claimed-us":2,"complete-us":null,"epoch":7,"from":"","id":"me",)"
                                           R"("leader":"http://me:8081","lock-us":1,"v":1})")});
  }

  /// Asks for the operation and says whether there was an answer.
  bool ask_documented(const Operation& operation, const std::string& job, const std::string& headers = "") {
    std::string path = replaced(replaced(operation.path, "{jobid}", job), "{name}", "a.log");
    path = replaced(path, "{taskmanagerid}", "w-1");
    path = replaced(path, "{jarid}", job == job_id('f') ? std::string(kNoJar) : job.size() == 32 ? kJar : job);
    path = replaced(path, "{vertexid}", model::vertex_id("source"));
    path = replaced(replaced(path, "{subtaskindex}", "1"), "{attempt}", "0");
    path = replaced(replaced(path, "{checkpointid}", "7"), "{triggerid}", job_id('e'));
    const Asking asking = answered(operation.method + " " + path, headers);
    if (asking.answered()) expect_documented(operation.name(), asking);
    return asking.answered();
  }

  test::TempDir dir;
};

TEST_F(AnswersTest, EveryReadInEveryState) {
  const master::MasterView before = *backend.view();
  for (const auto& [name, scenario] : kScenarios) {
    SCOPED_TRACE(name);
    backend.change([&](master::MasterView& view) { view = before; });
    backend.alive.act_until_us = 0;
    backend.alive.beat_us = backend.now().time_since_epoch().count();
    int unanswered = 0;
    for (const Operation& operation : operations()) {
      if (operation.method != "GET") continue;
      for (const std::string& job : {job_id('a'), job_id('b'), job_id('c')}) {
        scenario(backend);
        if (!ask_documented(operation, job)) ++unanswered;
      }
    }
    // What asks another master: reads of jobs before the journal is read, readiness, cancelling; of workers and tasks.
    EXPECT_LE(unanswered, name == "following" ? 88 : 9);
  }
}

TEST_F(AnswersTest, EveryReadOfWhatIsNotThere) {
  backend.lead();
  for (const Operation& operation : operations()) {
    if (operation.method != "GET") continue;
    if (operation.path.find("yarn-cancel") != std::string::npos) continue;
    EXPECT_TRUE(ask_documented(operation, job_id('f')));
    EXPECT_TRUE(ask_documented(operation, "xyz"));
    EXPECT_TRUE(ask_documented(operation, job_id('a'), "Stellwerk-At-Least: x\r\n"));
    // Who promises to wait for a position says so, and only they; what a subtask printed, and what it uses, is live.
    const bool live = operation.path.find("{subtaskindex}/std") != std::string::npos ||
                      (operation.path.find("{jobid}") != std::string::npos && operation.path.ends_with("/metrics"));
    EXPECT_EQ(seen.contains(operation.name() + " 400"),
              live || operation.declares_parameter(api, "header", "Stellwerk-At-Least"))
        << operation.name();
  }
}

TEST_F(AnswersTest, WorkersWithAndWithoutALeader) {
  const auto expect = [&](const std::string& operation, const std::string& path) {
    expect_documented(operation, answered("GET " + path));
  };
  const std::vector<std::pair<std::string, std::string>> all{
      {"GET /overview", "/overview"},
      {"GET /taskmanagers", "/taskmanagers"},
      {"GET /taskmanagers/{taskmanagerid}", "/taskmanagers/w-1"}};
  for (const auto& [operation, path] : all) expect(operation, path);
  backend.lead();
  backend.register_worker(a_worker("w-1"));
  for (const auto& [operation, path] : all) expect(operation, path);
  backend.change([](master::MasterView& view) { view.role = master::Role::follower; });
  for (const auto& [operation, path] : all) {
    const Asking stale = answered("GET " + path);
    EXPECT_THAT(stale.headers(), HasSubstr("Stellwerk-Stale-Ms: "));
    expect_documented(operation, stale);
  }
  backend.lead();
  expect("GET /taskmanagers/{taskmanagerid}", "/taskmanagers/w-2");
  for (const std::string status : {"200", "404", "503"})
    EXPECT_TRUE(seen.contains("GET /taskmanagers/{taskmanagerid} " + status)) << status;
}

TEST_F(AnswersTest, DetailsOfACheckpointNameEveryVertex) {
  backend.lead();
  const auto task = [this](const std::string& number, const std::string& member) {
    const Asking asking = answered("GET /jobs/" + job_id('a') + "/checkpoints/details/" + number);
    expect_documented("GET /jobs/{jobid}/checkpoints/details/{checkpointid}", asking);
    return json_at(asking.body(), "tasks." + model::vertex_id("source") + "." + member);
  };
  EXPECT_EQ(task("7", "checkpointed_size"), "10");
  EXPECT_EQ(task("7", "end_to_end_duration"), "3");
  for (const std::string number : {"8", "9"}) {
    EXPECT_EQ(task(number, "checkpointed_size"), "-1") << number << ": it is not kept";
    EXPECT_EQ(task(number, "num_subtasks"), "2") << number;
    EXPECT_EQ(task(number, "num_acknowledged_subtasks"), "0") << number;
  }
}

TEST_F(AnswersTest, ThePage) {
  expect_documented("GET /", answered("GET /", "Accept: text/html\r\n"));
}

TEST_F(AnswersTest, FilesByRange) {
  const std::string name = "GET /jobmanager/logs/{name}";
  expect_documented(name, answered("GET /jobmanager/logs/a.log", "Range: bytes=-2\r\n"));
  expect_documented(name, answered("GET /jobmanager/logs/a.log", "Range: bytes=100-\r\n"));
  expect_documented(name, answered("GET /jobmanager/logs/none.log"));
  facts_.log_file.clear();
  restart();
  expect_documented("GET /jobmanager/log", answered("GET /jobmanager/log"));
  expect_documented("GET /jobmanager/stdout", answered("GET /jobmanager/stdout"));
  EXPECT_TRUE(seen.contains(name + " 206"));
  EXPECT_TRUE(seen.contains(name + " 416"));
}

TEST_F(AnswersTest, EveryReplyToAWrite) {
  struct Case {
    std::string operation;
    std::string line;
    std::string body;
    std::vector<Reply::Kind> kinds;
  };
  using enum Reply::Kind;
  const std::string job = "/jobs/" + job_id('a');
  const std::vector<Reply::Kind> all{accepted,   not_found, conflict,    refused,
                                     overloaded, no_space,  unavailable, unknown};
  const std::vector<Case> cases{
      {"POST /jobs",
       "POST /jobs",
       std::string(kSpec),
       {accepted, not_found, conflict, refused, overloaded, no_space, unavailable, unknown}},
      {"PATCH /jobs/{jobid}", "PATCH " + job, "", all},
      {"POST /jobs/{jobid}/checkpoints", "POST " + job + "/checkpoints", R"({"checkpointType":"FULL"})", all},
      {"POST /jars/upload",
       "POST /jars/upload?name=x.zip",
       "PK" + std::string(kSpec),
       {accepted, conflict, refused, overloaded, no_space, unavailable, unknown}},
      {"POST /jars/{jarid}/run", "POST /jars/" + std::string(kJar) + "/run", "", all},
      {"POST /jars/{jarid}/plan", "POST /jars/" + std::string(kJar) + "/plan", R"({"parallelism":3})", {accepted}},
      {"PATCH /jobs/{jobid}/clientHeartbeat", "PATCH " + job + "/clientHeartbeat", "", {accepted}},
      {"DELETE /jars/{jarid}",
       "DELETE /jars/" + std::string(kJar),
       "",
       {accepted, not_found, overloaded, no_space, unavailable, unknown}},
      {"GET /jobs/{jobid}/yarn-cancel", "GET " + job + "/yarn-cancel", "", all},
      {"POST /leader/transfer", "POST /leader/transfer", "", {accepted, conflict, unavailable, unknown}},
      {"DELETE /cluster", "DELETE /cluster", "", {accepted, overloaded, no_space, unavailable, unknown}},
  };
  backend.lead();
  for (const Case& c : cases)
    for (const Reply::Kind kind : c.kinds) {
      backend.reply = [kind](const FakeBackend::Asked& asked) { return Reply{kind, asked.job, "because", {}}; };
      // Passed on, so that nothing is tried again here.
      expect_documented(c.operation, answered(c.line, "Stellwerk-Forwarded: http://x:1\r\n", c.body));
    }
}

TEST_F(AnswersTest, WritesThatAreRefusedUnasked) {
  backend.lead();
  backend.reply = nullptr;
  const auto submit = [&](const std::string& body, const std::string& headers = "") {
    expect_documented("POST /jobs", answered("POST /jobs", headers, body));
  };
  submit("");
  submit(std::string(kSpec), "Stellwerk-Job-Id: 12\r\n");
  submit("x", "Content-Type: multipart/form-data; boundary=x\r\n");
  submit(std::string(model::kJobSpecBytesMax + 1, ' '));
  expect_documented("PATCH /jobs/{jobid}", answered("PATCH /jobs/" + job_id('a') + "?mode=stop"));
  expect_documented("PATCH /jobs/{jobid}", answered("PATCH /jobs/xyz"));
  const std::string checkpoints = "POST /jobs/{jobid}/checkpoints";
  for (const char* body : {"{", "[]", R"({"checkpointType":"HALF"})", R"({"triggerId":"x"})"})
    expect_documented(checkpoints, answered("POST /jobs/" + job_id('a') + "/checkpoints", "", body));
  const std::string yarn = "GET /jobs/{jobid}/yarn-cancel";
  expect_documented(yarn, answered("HEAD /jobs/" + job_id('a') + "/yarn-cancel"));
  expect_documented(yarn, answered("GET /jobs/" + job_id('a') + "/yarn-cancel", "Sec-Fetch-Site: cross-site\r\n"));
  expect_documented("POST /leader/transfer", answered("POST /leader/transfer", "", "", false));
  expect_documented("DELETE /cluster", answered("DELETE /cluster", "", "", false));
  expect_documented("POST /jars/upload", answered("POST /jars/upload"));
  expect_documented("POST /jars/upload", answered("POST /jars/upload?name=x.zip", "", "PKlarge"));
  expect_documented("POST /jars/{jarid}/run", answered("POST /jars/x/run"));
  expect_documented("POST /jars/{jarid}/run", answered("POST /jars/" + std::string(kJar) + "/run", "", "{"));
  expect_documented("DELETE /jars/{jarid}", answered("DELETE /jars/x"));
  expect_documented("POST /jars/{jarid}/plan", answered("POST /jars/x/plan"));
  expect_documented("POST /jars/{jarid}/plan", answered("POST /jars/" + std::string(kJar) + "/plan", "", "{"));
  expect_documented("PATCH /jobs/{jobid}/clientHeartbeat", answered("PATCH /jobs/xyz/clientHeartbeat"));
  expect_documented("PATCH /jobs/{jobid}/clientHeartbeat", answered("PATCH /jobs/" + job_id('f') + "/clientHeartbeat"));
  EXPECT_THAT(backend.asked, IsEmpty());
  for (const std::string status : {"400", "413", "415"}) EXPECT_TRUE(seen.contains("POST /jobs " + status)) << status;
}

TEST_F(AnswersTest, EventsCarryWhatTheDocumentSays) {
  const std::map<std::string, std::string> schemas{
      {"status", "EventStatus"}, {"position", "EventPosition"}, {"job", "EventJob"}, {"jobs", "EventJobs"}};
  endpoints->watch();
  backend.run();
  const Asking asking = answered("GET /events");
  backend.lead();
  backend.submit(job_id('d'), "new");
  backend.run();
  std::vector<model::Record> many;
  for (int i = 0; i < 201; ++i) {
    const std::string digits = std::to_string(i);
    many.push_back(model::Record::put("jobs/" + std::string(32 - digits.size(), '0') + digits + "/state",
                                      model::encode_job_state({})));
  }
  backend.commit(many);
  backend.run();
  std::string stream;
  auto& source = std::get<std::unique_ptr<http::BodySource>>(asking.sink->answer->body);
  while (source->pull(stream, 100'000) == http::BodySource::Pull::data) {
  }
  std::set<std::string> events;
  const std::regex regex("event: (\\w+)\ndata: (.*)\n");
  for (std::sregex_iterator it(stream.begin(), stream.end(), regex); it != std::sregex_iterator(); ++it) {
    events.insert((*it)[1]);
    expect_fits((*it)[2], schemas.at((*it)[1]));
  }
  EXPECT_EQ(events.size(), schemas.size()) << stream;
}

// ---- job specs ----

/// A spec with every field that the schema knows, but for those of restart strategies.
constexpr std::string_view kFullSpec =
    R"({"name":"all","jobId":"0123456789abcdef0123456789abcdef","at-most-one":true,)"
    R"("artifact":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":7,)"
    R"("name":"all.tar.gz","kind":"bundle"},)"
    R"("checkpointing":{"interval":"10 s","timeout":60000,"min-pause":0,"num-retained":2},)"
    R"("restart-strategy":"none","vertices":[{"name":"a","command":["./a"]},{"name":"b","command":["./b"],)"
    R"("parallelism":2,"env":{"A":"b"},"ports":["in"],"labels":["gpu"],"limits":{"memory":"512 MiB",)"
    R"("cpus":1.5,"processes":200,"open-files":4096,"file-size":"1g","core-size":0},)"
    R"("inputs":[{"from":"a","exchange":"blocking","output":"durable"}]}]})";

TEST_F(OpenApiTest, SpecsThatAreTakenFitTheSchema) {
  backend.lead();
  EXPECT_EQ(answered("POST /jobs", "", std::string(kFullSpec)).status(), 202);
  expect_fits(std::string(kFullSpec), "JobSpec");
  expect_fits(std::string(kSpec), "JobSpec");
  const json::value full = *parse_json(kFullSpec, "the spec");
  const auto fields = [&](std::string_view name) { return keys(schema(name).at("properties").as_object()); };
  EXPECT_EQ(keys(full.as_object()), fields("JobSpec"));
  EXPECT_EQ(keys(full.at("checkpointing").as_object()), fields("Checkpointing"));
  EXPECT_EQ(keys(full.at_pointer("/vertices/1").as_object()), fields("SpecVertex"));
  EXPECT_EQ(keys(full.at_pointer("/vertices/1/limits").as_object()), fields("SpecLimits"));
  EXPECT_EQ(keys(full.at_pointer("/vertices/1/inputs/0").as_object()), fields("SpecInput"));
  for (const auto& entry : std::filesystem::directory_iterator(STELLWERK_SOURCE_DIR "/examples")) {
    if (!entry.is_directory()) continue;
    const std::string file = "examples/" + entry.path().filename().string() + "/job.yaml";
    EXPECT_THAT(api.check(yaml_file(file), schema("JobSpec")), IsEmpty()) << file;
  }
}

/// The reader names the fields that it knows when it meets another one.
TEST_F(OpenApiTest, TheSchemaKnowsTheFieldsThatTheReaderKnows) {
  backend.lead();
  std::set<std::string> of_strategies;
  const auto known = [&](const std::string& spec) {
    const auto lists = matches(answered("POST /jobs", "", spec).body(), "known are ([a-zA-Z, -]+)");
    EXPECT_EQ(lists.size(), 1U) << spec;
    return lists.empty() ? std::set<std::string>{} : matches(*lists.begin(), "([a-zA-Z-]+)");
  };
  const std::string vertex = R"("vertices":[{"name":"a","command":["./a"]}])";
  const auto fields = [&](std::string_view name) { return keys(schema(name).at("properties").as_object()); };
  EXPECT_EQ(known(R"({"name":"x","zz":1,)" + vertex + "}"), fields("JobSpec"));
  EXPECT_EQ(known(R"({"name":"x","vertices":[{"name":"a","command":["./a"],"zz":1}]})"), fields("SpecVertex"));
  EXPECT_EQ(known(R"({"name":"x","vertices":[{"name":"a","command":["./a"]},)"
                  R"({"name":"b","command":["./b"],"inputs":[{"from":"a","zz":1}]}]})"),
            fields("SpecInput"));
  EXPECT_EQ(known(R"({"name":"x","checkpointing":{"interval":"1 s","zz":1},)" + vertex + "}"), fields("Checkpointing"));
  for (const std::string type : {"none", "fixed-delay", "failure-rate", "exponential-delay"})
    of_strategies.merge(known(R"({"name":"x","restart-strategy":{"type":")" + type + R"(","zz":1},)" + vertex + "}"));
  EXPECT_EQ(of_strategies, fields("RestartStrategy"));
}

// ---- the checker itself ----

TEST_F(OpenApiTest, TheCheckerSeesWhatIsWrong) {
  const auto faults = [&](const std::string& text, std::string_view name) {
    return api.check(*parse_json(text, "a value"), schema(name));
  };
  EXPECT_THAT(faults(R"({"status":"CREATED"})", "JobStatusOnly"), IsEmpty());
  EXPECT_THAT(faults("{}", "JobStatusOnly"), ElementsAre(".status is missing"));
  EXPECT_THAT(faults(R"({"status":"CREATED","x":1})", "JobStatusOnly"), ElementsAre(".x is not in the schema"));
  EXPECT_THAT(faults(R"({"status":"Created"})", "JobStatusOnly"), ElementsAre(R"(.status is not in enum: "Created")"));
  EXPECT_THAT(faults(R"({"status":1})", "JobStatusOnly"), ElementsAre(".status is no string: 1"));
  EXPECT_THAT(faults(R"({"errors":[]})", "Errors"), ElementsAre(".errors is below minItems"));
  EXPECT_THAT(faults(R"({"errors":["a",null]})", "Errors"), ElementsAre(".errors[1] is no string: null"));
  EXPECT_THAT(faults("null", "KnownLeader"), IsEmpty());
  EXPECT_THAT(faults("null", "Candidate"), Not(IsEmpty()));
  EXPECT_THAT(faults("-2", "Time"), Not(IsEmpty()));
  EXPECT_THAT(faults("1.5", "Time"), Not(IsEmpty()));
  EXPECT_THAT(faults("true", "Duration"), Not(IsEmpty()));
  EXPECT_THAT(faults(R"("7")", "Position"), Not(IsEmpty()));
  const OpenApi wrong(*parse_json(R"({"paths":{"/":{"$ref":"#/components/none"}},"components":{"schemas":{)"
                                  R"("A":{"type":"object","required":["a"],"oneOf":[]},)"
                                  R"("B":{"type":"object","additionalProperties":false,"required":["b"]}}}})",
                                  "a document"));
  EXPECT_THAT(wrong.check_document(),
              ElementsAre("/paths// refers to nothing", "A has oneOf, which is not checked",
                          "A does not say additionalProperties", "B requires b, which it has not"));
}

}  // namespace
}  // namespace stellwerk::api
