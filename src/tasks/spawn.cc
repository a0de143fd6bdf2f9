#include "tasks/spawn.h"

#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "processes/mark.h"
#include "tasks/descriptors.h"
#include "tasks/program.h"

// The child runs on our memory: no sanitizer may keep books of what it does, nor take its making for a fork().
#define STELLWERK_IN_CHILD __attribute__((no_sanitize("address", "undefined", "thread")))
/// clone(2) under the name that ThreadSanitizer does not put itself before.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;

namespace stellwerk::tasks {
namespace {

constexpr int kControl = worker::kControlDescriptor;
static_assert(kLowestOfEnds == kControl + 1);

constexpr std::size_t kChildStackBytes = std::size_t{64} << 10;
constexpr int kSignals = 64;
/// As the kernel has it, for its own calls: the C library keeps two signals to itself.
using SignalSet = std::uint64_t;
/// A struct sigaction of the kernel's, all zero: SIG_DFL. On no architecture is it larger.
constexpr std::array<std::uint64_t, 8> kDefaultAction{};

/// Zero: nobody's.
constexpr long kNoParent = 0;

enum class Step { group, isolation, limits, folder, program };

/// One of setrlimit()'s, and how job specs call it.
struct ResourceLimit {
  int resource = 0;
  const char* name = nullptr;
  rlimit value{};
};
constexpr std::size_t kResourceLimitsMax = 4;

/// All that the child needs, ready: it may neither allocate nor wait.
struct Plan {
  ChildEnds ends;
  int last_end;  ///< the highest of them
  const char* folder;
  const char* path;
  char* const* arguments;
  char* const* environment;
  int entrance;  ///< -1: none
  std::array<ResourceLimit, kResourceLimitsMax> limits;
  std::size_t limits_size;
  std::size_t limit = 0;  ///< that is being set
  long parent;            ///< with whom it dies; 0: it does not
  Step step = Step::group;
  int error = 0;  ///< 0: it has become the program
};

/// Until the first call, the table of descriptors is ours too.
STELLWERK_IN_CHILD bool isolate(const Plan& plan) {
  const ChildEnds& ends = plan.ends;
  if (::syscall(SYS_close_range, plan.last_end + 1, ~0U, CLOSE_RANGE_UNSHARE) != 0) return false;
  // A session, not only a group: its number also finds what a shell with job control put into other groups.
  if (::syscall(SYS_setsid) < 0) return false;
  // The kernel's word, where the guard died together with us. It is told of no death that came before.
  if (plan.parent != kNoParent &&
      (::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || ::syscall(SYS_getppid) != plan.parent))
    return false;
  for (int signal = 1; signal <= kSignals; ++signal)
    ::syscall(SYS_rt_sigaction, signal, kDefaultAction.data(), nullptr, sizeof(SignalSet));  // not for SIGKILL, SIGSTOP
  if (::syscall(SYS_dup3, ends.input, STDIN_FILENO, 0) < 0 || ::syscall(SYS_dup3, ends.output, STDOUT_FILENO, 0) < 0 ||
      ::syscall(SYS_dup3, ends.error, STDERR_FILENO, 0) < 0 || ::syscall(SYS_dup3, ends.control, kControl, 0) < 0)
    return false;
  // Also what a library of ours opened without O_CLOEXEC.
  if (::syscall(SYS_close_range, kControl + 1, ~0U, 0) != 0) return false;
  return true;
}

/// What it starts from here on is in its group too.
STELLWERK_IN_CHILD bool enter_group(const Plan& plan) {
  return plan.entrance < 0 || ::syscall(SYS_write, plan.entrance, "0", 1) == 1;
}

STELLWERK_IN_CHILD bool limit_resources(Plan& plan) {
  for (plan.limit = 0; plan.limit < plan.limits_size; ++plan.limit) {
    const ResourceLimit& each = plan.limits.data()[plan.limit];
    if (::syscall(SYS_prlimit64, 0, each.resource, &each.value, nullptr) != 0) return false;
  }
  return true;
}

/// Until a step has failed, which `plan.step` tells.
STELLWERK_IN_CHILD bool prepare(Plan& plan) {
  plan.step = Step::group;
  if (!enter_group(plan)) return false;
  plan.step = Step::isolation;
  if (!isolate(plan)) return false;
  plan.step = Step::limits;
  if (!limit_resources(plan)) return false;
  plan.step = Step::folder;
  return ::syscall(SYS_chdir, plan.folder) == 0;
}

STELLWERK_IN_CHILD int become_program(void* argument) {
  Plan& plan = *static_cast<Plan*>(argument);
  if (prepare(plan)) {
    plan.step = Step::program;
    const SignalSet none = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
    ::syscall(SYS_execve, plan.path, plan.arguments, plan.environment);
  }
  plan.error = errno;
  ::syscall(SYS_exit_group, 127);
  return 0;
}

/// While it lives, no handler of ours runs in this thread, and so none in the child that starts with its memory.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    const SignalSet all = ~SignalSet{0};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, sizeof all);
  }
  ~AllSignalsBlocked() { ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof before_); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  SignalSet before_ = 0;
};

