/// A cluster for tests of `run`.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "http/syntax.h"
#include "model/job_spec_reader.h"
#include "unit/cli/fake_host.h"

namespace stellwerk::cli {

inline std::string job_id_of_run(const std::string& body) {
  const auto parsed = parse_json(body, "a run");
  return parsed && parsed->is_object() ? std::string(parsed->at("jobId").as_string()) : "";
}

/// A cluster of one master that takes every job and lets it run through `states`.
class FakeCluster {
 public:
  static constexpr std::string_view kUpload = "/jars/upload?once=true&name=";
  static constexpr std::string_view kUuid = "0b0fb9c1-5a0c-4d3a-8a5e-3f6f0b9c6f01";
  explicit FakeCluster(FakeHost& host) {
    host.network = [this](const Question& question) { return answer(question); };
  }
  std::vector<std::string> states{"FINISHED"};
  std::string waiting;  ///< a member of the job's details, with its comma
  std::string vertices = "[]";
  std::string exceptions = R"*({"exceptionHistory":{"entries":[{"stacktrace":"exit code 3\nno\nluck\n","timestamp":1,)*"
                           R"*("taskName":"x (1/1)","location":"h1"}]}})*";
  http::HeaderList origin;          ///< headers of the job's details
  std::vector<std::string> bodies;  ///< of submissions
  std::vector<std::string> names;   ///< of files that were uploaded
  std::vector<std::string> files;   ///< their bytes

 private:
  Answer answer(const Question& question) {
    const std::string& target = question.request.target;
    if (question.request.method == http::Method::post && target.starts_with(kUpload)) {
      std::string& name = names.emplace_back();
      EXPECT_TRUE(http::percent_decode(std::string_view(target).substr(kUpload.size()), true, name));
      files.push_back(question.request.body);
      return reply(200,
                   R"({"filename":"/jars/)" + std::string(kUuid) + '_' + names.back() + R"(","status":"success"})");
    }
    if (question.request.method == http::Method::post && target.starts_with("/jars/")) {
      EXPECT_EQ(target, "/jars/" + http::escape_segment(std::string(kUuid) + '_' + names.back()) + "/run");
      bodies.push_back(question.request.body);
      return reply(200, R"({"jobid":")" + job_id_of_run(bodies.back()) + "\"}");
    }
    if (question.request.method == http::Method::post) {
      bodies.push_back(question.request.body);
      const auto spec = model::read_job_spec(question.request.body, DocKind::json);
      EXPECT_TRUE(spec.has_value()) << question.request.body;
      return reply(202, R"({"jobid":")" + spec->job_id->text() + R"(","jobUrl":"/jobs/x"})");
    }
    if (question.request.method == http::Method::patch) {
      states = {"CANCELLING", "CANCELED"};
      return reply(202, "{}");
    }
    if (target.ends_with("/exceptions?maxExceptions=1")) return reply(200, exceptions);
    const std::string state = states.front();
    if (states.size() > 1) states.erase(states.begin());
    return reply(200,
                 R"({"jid":"x","name":"n","state":")" + state + R"(","start-time":1,"duration":1234,"vertices":)" +
                     vertices + waiting + "}",
                 origin);
  }
};

inline std::string job_id_of(const std::string& body) {
  const auto read = model::read_job_spec(body, DocKind::json);
  return read && read->job_id ? read->job_id->text() : "";
}

}  // namespace stellwerk::cli
