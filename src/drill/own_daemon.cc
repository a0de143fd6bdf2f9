#include "drill/own_daemon.h"

#include <csignal>
#include <thread>

#include "drill/system_processes.h"
#include "processes/proc.h"

namespace stellwerk::drill {
namespace {

using std::chrono::milliseconds;

/// pid 1 of a container: it ends once nothing is left in there, so that a guard can do its work after its master's
/// death.
constexpr const char* kInit = "\"$@\" & wait $!; code=$?; while kill -0 -1 2>/dev/null; do sleep 0.1; done; exit $code";
constexpr milliseconds kBeginsMax = std::chrono::seconds(10);
constexpr milliseconds kBeginsEvery{1};

std::int64_t child_of(std::int64_t parent) {
  for (const std::int64_t each : processes::list_processes())
    if (const auto stat = processes::read_stat(each); stat && stat->parent == parent && !stat->ended()) return each;
  return 0;
}

}  // namespace

const Daemon& OwnDaemon::look() {
  const bool holder = child_.runs();
  if (!command_.container) daemon_.pid = child_.pid();
  daemon_.runs = holder && process_runs(daemon_.pid);
  return daemon_;
}

Result<void> OwnDaemon::launch() {
  std::erase_if(left_, [](Child& each) { return !each.runs(); });
  if (child_.runs()) left_.push_back(std::move(child_));
  Child::Command command = command_;
  if (command.container) {
    const std::vector<std::string> init = {"/bin/sh", "-c", kInit, "init"};
    command.argv.insert(command.argv.begin(), init.begin(), init.end());
  }
  auto child = Child::start(command);
  if (child.has_error()) return child.error();
  child_ = std::move(*child);
  return command.container ? find_in_container() : Result<void>();
}

Result<void> OwnDaemon::find_in_container() {
  const auto limit = std::chrono::steady_clock::now() + kBeginsMax;
  const std::int64_t init = child_.pid();
  while ((daemon_.pid = child_of(init)) == 0) {
    if (!child_.runs() || std::chrono::steady_clock::now() >= limit)
      return make_error(Errc::failed, daemon_.name + " does not begin in its container");
    std::this_thread::sleep_for(kBeginsEvery);
  }
  return {};
}

void OwnDaemon::end(milliseconds patience) {
  if (command_.container && patience.count() > 0) {
    if (look().runs) (void)send_signal(daemon_.pid, SIGTERM);
    (void)child_.await_end(patience);
    patience = milliseconds(0);
  }
  child_.end(patience);
  left_.clear();
}

}  // namespace stellwerk::drill
