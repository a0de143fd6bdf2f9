#include "bench/fake_tasks.h"

#include <utility>

namespace stellwerk::bench {
namespace {

class FakeProcess : public worker::TaskProcess {
 public:
  FakeProcess(Executor& executor, std::int64_t pid, worker::TaskHandler handler, std::shared_ptr<std::size_t> running)
      : executor_(executor), pid_(pid), handler_(std::move(handler)), running_(std::move(running)) {
    ++*running_;
  }
  ~FakeProcess() override { end(); }

  std::int64_t pid() const override { return pid_; }
  std::int64_t started() const override { return pid_; }
  void send(std::string_view) override {}
  std::optional<model::TaskUsage> usage() const override { return std::nullopt; }
  void signal(int signal) override {
    if (!end()) return;
    executor_.post([on_exit = handler_.on_exit, signal] { on_exit({0, signal, {}}); });
  }

 private:
  /// False: it had ended before.
  bool end() {
    if (std::exchange(ended_, true)) return false;
    --*running_;
    return true;
  }

  Executor& executor_;
  const std::int64_t pid_;
  const worker::TaskHandler handler_;
  const std::shared_ptr<std::size_t> running_;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<worker::TaskProcess>> FakeTasks::start(const worker::Launch&, worker::TaskHandler handler) {
  return std::unique_ptr<worker::TaskProcess>(
      std::make_unique<FakeProcess>(executor_, ++last_pid_, std::move(handler), running_));
}

void FakeTasks::prepare(const model::AttemptId&, const worker::TaskNeeds& needs, worker::TaskFolders::Done done) {
  worker::TaskPlace place;
  place.folder = "/nowhere";
  place.output = "/nowhere/" + needs.name;
  for (const auto& port : needs.ports) place.ports[port] = 1;
  executor_.post([place = std::move(place), done = std::move(done)] { done(place); });
}

void FakeTasks::remember(const worker::Place&, worker::Memory::Done done) {
  executor_.post([done = std::move(done)] { done({}); });
}

}  // namespace stellwerk::bench
