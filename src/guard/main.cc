/// The guard of a master: see guard/guard.h. Started by its master, not by people:
///   stellwerk-guard <socket> <pidfd of the master> <log> [<pid of the master, if it is our child>]

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "guard/program.h"

namespace {

/// Not "stellwerk...": who kills masters by name should not kill their guards.
constexpr const char* kName = "lockguard";

bool read(std::string_view text, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace stellwerk::guard;
  Inheritance inherited;
  const bool fine = (argc == 4 || argc == 5) && read(argv[1], inherited.socket) && read(argv[2], inherited.master) &&
                    read(argv[3], inherited.log) && (argc == 4 || read(argv[4], inherited.child));
  if (!fine) {
    std::fputs("stellwerk-guard is started by `stellwerk master`\n", stderr);
    return 1;
  }
  ::prctl(PR_SET_NAME, kName);
  std::signal(SIGPIPE, SIG_IGN);
  if (inherited.child == 0) {
    // It outlives its master, and the terminal or script that started both.
    ::setsid();
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_IGN);
    std::signal(SIGCHLD, SIG_IGN);  // those that write its notes are nobody's
  }
  // Best effort: under memory pressure it should answer at once; an unprivileged user may not lock.
  ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
  return run_guard({}, inherited);
}
