/// The paths below /jars.
#include <gmock/gmock.h>

#include "api/bundle_spec.h"
#include "api/bundle_upload.h"
#include "base/json.h"
#include "base/sha256.h"
#include "unit/api/api_test.h"

namespace stellwerk::api {
namespace {

using jobs::Reply;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kUuid = "12345678-1234-4123-8123-123456789abc";
const std::string kArchive = "PK" + std::string(kSpec);

class BundlesTest : public ApiTest {
 protected:
  BundlesTest() { backend.lead(); }

  Asking upload(const std::string& body, const std::string& query = "?name=x.zip", const std::string& headers = "") {
    return done("POST /jars/upload" + query, headers, body);
  }
  Asking form(const std::string& parts) {
    return done("POST /jars/upload", "Content-Type: multipart/form-data; boundary=B\r\n", parts + "--B--\r\n");
  }
  static std::string part(const std::string& disposition, const std::string& content) {
    return "--B\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
  }
  Asking done(const std::string& line, const std::string& headers = "", const std::string& body = "") {
    Asking asking = ask(line, headers, body);
    backend.run();
    return asking;
  }
  void answer_all(Reply::Kind kind) {
    for (auto& asked : std::exchange(backend.asked, {})) asked.done({kind, asked.job, "because", {}});
    backend.run();
  }
  void accept_all() {
    backend.reply = [](const FakeBackend::Asked& asked) { return Reply{Reply::Kind::accepted, asked.job, {}, {}}; };
  }
  json::object submitted() { return parse_json(backend.submitted.at(0).spec, "the spec")->as_object(); }
};

// ---- upload ----

TEST_F(BundlesTest, AnUploadIsLookedAtAndAsked) {
  const Asking asking = upload(kArchive);
  EXPECT_FALSE(asking.answered());
  ASSERT_EQ(backend.added.size(), 1U);
  const jobs::AddBundle& add = backend.added[0];
  EXPECT_EQ(*add.bytes, kArchive);
  EXPECT_EQ(add.artifact, (model::ArtifactRef{sha256_hex(kArchive), static_cast<std::int64_t>(kArchive.size()), "x.zip",
                                              model::ArtifactKind::bundle}));
  EXPECT_EQ(add.spec, kSpec);
  EXPECT_FALSE(add.once);
  answer_all(Reply::Kind::accepted);
  EXPECT_EQ(asking.status(), 200);
  EXPECT_EQ(json_at(asking.body(), "filename"), "\"/jars/" + add.uuid + "_x.zip\"");
  EXPECT_EQ(json_at(asking.body(), "status"), "\"success\"");
}

TEST_F(BundlesTest, AFormBringsAFile) {
  accept_all();
  const Asking asking = form(part("name=note", "hello") + part(R"(name="jarfile"; filename="C:\tmp\x y.jar")", "PK"));
  EXPECT_EQ(asking.status(), 200) << asking.body();
  ASSERT_EQ(backend.added.size(), 1U);
  EXPECT_EQ(*backend.added[0].bytes, "PK");
  EXPECT_EQ(backend.added[0].artifact.name, "x y.jar");
  EXPECT_EQ(backend.added[0].artifact.kind, model::ArtifactKind::jar);
  EXPECT_EQ(backend.added[0].spec, "");
}

TEST_F(BundlesTest, AnUploadMayBeForOneJobAndUnderACallersUuid) {
  accept_all();
  EXPECT_EQ(upload(kArchive, "?name=x.zip&once=true", "Stellwerk-Bundle-Id: " + kUuid + "\r\n").status(), 200);
  EXPECT_TRUE(backend.added.at(0).once);
  EXPECT_EQ(backend.added[0].uuid, kUuid);
  EXPECT_EQ(upload(kArchive, "?name=x.zip&once=maybe").status(), 400);
  EXPECT_EQ(upload(kArchive, "?name=x.zip", "Stellwerk-Bundle-Id: 12\r\n").status(), 400);
}

TEST_F(BundlesTest, WhatCannotBeABundleIsRefusedInASentence) {
  const auto refused = [this](const Asking& asking, int status, const std::string& words) {
    EXPECT_EQ(asking.status(), status) << asking.body();
    EXPECT_THAT(json_at(asking.body(), "errors[0]"), HasSubstr(words));
  };
  refused(upload(""), 400, "Exactly 1 file must be sent, received 0.");
  refused(upload(kArchive, ""), 400, "Exactly 1 file must be sent, received 0.");
  refused(form(""), 400, "Exactly 1 file must be sent, received 0.");
  refused(form(part("name=a", "x")), 400, "Exactly 1 file must be sent, received 0.");
  const std::string file = part("name=a; filename=a.zip", "PK");
  refused(form(file + file), 400, "Exactly 1 file must be sent, received 2.");
  refused(form("x"), 400, "boundary");
  refused(form(part("name=a; filename=\"\"", "PK")), 400, "name must be");
  refused(form(part("name=a; filename=\"..\"", "PK")), 400, "name must be");
  refused(form(part("name=a; filename=a.zip", "")), 400, "a.zip: the file is empty");
  refused(upload("hello"), 400, "x.zip: it is not an archive");
  refused(upload("PK"), 400, "x.zip: it has no job.yaml");
  refused(upload("PKdeep"), 400, "only count/job.yaml");
  refused(upload("PKlarge"), 413, "x.zip: it is too large");
  refused(upload("PK{}"), 400, "x.zip: job spec");
  refused(upload(R"(PK{"jobId":")" + job_id('a') + R"(",)" + std::string(kSpec.substr(1))), 400, "jobId");
  refused(upload(std::string(static_cast<std::size_t>(model::kArtifactBytesMax) + 1, 'x')), 413, "67108864");
  EXPECT_TRUE(backend.added.empty());
}

TEST_F(BundlesTest, FewAreWorkedOnAtTheSameTime) {
  std::vector<Asking> asked;
  for (std::size_t i = 0; i < kUploadsMax; ++i) asked.push_back(upload(kArchive));
  const Asking more = upload(kArchive);
  EXPECT_EQ(more.status(), 503);
  EXPECT_THAT(more.headers(), HasSubstr("Stellwerk-Overloaded"));
  answer_all(Reply::Kind::accepted);
  for (const Asking& each : asked) EXPECT_EQ(each.status(), 200);
  asked.clear();
  EXPECT_FALSE(upload(kArchive).answered());
}

// ---- list, deletion ----

TEST_F(BundlesTest, TheListIsEveryMastersOwn) {
  backend.add_bundle(kUuid, "x.zip");
  backend.follow("http://other:1");
  const Asking asking = done("GET /jars");
  EXPECT_EQ(asking.status(), 200);
  EXPECT_EQ(json_at(asking.body(), "address"), "\"http://me:8081\"");
  EXPECT_EQ(json_at(asking.body(), "files[0].id"), "\"" + kUuid + "_x.zip\"");
  EXPECT_EQ(json_at(asking.body(), "files[0].kind"), "\"bundle\"");
}

TEST_F(BundlesTest, DeletionIsAskedOfTheCore) {
  const Asking asking = done("DELETE /jars/" + kUuid + "_x%20y.zip");
  ASSERT_EQ(backend.removed.size(), 1U);
  EXPECT_EQ(backend.removed[0].id, (model::BundleId{kUuid, "x y.zip"}));
  answer_all(Reply::Kind::not_found);
  EXPECT_EQ(asking.status(), 404);
  EXPECT_EQ(done("DELETE /jars/nope.jar").status(), 404);
}

TEST_F(BundlesTest, WithoutWebSubmitThePathsAreNotThere) {
  facts_.web_submit = false;
  restart();
  for (const auto& path : endpoints->paths()) EXPECT_FALSE(path.pattern.starts_with("/jars")) << path.pattern;
}

// ---- run, plan ----

TEST_F(BundlesTest, ABundleRunsAsItsSpecSays) {
  backend.add_bundle(kUuid, "x.zip");
  const Asking asking = done("POST /jars/" + kUuid + "_x.zip/run", "", "{}");
  ASSERT_EQ(backend.submitted.size(), 1U);
  const jobs::SubmitJob& job = backend.submitted[0];
  EXPECT_EQ(job.bundle, kUuid);
  EXPECT_EQ(job.artifact, (model::ArtifactRef{std::string(64, '7'), 10, "x.zip", model::ArtifactKind::bundle}));
  json::object spec = submitted();
  EXPECT_TRUE(spec.erase("artifact"));
  EXPECT_EQ(canonical_json(spec), kSpec);
  answer_all(Reply::Kind::accepted);
  EXPECT_EQ(asking.status(), 200);
  EXPECT_EQ(asking.body(), R"({"jobid":")" + job.id.text() + R"("})");
}

TEST_F(BundlesTest, AJarRunsAsAJavaProgram) {
  accept_all();
  backend.add_bundle(kUuid, "Tiny Job.jar");
  const std::string body = R"({"entryClass":"a.B","programArgs":"--x 'y z'","parallelism":3,"jobId":")" + job_id('d') +
                           R"(","programArgsList":null,"allowNonRestoredState":null,"flinkConfiguration":{}})";
  EXPECT_EQ(done("POST /jars/" + kUuid + "_Tiny%20Job.jar/run?parallelism=2", "", body).status(), 200);
  EXPECT_EQ(backend.submitted.at(0).id.text(), job_id('d'));
  EXPECT_EQ(backend.submitted[0].name, "Tiny Job");
  EXPECT_EQ(canonical_json(submitted()["vertices"]),
            R"([{"command":["java","-cp","./Tiny Job.jar","a.B","--x","y z"],"name":"Tiny Job","parallelism":3}])");
}

