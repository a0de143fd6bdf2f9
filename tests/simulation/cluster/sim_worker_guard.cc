#include "simulation/cluster/sim_worker_guard.h"

#include <memory>
#include <utility>

namespace stellwerk::test {

using namespace std::chrono_literals;
namespace mode = guard::worker_mode;

SimWorkerGuard::SimWorkerGuard(SimTime& time, std::mt19937_64& random, Hands hands)
    : time_(time), random_(random), hands_(std::move(hands)), executor_(time) {}

void SimWorkerGuard::tell(const mode::Message& message) {
  if (!up()) return;
  // Over the wire and back, as in production.
  auto read = mode::decode(mode::encode(message));
  executor_.post([this, told = std::move(*read)] { step(mode::event::Told{told}); });
}

void SimWorkerGuard::worker_died() {
  if (up()) executor_.post([this] { step(mode::event::WorkerDied{}); });
}

void SimWorkerGuard::step(const mode::Event& event) {
  for (const auto& effect : core_.step(executor_.now(), event))
    std::visit([this](const auto& each) { perform(each); }, effect);
  wake();
}

/// One that comes too early, or twice, changes nothing.
void SimWorkerGuard::wake() {
  if (over_ || core_.wake_at() == Time::max()) return;
  executor_.at(std::max(core_.wake_at(), executor_.now() + 1ms), [this] {
    if (!over_ && executor_.now() >= core_.wake_at()) step(mode::event::Tick{});
  });
}

Duration SimWorkerGuard::delay() {
  return 200us + Duration(static_cast<Duration::rep>(random_() % 5000));
}

void SimWorkerGuard::perform(const mode::effect::EndTasks&) {
  // Mostly at once; now and then somebody hangs in the kernel for a while.
  const Duration takes = random_() % 8 == 0 ? 100 * delay() : delay();
  executor_.after(takes, [this] {
    hands_.end_tasks();
    step(mode::event::TasksEnded{true, random_() % 16 == 0, "ended all"});
  });
}

void SimWorkerGuard::perform(const mode::effect::EndLeased& effect) {
  std::vector<std::int64_t> pids;
  for (const auto& task : effect.tasks) pids.push_back(task.process.pid);
  if (!effect.starting.empty()) pids.push_back(std::stoll(effect.starting));
  executor_.after(delay(), [this, pids] {
    hands_.end_leased(pids);
    step(mode::event::LeasedEnded{true, "ended all"});
  });
}

void SimWorkerGuard::perform(const mode::effect::Tell& effect) {
  const auto heard = std::make_shared<bool>(false);
  const auto hear = [this, heard, master = effect.master](mode::Answer answer, const std::string& text) {
    executor_.post([this, heard, master, answer, text] {
      if (!std::exchange(*heard, true)) step(mode::event::Answered{master, answer, text});
    });
  };
  const bool lost = random_() % 8 == 0;
  const bool twice = random_() % 8 == 0;
  const bool answer_lost = random_() % 8 == 0;
  const Duration late = delay();
  const Duration later = late + Duration(static_cast<Duration::rep>(random_() % 20'000'000));
  const auto say = [this, effect](SimWorkerGuard::Answered done) { hands_.say(effect, std::move(done)); };
  // It goes its way also if this process is killed meanwhile.
  if (!lost)
    time_.at(time_.now() + late, [say, hear, answer_lost] {
      say([hear, answer_lost](mode::Answer answer, const std::string& text) {
        if (!answer_lost) hear(answer, text);
      });
    });
  if (twice) time_.at(time_.now() + later, [say] { say([](mode::Answer, const std::string&) {}); });
  executor_.after(2s, [hear] { hear(mode::Answer::not_now, "no answer"); });
}

}  // namespace stellwerk::test
