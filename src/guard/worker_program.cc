#include "guard/worker_program.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "guard/conversation.h"
#include "guard/datagram.h"
#include "guard/init_duties.h"
#include "guard/message.h"
#include "guard/notes.h"
#include "processes/leftovers.h"

namespace stellwerk::guard::worker_mode {
namespace {

constexpr const char* kWorkerGuardName = "taskguard";

/// A worker that is dying (its memory is written to a core file, say) is waited for so long at a time.
constexpr std::chrono::milliseconds kDyingMax{5000};
/// What was just being started becomes its own program within moments, or never.
constexpr std::chrono::milliseconds kStartingMax{500};
constexpr int kStartingPauseMs = 5;
/// Socket, worker and signals: before those of conversations.
constexpr std::size_t kOwnDescriptors = 3;
/// Longest wait of the loop, after which it looks again.
constexpr std::chrono::milliseconds kTurnMax{60'000};

Time worker_boot_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return Time(std::chrono::seconds(now.tv_sec) +
              std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(now.tv_nsec)));
}

std::string count(std::size_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "es");
}

class WorkerProgram {
 public:
  WorkerProgram(const Options& options, const Inheritance& inherited)
      : inherited_(inherited), init_(inherited.child), core_(options), notes_(inherited.log, kWorkerGuardName) {}

  int run() {
    while (!exited_ || !init_.done()) turn();
    notes_.flush();
    init_.wait_for_rest();
    return init_.exit_code();
  }