TEST_F(BundlesTest, ARunMayAskForAtMostOneAttemptAtATime) {
  accept_all();
  backend.add_bundle(kUuid, "x.jar");
  EXPECT_EQ(done("POST /jars/" + kUuid + "_x.jar/run", "", R"({"atMostOne":true})").status(), 200);
  EXPECT_EQ(canonical_json(submitted()["at-most-one"]), "true");
  EXPECT_EQ(done("POST /jars/" + kUuid + "_x.jar/run", "", R"({"atMostOne":"yes"})").status(), 400);
  EXPECT_EQ(done("POST /jars/" + kUuid + "_x.jar/run?atMostOne=true").status(), 200);
  EXPECT_EQ(done("POST /jars/" + kUuid + "_x.jar/run?atMostOne=1").status(), 400);
}

TEST_F(BundlesTest, WishesAreReadFromTheQueryToo) {
  accept_all();
  backend.add_bundle(kUuid, "x.jar");
  EXPECT_EQ(done("POST /jars/" + kUuid + "_x.jar/run?programArg=a%20b&programArg=c&parallelism=2").status(), 200);
  EXPECT_EQ(canonical_json(submitted()["vertices"]),
            R"([{"command":["java","-jar","./x.jar","a b","c"],"name":"x","parallelism":2}])");
}

