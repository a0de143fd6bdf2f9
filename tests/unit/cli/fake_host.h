/// A host whose network, clock and environment a test writes.
#pragma once

#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/cli.h"
#include "cli/host.h"

namespace stellwerk::cli {

/// 2026-11-21 06:44:17 UTC.
inline constexpr WallMs kNow = 1795243457000;

inline http::ClientResponse reply(int status, std::string body, http::HeaderList headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}
inline http::ClientResponse refusal(int status, const std::string& text, http::HeaderList headers = {}) {
  return reply(status, R"({"errors":[")" + text + R"("]})", std::move(headers));
}
inline Answer refused_connection() {
  return make_error(Errc::unavailable, "Connection refused");
}
inline Answer lost_connection() {
  return make_error(Errc::unknown, "The connection ended before the answer");
}

class FakeHost : public Host {
 public:
  /// What the network answers; every question is kept in `questions`.
  std::function<Answer(const Question&)> network = [](const Question&) { return refused_connection(); };
  /// What one question takes.
  Milliseconds latency{0};
  std::vector<Question> questions;
  std::vector<Milliseconds> pauses;
  std::map<std::string, std::string> variables;
  std::string program_dir;
  std::string proc = "/nonexistent";
  bool colours = false;
  bool catches = false;
  /// In the nth pause (from 1) the host is interrupted; 0: never.
  std::size_t interrupt_at_pause = 0;
  bool was_interrupted = false;
  bool interrupted_by_term = false;
  std::size_t columns = 0;
  /// What a person types, line by line; then he is gone.
  std::vector<std::string> typed;
  Milliseconds time{1'000'000};
  std::function<int(const MasterArguments&)> master = [](const MasterArguments&) { return 0; };
  std::function<int(const WorkerArguments&)> worker = [](const WorkerArguments&) { return 0; };
  std::function<int(const FsckArguments&)> fsck = [](const FsckArguments&) { return 0; };
  std::function<int(const DrillArguments&)> drill = [](const DrillArguments&) { return 0; };
  std::function<Result<std::string>(const config::MasterOptions&)> probe = [](const config::MasterOptions&) {
    return Result<std::string>("The storage is fine.");
  };
  std::ostringstream stdout_stream;
  bool pipe_closed = false;
  std::ostringstream stderr_stream;

  int run(const std::vector<std::string>& arguments) { return run_cli(arguments, *this); }
  std::string printed() const { return stdout_stream.str(); }
  std::string complained() const { return stderr_stream.str(); }
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const Question& question : questions)
      out.push_back(std::string(http::to_string(question.request.method)) + ' ' + question.to.url() +
                    question.request.target);
    return out;
  }

  std::ostream& out() override { return stdout_stream; }
  bool reader_gone() const override { return pipe_closed; }
  std::ostream& err() override { return stderr_stream; }
  bool colour() const override { return colours; }
  Build build() const override { return {"0.1.0", "0123abc"}; }
  std::string environment(const std::string& name) const override {
    const auto found = variables.find(name);
    return found == variables.end() ? "" : found->second;
  }
  std::string program_directory() const override { return program_dir; }
  std::string process_directory() const override { return proc; }
  config::HostFacts facts() const override { return {.hostname = "testhost", .processors = 2}; }
  Milliseconds now() const override { return time; }
  WallMs wall_ms() const override { return kNow; }
  std::tm local_time(WallMs wall) const override {
    const auto seconds = static_cast<std::time_t>(wall / 1000);
    std::tm out{};
    ::gmtime_r(&seconds, &out);
    return out;
  }
  RandomBits random_bits() override { return {0x1111, 0x2222}; }
  void catch_interrupts() override { catches = true; }
  bool interrupted() const override { return was_interrupted; }
  bool asked_to_end() const override { return was_interrupted && interrupted_by_term; }
  void forget_interrupts() override { was_interrupted = false; }
  std::size_t terminal_columns() const override { return columns; }
  std::optional<std::string> ask_person(std::string_view question, Milliseconds) override {
    stderr_stream << question;
    if (typed.empty()) return std::nullopt;
    std::string line = typed.front();
    typed.erase(typed.begin());
    return line;
  }
  void pause(Milliseconds duration) override {
    pauses.push_back(duration);
    time += duration;
    if (interrupt_at_pause != 0 && pauses.size() == interrupt_at_pause) was_interrupted = true;
  }
  std::vector<Answer> ask(std::vector<Question> asked_now) override {
    std::vector<Answer> answers;
    for (Question& question : asked_now) {
      answers.push_back(network(question));
      questions.push_back(std::move(question));
    }
    time += latency;
    return answers;
  }
  int run_drill(const DrillArguments& arguments) override { return drill(arguments); }
  int run_fsck(const FsckArguments& arguments) override { return fsck(arguments); }
  int run_master(const MasterArguments& arguments) override { return master(arguments); }
  int run_worker(const WorkerArguments& arguments) override { return worker(arguments); }
  Result<std::string> probe_storage(const config::MasterOptions& options) override { return probe(options); }
};

}  // namespace stellwerk::cli
