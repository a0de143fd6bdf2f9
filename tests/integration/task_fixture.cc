#include "integration/task_fixture.h"

#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "processes/proc.h"

namespace stellwerk::test {

void TaskFixture::open_runner(tasks::RunnerSetup setup) {
  setup.note = [this](const std::string& text) { notes.push_back(text); };
  auto opened = tasks::ProcessRunner::open(loop->io(), loop->executor(), std::move(setup));
  ASSERT_TRUE(opened) << opened.error().text;
  runner_ = std::move(*opened);
}

tasks::ProcessRunner& TaskFixture::runner() {
  if (!runner_) open_runner({});
  return *runner_;
}

worker::Launch TaskFixture::shell(const std::string& script) {
  return launch(std::vector<std::string>{"sh", "-c", script});
}

worker::Launch TaskFixture::launch(std::vector<std::string> command) {
  return {std::move(command), {{"PATH", "/usr/bin:/bin"}}, folder.path(), folder / std::to_string(++launched_), "> "};
}

std::unique_ptr<RunningTask> TaskFixture::start(const worker::Launch& what) {
  auto task = std::make_unique<RunningTask>();
  task->output = what.output;
  auto started =
      runner().start(what, {[seen = task.get()](std::string line) { seen->lines.push_back(std::move(line)); },
                            [seen = task.get()](worker::TaskExit exit) {
                              EXPECT_FALSE(seen->exit) << "told twice";
                              seen->exit = std::move(exit);
                            }});
  EXPECT_TRUE(started) << started.error().text;
  if (started) task->process = std::move(*started);
  return task;
}

std::unique_ptr<RunningTask> TaskFixture::run(const worker::Launch& what) {
  auto task = start(what);
  EXPECT_TRUE(run_to_exit(*task));
  if (!task->exit) task->exit.emplace();
  return task;
}

Error TaskFixture::failed_start(const worker::Launch& what) {
  const auto started = runner().start(what, {});
  EXPECT_TRUE(started.has_error());
  return started.has_error() ? started.error() : Error{};
}

bool TaskFixture::noted(const std::string& part) const {
  return std::any_of(notes.begin(), notes.end(),
                     [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

bool lives(std::int64_t pid) {
  const auto stat = processes::read_stat(pid);
  return stat && !stat->ended();
}

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

std::size_t count_descriptors() {
  const auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace stellwerk::test