TEST_F(BundlesTest, BadWishesAreNamed) {
  backend.add_bundle(kUuid, "x.zip");
  const auto refused = [this](const std::string& query, const std::string& body, const std::string& words) {
    const Asking asking = done("POST /jars/" + kUuid + "_x.zip/run" + query, "", body);
    EXPECT_EQ(asking.status(), 400) << asking.body();
    EXPECT_THAT(json_at(asking.body(), "errors[0]"), HasSubstr(words)) << query << body;
  };
  refused("", "{", "JarRunRequestBody");
  refused("", "[]", "JarRunRequestBody");
  refused("", R"({"zz":"1"})", "zz");
  refused("", R"({"parallelism":0})", "parallelism");
  refused("", R"({"parallelism":"2"})", "parallelism");
  refused("", R"({"programArgsList":[1]})", "programArgsList");
  refused("", R"({"jobId":"12"})", "jobId");
  refused("", R"({"savepointPath":"/x"})", "savepoints");
  refused("", R"({"flinkConfiguration":{"a":"b"}})", "flinkConfiguration");
  refused("", R"({"entryClass":"a.B"})", "takes no class");
  refused("?programArg=a", "", "no arguments");
  refused("?parallelism=40000", "", "32768");
  refused("?jobId=12", "", "jobId");
  EXPECT_TRUE(backend.submitted.empty());
}

