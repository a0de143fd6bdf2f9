/// `run` of what a job brings along: folders, archives, jars.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "archive/archive.h"
#include "unit/cli/fake_cluster.h"
#include "unit/cli/scratch_dir.h"

namespace stellwerk::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kBundleRunSpec[] = "name: two\nvertices:\n - {name: a, command: [./run]}\n";

class RunBundle : public testing::Test {
 protected:
  int run(std::vector<std::string> options) {
    options.insert(options.begin(), {"run", "-d", "-m", "h:8081"});
    return host.run(options);
  }
  std::string folder() {
    dir.write("my job/job.yaml", kBundleRunSpec);
    dir.write("my job/run", "#!/bin/sh\n");
    return dir.path() + "/my job";
  }

  ScratchDir dir;
  FakeHost host;
  FakeCluster cluster{host};
};

TEST_F(RunBundle, AFolderIsPackedUploadedAndRun) {
  EXPECT_EQ(run({"-p", "3", "-n", "nightly", folder() + "/"}), 0) << host.complained();
  EXPECT_THAT(cluster.names, ElementsAre("my job.tar.gz"));
  const auto listing = archive::examine(cluster.files.at(0));
  ASSERT_TRUE(listing.has_value()) << listing.error().text;
  EXPECT_EQ(listing->spec, kBundleRunSpec);
  EXPECT_EQ(listing->entries, 2);
  const std::string id = job_id_of_run(cluster.bodies.at(0));
  EXPECT_EQ(cluster.bodies[0], R"({"jobId":")" + id + R"(","name":"nightly","parallelism":3})");
  EXPECT_EQ(host.printed(), "Job has been submitted with JobID " + id + "\n");
  EXPECT_EQ(host.complained(), "");
}

TEST_F(RunBundle, ItsJobHasTheIdOfTheCommandLine) {
  const std::string zero(32, '0');
  EXPECT_EQ(run({"--job-id", zero, folder()}), 0) << host.complained();
  EXPECT_EQ(run({"--job-id", zero, dir.write("count.jar", "PK"), "an argument"}), 0) << host.complained();
  ASSERT_EQ(cluster.bodies.size(), 2U);
  for (const auto& body : cluster.bodies) EXPECT_EQ(job_id_of_run(body), zero);
}

TEST_F(RunBundle, AnArchiveIsSentAsItIs) {
  const auto packed = archive::pack(folder());
  ASSERT_TRUE(packed.has_value());
  EXPECT_EQ(run({dir.write("job.tgz", *packed)}), 0) << host.complained();
  EXPECT_EQ(run({dir.write("job-without-ending", *packed)}), 0) << host.complained();
  EXPECT_THAT(cluster.names, ElementsAre("job.tgz", "job-without-ending"));
  EXPECT_THAT(cluster.files, ElementsAre(*packed, *packed));
}

TEST_F(RunBundle, AJarIsAJavaProgram) {
  const std::string jar = dir.write("word-count.jar", "PK");
  EXPECT_EQ(run({"-p", "2", "--at-most-one", "-c", "org.Count", jar, "-d", "--input", "x", "--"}), 0);
  EXPECT_THAT(cluster.names, ElementsAre("word-count.jar"));
  EXPECT_THAT(cluster.files, ElementsAre("PK"));
  EXPECT_EQ(cluster.bodies.at(0), R"({"atMostOne":true,"entryClass":"org.Count","jobId":")" +
                                      job_id_of_run(cluster.bodies[0]) +
                                      R"(","parallelism":2,"programArgsList":["-d","--input","x","--"]})");
  EXPECT_EQ(host.complained(), "There is no Flink runtime here: each worker's own java runs the jar as any program.\n");
}

TEST_F(RunBundle, UploadAndRunAreRepeatedUnderTheirOwnIds) {
  const auto healthy = host.network;
  std::set<std::string> uuids;
  std::set<std::string> ids;
  int tries = 0;
  host.network = [&](const Question& question) -> Answer {
    if (question.request.target.ends_with("/run"))
      ids.insert(job_id_of_run(question.request.body));
    else
      for (const auto& [name, value] : question.request.headers)
        if (name == "Stellwerk-Bundle-Id") uuids.insert(value);
    return ++tries % 3 == 0 ? healthy(question) : lost_connection();
  };
  EXPECT_EQ(run({folder()}), 0) << host.complained();
  EXPECT_EQ(tries, 6);
  EXPECT_EQ(uuids.size(), 1U);
  EXPECT_TRUE(is_uuid(*uuids.begin()));
  EXPECT_EQ(ids.size(), 1U);
}

TEST_F(RunBundle, WithoutItsFilesAJobIsCertainlyNotSubmitted) {
  const std::string path = folder();
  const std::vector<std::pair<std::function<Answer()>, int>> cases = {
      {[] { return refused_connection(); }, 2},
      {[]() -> Answer { return refusal(503, "no leader"); }, 2},
      {[] { return lost_connection(); }, 2},
      {[]() -> Answer { return refusal(400, "no, not that"); }, 4},
      {[]() -> Answer { return reply(200, "{}"); }, 2},
  };
  for (const auto& [answer, code] : cases) {
    FakeHost other;
    other.network = [&](const Question& question) {
      EXPECT_FALSE(question.request.target.ends_with("/run"));
      return answer();
    };
    EXPECT_EQ(other.run({"run", "-d", "-m", "h:8081", path}), code) << other.complained();
    EXPECT_THAT(other.complained(), HasSubstr("The job was not submitted"));
  }
}

TEST_F(RunBundle, WhatCannotBeABundleAsksNobody) {
  dir.write("bad/job.yaml", "name: ''\nvertices: 1\nbogus: 2\n");
  dir.write("nested/mine/job.yaml", kBundleRunSpec);
  dir.write("none/a", "");
  dir.write("linked/job.yaml", kBundleRunSpec);
  std::filesystem::create_symlink("/etc/passwd", dir.path() + "/linked/passwd");
  const auto nested = archive::pack(dir.path() + "/nested");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {dir.path() + "/none", "The directory has no job.yaml at its root"},
      {dir.path() + "/bad", "has 3 faults"},
      {dir.path() + "/linked", "\"passwd\" is a symbolic link"},
      {dir.write("a.zip", "PK"), "a.zip: it is not an archive"},
      {dir.write("archive", "PK\x03\x04 zip"), "it is not an archive"},
      {dir.write("nested.tar.gz", *nested), "it has no job.yaml at its root, only mine/job.yaml"},
      {"/no/such.jar", "JAR file does not exist: /no/such.jar"},
      {"/no/such.zip", "File does not exist: /no/such.zip"},
  };
  for (const auto& [file, text] : cases) {
    FakeHost other;
    EXPECT_EQ(other.run({"run", "-d", "-m", "h:8081", file}), 1) << file;
    EXPECT_THAT(other.complained(), AllOf(HasSubstr(text), HasSubstr("\n\nUse the help option")));
    EXPECT_TRUE(other.questions.empty());
  }
}

}  // namespace
}  // namespace stellwerk::cli