Result<Spawned> run(Plan& plan) {
  const auto stack = std::make_unique_for_overwrite<std::byte[]>(kChildStackBytes);
  int pidfd = -1;
  pid_t pid = 0;
  {
    const AllSignalsBlocked blocked;
    pid = ::__clone(become_program, stack.get() + kChildStackBytes,
                    CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD | SIGCHLD, &plan, &pidfd, nullptr, nullptr);
    if (pid < 0) plan.error = errno;
  }
  if (pid < 0) return Error{};
  Spawned spawned{pid, FileDescriptor(pidfd)};
  if (plan.error == 0) return spawned;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return Error{};
}

Error explain_limit(const worker::Launch& launch, const ResourceLimit& limit, int error) {
  return start_error(Errc::failed, launch,
                     std::string("its limit ") + limit.name + " cannot be " + std::to_string(limit.value.rlim_cur) +
                         " on this worker: " + std::strerror(error));
}

/// Not only the soft ones: a program could raise those again.
void add_limit(Plan& plan, int resource, const char* name, const std::optional<std::int64_t>& value) {
  if (!value) return;
  const auto limit = static_cast<rlim_t>(*value);
  plan.limits.at(plan.limits_size++) = {resource, name, {limit, limit}};
}

void add_limits(Plan& plan, const Spawn& what) {
  const model::TaskLimits& limits = what.launch.limits;
  add_limit(plan, RLIMIT_NOFILE, "open-files", limits.open_files);
  add_limit(plan, RLIMIT_FSIZE, "file-size", limits.file_bytes);
  add_limit(plan, RLIMIT_CORE, "core-size", limits.core_bytes);
  rlimit ours{};
  if (limits.open_files || !what.descriptor_limit || ::getrlimit(RLIMIT_NOFILE, &ours) != 0) return;
  if (ours.rlim_cur <= *what.descriptor_limit) return;
  plan.limits.at(plan.limits_size++) = {RLIMIT_NOFILE, "open-files", {*what.descriptor_limit, ours.rlim_max}};
}

Error explain(const worker::Launch& launch, const Program& program, const Plan& plan) {
  switch (plan.step) {
    case Step::group:
      return start_error(Errc::failed, launch,
                         std::string("it cannot be moved into its control group: ") + std::strerror(plan.error));
    case Step::isolation: return explain_system(launch, plan.error);
    case Step::limits: return explain_limit(launch, plan.limits.at(plan.limit), plan.error);
    case Step::folder: return explain_folder(launch, plan.error);
    case Step::program: return explain_program(launch, program, plan.error);
  }
  return explain_system(launch, plan.error);
}

/// The pointers point into `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> found;
  found.reserve(texts.size() + 1);
  for (std::string& text : texts) found.push_back(text.data());
  found.push_back(nullptr);
  return found;
}

std::vector<std::string> variables_of(const Spawn& what) {
  std::vector<std::string> variables;
  variables.reserve(what.launch.environment.size() + 1);
  variables.push_back(std::string(processes::kMarkVariable) + "=" + what.mark);
  for (const auto& [name, value] : what.launch.environment)
    if (name != processes::kMarkVariable) variables.push_back(name + "=" + value);
  return variables;
}

}  // namespace

Result<Spawned> spawn(const Spawn& what) {
  const ChildEnds& ends = what.ends;
  STELLWERK_ASSERT(std::min({ends.input, ends.output, ends.error, ends.control}) >= kLowestOfEnds,
                   "one of them would be lost when another takes its number");
  const auto program = find_program(what.launch);
  if (program.has_error()) return program.error();
  std::vector<std::string> words = what.launch.command;
  std::vector<std::string> variables = variables_of(what);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(variables);
  Plan plan{ends,
            std::max({ends.input, ends.output, ends.error, ends.control}),
            what.launch.folder.c_str(),
            program->path.c_str(),
            arguments.data(),
            environment.data(),
            what.entrance,
            {},
            0,
            0,
            what.launch.leased ? ::getpid() : kNoParent};
  add_limits(plan, what);
  auto spawned = run(plan);
  if (spawned.has_error()) return explain(what.launch, *program, plan);
  return spawned;
}

}  // namespace stellwerk::tasks