 private:
  void turn() {
    std::vector<pollfd> fds{
        {inherited_.socket, POLLIN, 0}, {died_ ? -1 : inherited_.worker, POLLIN, 0}, {init_.fd(), POLLIN, 0}};
    Time until = std::min(core_.wake_at(), worker_boot_now() + kTurnMax);
    for (const auto& each : conversations_) {
      fds.push_back(each->wait());
      until = std::min(until, each->until());
    }
    const Duration wait = std::max(until - worker_boot_now(), Duration(0));
    ::poll(fds.data(), fds.size(), static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
    if (fds[0].revents != 0) listen();
    if ((fds[1].revents & POLLIN) != 0) died();
    if (fds[2].revents != 0 && init_.take_signals(inherited_.worker, died_)) exited_ = true;
    if (died_ && init_.has_child()) init_.reap();
    converse(std::span(fds).subspan(kOwnDescriptors));
    if (worker_boot_now() >= core_.wake_at()) step(event::Tick{});
    if (conversations_.empty()) notes_.flush();
  }

  void listen() {
    std::array<char, kMessageBytesMax + 1> bytes;
    while (inherited_.socket != -1) {
      const Datagram got = receive_datagram(inherited_.socket, bytes);
      if (got.size < 0) return;
      if (got.size == 0) {
        // Whether the worker is dead, its pidfd tells.
        ::close(inherited_.socket);
        inherited_.socket = -1;
        return;
      }
      auto message = decode({bytes.data(), static_cast<std::size_t>(got.size)});
      keep(got, message.has_value() ? std::get_if<Log>(&*message) : nullptr);
      if (message.has_error())
        notes_.add_once(message.error().text);
      else
        step(event::Told{std::move(*message)});
    }
  }

  void keep(const Datagram& got, const Log* log) {
    if (log != nullptr) notes_.look_like(*log);
    for (const int each : got.descriptors) {
      FileDescriptor descriptor(each);
      if (log != nullptr) notes_.go_to(std::move(descriptor));
    }
  }

  void died() {
    died_ = true;
    // What it said last counts.
    listen();
    step(event::WorkerDied{});
  }

  /// Those that have their answer go before the core hears of it, because it may begin new ones.
  void converse(std::span<const pollfd> fds) {
    std::vector<event::Answered> answers;
    const Time now = worker_boot_now();
    for (std::size_t i = 0; i < fds.size(); ++i) {
      Conversation& each = *conversations_[i];
      each.turn(now, fds[i].revents);
      if (each.reply()) answers.push_back({each.master(), each.reply()->answer, each.reply()->text});
    }
    std::erase_if(conversations_, [](const auto& each) { return each->reply().has_value(); });
    for (const auto& answer : answers) step(answer);
  }

  void step(const Event& event) {
    for (const auto& effect : core_.step(worker_boot_now(), event))
      std::visit([this](const auto& each) { perform(each); }, effect);
  }

  void perform(const effect::EndTasks& effect) { step(end(effect)); }
  void perform(const effect::EndLeased& effect) { step(end(effect)); }
  void perform(const effect::Tell& effect) {
    conversations_.push_back(std::make_unique<Conversation>(effect.master, request_of(effect), worker_boot_now()));
  }
  void perform(const effect::Note& effect) { notes_.add(effect.text); }
  void perform(const effect::Exit&) { exited_ = true; }

  // ---- ending tasks: nothing else is to be done meanwhile

  event::TasksEnded end(const effect::EndTasks& effect) {
    event::TasksEnded out;
    std::vector<processes::Leftover> tasks;
    for (const Process& each : effect.tasks) tasks.push_back({each.pid, each.started});
    take(processes::end_leftovers(tasks));
    // Its own process may be gone a moment later than all that tells of its death; until then nothing of it is found.
    pollfd worker{inherited_.worker, POLLIN, 0};
    const bool dead = ::poll(&worker, 1, static_cast<int>(kDyingMax.count())) == 1;
    out.unsure = !effect.starting.empty() && !end_starting(effect.starting);
    const processes::LeftoverEnd daemons = processes::end_daemons_of({effect.worker.pid, effect.worker.started});
    take({daemons});
    out.gone = dead && left_.empty();
    out.text = ended_text("its tasks");
    left_.clear();
    return out;
  }

  event::LeasedEnded end(const effect::EndLeased& effect) {
    // All that is known by number first: elsewhere they begin anew soon.
    std::vector<processes::Leftover> tasks;
    std::set<std::string> marks;
    for (const LeasedTask& each : effect.tasks) {
      tasks.push_back({each.process.pid, each.process.started});
      marks.insert(each.mark);
    }
    killed_ = 0;
    take(processes::end_leftovers(tasks));
    take(processes::end_leftovers(processes::find_marked(marks)));
    if (!effect.starting.empty()) end_starting(effect.starting);
    event::LeasedEnded out{left_.empty(), {}};
    // The worker may have been first.
    if (killed_ > 0 || !left_.empty()) out.text = ended_text("its at-most-one tasks");
    left_.clear();
    killed_ = 0;
    return out;
  }

  std::string ended_text(const std::string& whose) const {
    std::string text = "ended " + count(killed_, "process") + " of " + whose;
    if (!left_.empty())
      text += ", not " + count(left_.size(), "process") + " (the first is " + std::to_string(left_[0]) + ")";
    return text;
  }

  /// False: nobody has appeared.
  bool end_starting(const std::string& mark) {
    const Time until = worker_boot_now() + kStartingMax;
    for (;;) {
      const auto found = processes::find_marked({mark});
      if (!found.empty()) {
        take(processes::end_leftovers(found));
        return true;
      }
      if (worker_boot_now() >= until) return false;
      ::poll(nullptr, 0, kStartingPauseMs);
    }
  }

  void take(const std::vector<processes::LeftoverEnd>& ends) {
    for (const auto& each : ends) {
      killed_ += each.killed.size();
      left_.insert(left_.end(), each.left.begin(), each.left.end());
    }
  }

  Inheritance inherited_;
  InitDuties init_;
  WorkerGuard core_;
  Notes notes_;
  std::vector<std::unique_ptr<Conversation>> conversations_;
  std::size_t killed_ = 0;
  std::vector<std::int64_t> left_;
  bool died_ = false;
  bool exited_ = false;
};

}  // namespace

int run_guard(const Options& options, const Inheritance& inherited) {
  return WorkerProgram(options, inherited).run();
}

}  // namespace stellwerk::guard::worker_mode
