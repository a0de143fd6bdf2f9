#include "guard/init_duties.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace stellwerk::guard {
namespace {

constexpr int kKilledBySignal = 128;
constexpr std::chrono::milliseconds kPause{5};

/// A descriptor for the signals of a pid 1, which nobody else would see.
int signals_of_init() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

InitDuties::InitDuties(pid_t child) : child_(child), signals_(child != 0 ? signals_of_init() : -1) {}

bool InitDuties::take_signals(int daemon, bool dead) {
  bool at_once = false;
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGCHLD)
      reap();
    else if (!dead)
      ::syscall(SYS_pidfd_send_signal, daemon, static_cast<int>(info.ssi_signo), nullptr, 0);
    else if (info.ssi_signo != SIGHUP)
      at_once = true;
  }
  return at_once;
}

void InitDuties::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != child_) continue;
    reaped_ = true;
    exit_code_ = WIFSIGNALED(status) ? kKilledBySignal + WTERMSIG(status) : WEXITSTATUS(status);
  }
}

void InitDuties::wait_for_rest() {
  if (child_ == 0) return;
  for (auto waited = kPause; waited <= kRestMax; waited += kPause) {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid < 0) return;
    if (pid == 0) ::poll(nullptr, 0, static_cast<int>(kPause.count()));
  }
}

}  // namespace stellwerk::guard
