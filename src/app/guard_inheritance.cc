#include "app/guard_inheritance.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/file_descriptor.h"

extern char** environ;

namespace stellwerk::app {
namespace {

constexpr const char* kMasterName = "lockguard";
constexpr const char* kWorkerName = "taskguard";
constexpr const char* kWorkerMode = "worker";
/// Holds the number of the socket from pid 1 to the daemon that it starts, and is taken out there.
constexpr const char* kSocketVariable = "STELLWERK_GUARD_SOCKET";
/// Where a guard finds what it inherits.
constexpr int kSocket = 3;
constexpr int kMaster = 4;
constexpr int kLog = 5;
constexpr int kNext = 6;
/// Copies are made from up here, so that none is overwritten before it was copied.
constexpr int kAbove = 16;

Error failure(const std::string& what, int code) {
  return make_error(Errc::failed, "the guard could not be started: " + what + ": " + std::strerror(code));
}

FileDescriptor above(int fd) {
  return FileDescriptor(::fcntl(fd, F_DUPFD_CLOEXEC, kAbove));
}

/// File actions and attributes of one posix_spawn.
class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  void give(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  void open_null(int as) { ::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDWR, 0); }
  void close_from(int first) { ::posix_spawn_file_actions_addclosefrom_np(&actions_, first); }

  Result<pid_t> run(const std::string& program, char* const* arguments, char* const* environment) {
    pid_t pid = 0;
    const int code = ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments, environment);
    if (code != 0) return failure(program, code);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Pointers into `texts`, which must stay as it is.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> guard_arguments(GuardOf what) {
  std::vector<std::string> arguments{what == GuardOf::master ? kMasterName : kWorkerName};
  if (what == GuardOf::worker) arguments.emplace_back(kWorkerMode);
  for (const int inherited : {kSocket, kMaster, kLog}) arguments.push_back(std::to_string(inherited));
  return arguments;
}

int pidfd_of(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

/// Two daemons in one container would be worse than none.
Error give_up_on(pid_t child, const std::string& what, int code) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return failure(what, code);
}

/// Blocks what a guard as pid 1 passes on; exec keeps it so. Otherwise it ends with this object.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalsHeld() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Result<pid_t> spawn_guard(GuardOf what, const std::string& program, int socket, int self, int log) {
  const FileDescriptor one = above(socket);
  const FileDescriptor two = above(self);
  const FileDescriptor three = above(log);
  if (!one || !two || !three) return failure("fcntl", errno);
  Spawn spawn;
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) spawn.open_null(standard);
  spawn.give(one.get(), kSocket);
  spawn.give(two.get(), kMaster);
  spawn.give(three.get(), kLog);
  spawn.close_from(kNext);
  auto texts = guard_arguments(what);
  return spawn.run(program, pointers(texts).data(), environ);
}

bool has_inherited_guard() {
  return std::getenv(kSocketVariable) != nullptr;
}

int inherited_guard_socket() {
  const char* const text = std::getenv(kSocketVariable);
  if (text == nullptr) return -1;
  int socket = -1;
  const char* const end = text + std::strlen(text);
  const bool number = std::from_chars(text, end, socket).ptr == end;
  ::unsetenv(kSocketVariable);
  if (!number || ::fcntl(socket, F_SETFD, FD_CLOEXEC) != 0) return -1;
  return socket;
}

Error become_guard(GuardOf what, const std::string& program, char** arguments) {
  // Until the guard looks at them, an init's signals would be lost.
  const SignalsHeld held;
  // Some sandboxes refuse it: then nothing must have begun.
  if (!FileDescriptor(pidfd_of(::getpid()))) return failure("pidfd_open", errno);
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return failure("socketpair", errno);
  const FileDescriptor masters = above(pair[0]);
  const FileDescriptor guards = above(pair[1]);
  ::close(pair[0]);
  ::close(pair[1]);
  Spawn spawn;
  spawn.give(masters.get(), kSocket);
  ::setenv(kSocketVariable, std::to_string(kSocket).c_str(), 1);
  const auto child = spawn.run("/proc/self/exe", arguments, environ);
  ::unsetenv(kSocketVariable);
  if (child.has_error()) return child.error();
  const FileDescriptor process(pidfd_of(*child));
  const FileDescriptor high = above(process.get());
  const FileDescriptor log = above(STDERR_FILENO);
  if (!guards || !high || !log) return give_up_on(*child, "descriptors", errno);
  // dup2 makes copies without FD_CLOEXEC: these three are what the guard finds.
  ::dup2(guards.get(), kSocket);
  ::dup2(high.get(), kMaster);
  ::dup2(log.get(), kLog);
  auto texts = guard_arguments(what);
  texts.push_back(std::to_string(*child));
  ::execv(program.c_str(), pointers(texts).data());
  const int code = errno;
  for (const int inherited : {kSocket, kMaster, kLog}) ::close(inherited);
  return give_up_on(*child, program, code);
}

}  // namespace stellwerk::app
