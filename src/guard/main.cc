/// The guard of a master (guard/guard.h) or of a worker (guard/worker_guard.h). Started by these, not by people:
///   stellwerk-guard <socket> <pidfd of the master> <log> [<pid of the master, if it is our child>]
///   stellwerk-guard worker <socket> <pidfd of the worker> <log> [<pid of the worker, if it is our child>]

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "guard/program.h"
#include "guard/worker_program.h"

namespace {

/// Not "stellwerk...": who kills masters by name should not kill their guards. Whoever sees this name sees a guard that
/// signals do not end any more.
constexpr const char* kName = "lockguard";
constexpr const char* kWorkerName = "taskguard";
/// More than a worker's guard ever needs: where less may be locked, a lock would make it fail for want of memory.
constexpr rlim_t kLockedMemory = rlim_t{64} << 20;

bool read(std::string_view text, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= 0;
}

/// It outlives its daemon, and the terminal or script that started both.
void stand_alone() {
  ::setsid();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_IGN);
  std::signal(SIGCHLD, SIG_IGN);  // those that write its notes are nobody's
}

/// Best effort: under memory pressure it should answer at once; an unprivileged user may not lock.
void lock_memory() {
  ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

/// Who reads the log is gone, or its file may not grow: no reason for a guard to die.
void ignore_what_writing_raises() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

int guard_worker(int argc, char** argv) {
  using namespace stellwerk::guard::worker_mode;
  Inheritance inherited;
  const bool fine = (argc == 5 || argc == 6) && read(argv[2], inherited.socket) && read(argv[3], inherited.worker) &&
                    read(argv[4], inherited.log) && (argc == 5 || read(argv[5], inherited.child));
  if (!fine) {
    std::fputs("stellwerk-guard worker is started by `stellwerk worker`\n", stderr);
    return 1;
  }
  ignore_what_writing_raises();
  if (inherited.child == 0) stand_alone();
  ::prctl(PR_SET_NAME, kWorkerName);
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= kLockedMemory) lock_memory();
  return run_guard({}, inherited);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "worker") return guard_worker(argc, argv);
  using namespace stellwerk::guard;
  Inheritance inherited;
  const bool fine = (argc == 4 || argc == 5) && read(argv[1], inherited.socket) && read(argv[2], inherited.master) &&
                    read(argv[3], inherited.log) && (argc == 4 || read(argv[4], inherited.child));
  if (!fine) {
    std::fputs("stellwerk-guard is started by `stellwerk master`\n", stderr);
    return 1;
  }
  ignore_what_writing_raises();
  if (inherited.child == 0) stand_alone();
  ::prctl(PR_SET_NAME, kName);
  lock_memory();
  return run_guard({}, inherited);
}