TEST_F(BundlesTest, OneJobHasOneId) {
  accept_all();
  backend.add_bundle(kUuid, "x.zip");
  const auto run = [this](const std::string& query, char header) {
    return done("POST /jars/" + kUuid + "_x.zip/run" + query, "Stellwerk-Job-Id: " + job_id(header) + "\r\n").status();
  };
  EXPECT_EQ(run("?jobId=" + job_id('d'), 'e'), 400);
  EXPECT_EQ(run("", 'x'), 400);
  EXPECT_EQ(run("?jobId=" + job_id('d'), 'd'), 200);
  EXPECT_EQ(run("", 'e'), 200);
  ASSERT_EQ(backend.submitted.size(), 2U);
  EXPECT_EQ(backend.submitted[0].id.text(), job_id('d'));
  EXPECT_EQ(backend.submitted[1].id.text(), job_id('e'));
}

TEST_F(BundlesTest, ARunOfWhatIsNotThereIs404) {
  EXPECT_EQ(done("POST /jars/" + kUuid + "_x.zip/run").status(), 404);
  EXPECT_EQ(done("POST /jars/nope.jar/run").status(), 404);
  backend.add_bundle(kUuid, "x.zip");
  EXPECT_EQ(done("POST /jars/" + kUuid + "_y.zip/run").status(), 404);
  EXPECT_TRUE(backend.asked.empty());
}

TEST_F(BundlesTest, ARunThatTookItsUploadAlongMayBeRepeated) {
  model::JobState state;
  state.bundle = kUuid;
  backend.commit({model::Record::put("jobs/" + job_id('a') + "/state", model::encode_job_state(state))});
  const std::string path = "POST /jars/" + kUuid + "_x.zip/run";
  const Asking again = done(path, "Stellwerk-Job-Id: " + job_id('a') + "\r\n");
  EXPECT_EQ(again.status(), 200);
  EXPECT_EQ(again.body(), R"({"jobid":")" + job_id('a') + R"("})");
  EXPECT_EQ(done(path, "Stellwerk-Job-Id: " + job_id('b') + "\r\n").status(), 404);
}

TEST_F(BundlesTest, ThePlanIsTheRuns) {
  backend.add_bundle(kUuid, "x.jar");
  const Asking asking = done("GET /jars/" + kUuid + "_x.jar/plan?parallelism=5");
  EXPECT_EQ(asking.status(), 200);
  EXPECT_EQ(json_at(asking.body(), "plan.nodes[0].parallelism"), "5");
  EXPECT_EQ(json_at(asking.body(), "plan.name"), "\"x\"");
  EXPECT_EQ(done("GET /jars/" + kUuid + "_y.jar/plan").status(), 404);
  const Asking posted = done("POST /jars/" + kUuid + "_x.jar/plan", "", R"({"parallelism":6})");
  EXPECT_EQ(json_at(posted.body(), "plan.nodes[0].parallelism"), "6");
  EXPECT_EQ(done("POST /jars/" + kUuid + "_x.jar/plan", "", "{").status(), 400);
}

TEST(SplitArguments, AreWordsAndQuotes) {
  EXPECT_THAT(split_arguments(""), ElementsAre());
  EXPECT_THAT(split_arguments("  a  bc\t"), ElementsAre("a", "bc"));
  EXPECT_THAT(split_arguments(R"(--x "a b" 'c "d' --y="e f" "")"), ElementsAre("--x", "a b", "c \"d", "--y=e f", ""));
  EXPECT_THAT(split_arguments(R"(it's "open)"), ElementsAre("it's", "\"open"));
}

}  // namespace
}  // namespace stellwerk::api
