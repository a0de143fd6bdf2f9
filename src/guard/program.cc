#include "guard/program.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

#include "base/file_descriptor.h"
#include "guard/act.h"
#include "guard/datagram.h"
#include "guard/init_duties.h"
#include "guard/notes.h"
#include "guard/processor_wait.h"

namespace stellwerk::guard {
namespace {

constexpr const char* kMasterGuardName = "lockguard";

Time boot_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return Time(std::chrono::seconds(now.tv_sec) +
              std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(now.tv_nsec)));
}

class Program {
 public:
  Program(const Options& options, const Inheritance& inherited)
      : tick_(options.tick),
        inherited_(inherited),
        init_(inherited.child),
        core_(options),
        notes_(inherited.log, kMasterGuardName),
        waiting_(inherited.master) {}

  int run() {
    while (!exited_ || !init_.done()) turn();
    notes_.flush();
    init_.wait_for_rest();
    return init_.exit_code();
  }

 private:
  void turn() {
    const Time now = boot_now();
    if (now >= next_tick_) {
      next_tick_ = now + tick_;
      perform(core_.step(now, event::Tick{waiting_.read()}));
    }
    std::array<pollfd, 6> fds{pollfd{inherited_.socket, POLLIN, 0},
                              pollfd{master_died_ ? -1 : inherited_.master, POLLIN, 0},
                              pollfd{-1, 0, 0},
                              pollfd{init_.fd(), POLLIN, 0},
                              pollfd{wires_[0].get(), 0, 0},
                              pollfd{wires_[1].get(), 0, 0}};
    Duration wait = std::max(next_tick_ - boot_now(), Duration(0));
    if (act_) {
      const Wait wanted = act_->wait(boot_now());
      fds[2] = {wanted.fd, wanted.events, 0};
      wait = std::min(wait, wanted.max);
    }
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(wait, Duration(0)));
    ::poll(fds.data(), fds.size(), static_cast<int>(ms.count()));
    // The master's words come first: a beat that waits here may make an act needless.
    if (fds[0].revents != 0) listen();
    if (fds[3].revents != 0 && init_.take_signals(inherited_.master, master_died_)) exited_ = true;
    if ((fds[1].revents & POLLIN) != 0 || ((fds[4].revents | fds[5].revents) & POLLHUP) != 0) died();
    if (act_) act(fds[2].revents);
    if (master_died_ && init_.has_child()) init_.reap();
    if (!act_) notes_.flush();
  }

  void listen() {
    std::array<char, kMessageBytesMax + 1> bytes;
    for (;;) {
      const Datagram got = receive_datagram(inherited_.socket, bytes);
      if (got.size < 0) return;
      if (got.size == 0) {
        // Whether the master is dead, its pidfd tells.
        ::close(inherited_.socket);
        inherited_.socket = -1;
        return perform(core_.step(boot_now(), event::SocketEnded{}));
      }
      auto message = decode({bytes.data(), static_cast<std::size_t>(got.size)});
      keep(got, message);
      if (message.has_error())
        notes_.add_once(message.error().text);
      else
        perform(core_.step(boot_now(), event::Told{std::move(*message)}));
    }
  }

  void keep(const Datagram& got, const Result<Message>& message) {
    const bool wires = message.has_value() && std::holds_alternative<Wires>(*message);
    const Log* const log = message.has_value() ? std::get_if<Log>(&*message) : nullptr;
    if (log != nullptr) notes_.look_like(*log);
    for (std::size_t i = 0; i < wires_.size(); ++i) {
      FileDescriptor descriptor(got.descriptors[i]);
      if (wires)
        wires_[i] = std::move(descriptor);
      else if (log != nullptr)
        notes_.go_to(std::move(descriptor));
    }
  }

  void died() {
    // What it said last counts.
    if (inherited_.socket != -1) listen();
    master_died_ = true;
    wires_ = {};
    perform(core_.step(boot_now(), event::MasterDied{}));
  }

  void act(short revents) {
    act_->turn(boot_now(), revents);
    if (!act_->outcome()) return;
    const Outcome outcome = *act_->outcome();
    // The next try begins where this one ended: a long list of dead servers is got through.
    first_server_ = act_->next_server();
    act_.reset();
    if (ending_)
      perform(core_.step(boot_now(), event::SessionEnded{outcome.gone, outcome.why}));
    else
      perform(core_.step(boot_now(), event::PlaceRemoved{outcome.gone, outcome.why}));
  }

  void perform(const std::vector<Effect>& effects) {
    for (const auto& effect : effects) std::visit([this](const auto& each) { perform(each); }, effect);
  }
  void perform(const effect::EndSession& effect) {
    ending_ = true;
    act_ = end_session(effect.session, first_server_, boot_now());
  }
  void perform(const effect::RemovePlace& effect) {
    ending_ = false;
    act_ = remove_place(
        effect.session, effect.place, first_server_,
        [this] {
          if (inherited_.socket != -1) listen();
          return !core_.master_is_back();
        },
        boot_now());
  }
  void perform(const effect::KillMaster&) { ::syscall(SYS_pidfd_send_signal, inherited_.master, SIGKILL, nullptr, 0); }
  void perform(const effect::Note& effect) { notes_.add(effect.text); }
  void perform(const effect::Exit&) { exited_ = true; }

  const Duration tick_;
  Inheritance inherited_;
  InitDuties init_;
  Guard core_;
  Notes notes_;
  ProcessorWait waiting_;
  std::unique_ptr<Act> act_;
  std::size_t first_server_ = 0;
  std::array<FileDescriptor, kDescriptorsMax> wires_;
  bool ending_ = false;
  bool master_died_ = false;
  bool exited_ = false;
  Time next_tick_{};
};

}  // namespace

int run_guard(const Options& options, const Inheritance& inherited) {
  return Program(options, inherited).run();
}

}  // namespace stellwerk::guard
