#include "drill/child.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "base/file_descriptor.h"

extern char** environ;

namespace stellwerk::drill {
namespace {

constexpr std::chrono::milliseconds kEndLookEvery{1};
constexpr std::chrono::milliseconds kKilledMax = std::chrono::seconds(10);

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment(const std::string& variable) {
  std::vector<std::string> out;
  if (!variable.empty()) out.push_back(variable);
  for (char** each = environ; *each != nullptr; ++each)
    if (!std::string_view(*each).starts_with("STELLWERK_")) out.emplace_back(*each);
  return out;
}

/// Prepared before, for between fork and exec.
struct Way {
  char* const* argv = nullptr;
  char* const* env = nullptr;
  const char* folder = nullptr;
  int out = -1;
  int network = -1;
  bool container = false;
  pid_t parent = 0;
};

/// As fork(), which cannot make namespaces, but without what glibc does around it: the child must only exec.
pid_t fork_plainly(int namespaces) {
  return static_cast<pid_t>(::syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
}

bool enter(const Way& way) {
  if (way.network >= 0 && ::setns(way.network, CLONE_NEWNET) != 0) return false;
  if (!way.container) return true;
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
}

/// Between fork and exec: the system's own calls only.
[[noreturn]] void become(const Way& way) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // From within a container the parent is not seen.
  if (!way.container && ::getppid() != way.parent) ::_exit(127);
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(way.out, STDOUT_FILENO);
  ::dup2(way.out, STDERR_FILENO);
  if (enter(way) && ::chdir(way.folder) == 0) ::execve(way.argv[0], way.argv, way.env);
  ::_exit(127);
}

}  // namespace

Child::~Child() {
  end(std::chrono::milliseconds(0));
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)), exit_code_(other.exit_code_) {}

Child& Child::operator=(Child&& other) noexcept {
  end(std::chrono::milliseconds(0));
  pid_ = std::exchange(other.pid_, 0);
  exit_code_ = other.exit_code_;
  return *this;
}

Result<Child> Child::start(const Command& command) {
  std::vector<std::string> words = command.argv;
  std::vector<std::string> variables = environment(command.variable);
  const auto argv = pointers(words);
  const auto env = pointers(variables);
  const std::string output = command.folder + "/out";
  const FileDescriptor out(::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!out) return make_error(Errc::failed, "cannot write " + output + ": " + std::strerror(errno));
  const Way way{argv.data(),       env.data(), command.folder.c_str(), out.get(), command.network,
                command.container, ::getpid()};
  const pid_t pid = fork_plainly(command.container ? CLONE_NEWPID | CLONE_NEWNS : 0);
  if (pid < 0) return make_error(Errc::failed, std::string("cannot start a process: ") + std::strerror(errno));
  if (pid == 0) become(way);
  Child child;
  child.pid_ = pid;
  return child;
}

bool Child::runs() {
  if (pid_ == 0) return false;
  int status = 0;
  const pid_t ended = ::waitpid(static_cast<pid_t>(pid_), &status, WNOHANG);
  if (ended == 0) return true;
  // Else somebody has told the system to forget how children end: then nobody knows.
  if (ended > 0) exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  pid_ = 0;
  return false;
}

bool Child::await_end(std::chrono::milliseconds within) {
  const auto limit = std::chrono::steady_clock::now() + within;
  while (runs()) {
    if (std::chrono::steady_clock::now() >= limit) return false;
    std::this_thread::sleep_for(kEndLookEvery);
  }
  return true;
}

void Child::end(std::chrono::milliseconds patience) {
  if (!runs()) return;
  ::kill(static_cast<pid_t>(pid_), SIGCONT);
  if (patience.count() > 0) {
    ::kill(static_cast<pid_t>(pid_), SIGTERM);
    if (await_end(patience)) return;
  }
  ::kill(static_cast<pid_t>(pid_), SIGKILL);
  (void)await_end(kKilledMax);  // what hangs in a call of the system is left to it
  pid_ = 0;
}

}  // namespace stellwerk::drill
