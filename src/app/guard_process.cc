#include "app/guard_process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "app/guard_inheritance.h"
#include "base/file_descriptor.h"
#include "guard/datagram.h"

namespace stellwerk::app {
namespace {

constexpr const char* kWithout =
    "; without it a master that is killed with -9 keeps its lock for a session timeout, and one that hangs for ever";

Error system_failure(const std::string& what) {
  return make_error(Errc::failed, "the guard could not be started: " + what + ": " + std::strerror(errno) + kWithout);
}

FileDescriptor open_log(const std::string& file) {
  if (file.empty()) return FileDescriptor(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
  return FileDescriptor(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
}

}  // namespace

std::string find_guard_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  const auto folder = self.parent_path();
  for (const auto* place : {"../libexec/stellwerk-guard", "../guard/stellwerk-guard"}) {
    const auto program = (folder / place).lexically_normal();
    if (::access(program.c_str(), X_OK) == 0) return program.string();
  }
  return {};
}

GuardProcess::GuardProcess(boost::asio::io_context& io, Executor& executor, const Log& log, Setup setup)
    : executor_(executor), log_(log), setup_(std::move(setup)), socket_(io) {}

GuardProcess::~GuardProcess() {
  drop();
  executor_.cancel(beat_timer_);
  executor_.cancel(restart_timer_);
}

Result<void> GuardProcess::start() {
  const int inherited = inherited_guard_socket();
  const auto started = inherited != -1 ? use(inherited) : spawn();
  if (started.has_error()) return started;
  beat();
  return {};
}

Result<void> GuardProcess::spawn() {
  if (setup_.program.empty())
    return make_error(Errc::failed, std::string("stellwerk-guard is not in libexec/ of this installation") + kWithout);
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return system_failure("socketpair");
  FileDescriptor ours(pair[0]);
  const FileDescriptor theirs(pair[1]);
  const FileDescriptor self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!self) return system_failure("pidfd_open");
  // Once, before the loop turns: a disk that hangs must not hang it when a guard has to be replaced.
  if (!log_file_) log_file_ = open_log(setup_.log_file);
  if (!log_file_) return system_failure("open " + setup_.log_file);
  const auto pid = spawn_guard(setup_.program, theirs.get(), self.get(), log_file_.get());
  if (pid.has_error()) return make_error(Errc::failed, pid.error().text + kWithout);
  pid_ = *pid;
  return use(ours.release());
}

Result<void> GuardProcess::use(int socket) {
  boost::system::error_code error;
  socket_.assign(socket, error);
  if (error) {
    ::close(socket);
    return make_error(Errc::failed, "the guard's socket: " + error.message() + kWithout);
  }
  socket_.non_blocking(true, error);
  started_at_ = executor_.now();
  send(setup_.settings);
  if (!setup_.wires.empty()) send(guard::Wires{}, setup_.wires);
  if (session_) send(*session_);
  if (place_) send(*place_);
  if (farewell_) send(guard::Farewell{});
  watch();
  return {};
}

void GuardProcess::tell(const guard::Session& session) {
  session_ = session;
  if (!send(session)) died();
}

void GuardProcess::tell(const guard::Place& place) {
  place_ = place;
  if (!send(place)) died();
}

void GuardProcess::tell_servers(const std::vector<std::string>& servers) {
  if (!session_) return;
  session_->servers = servers;
  tell(guard::Session(*session_));
}

void GuardProcess::farewell() {
  farewell_ = true;
  send(guard::Farewell{});
}

bool GuardProcess::send(const guard::Message& message, std::span<const int> descriptors) {
  if (!socket_.is_open()) return true;  // it is being started again, and will be told
  const std::string bytes = guard::encode(message);
  return guard::send_datagram(socket_.native_handle(), bytes, descriptors);
}

void GuardProcess::beat() {
  // Hundreds fit into the socket: a guard that has not read them for so long is deaf.
  if (!send(guard::Beat{})) died();
  beat_timer_ = executor_.after(kBeat, [this] { beat(); });
}

/// The guard never says anything: what can be read is its end.
void GuardProcess::watch() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
                       if (!alive.expired() && !error) died();
                     });
}

void GuardProcess::drop() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void GuardProcess::died() {
  if (!socket_.is_open()) return;
  drop();
  // A deaf one must not act beside the next.
  if (pid_ != 0) ::kill(pid_, SIGKILL);
  log_.warn("The guard has died or is deaf; starting another one");
  if (executor_.now() - started_at_ > kRestartLast) restart_pause_ = kRestartFirst;
  restart_timer_ = executor_.after(restart_pause_, [this] { restart(); });
  restart_pause_ = std::min(restart_pause_ * 2, kRestartLast);
}

void GuardProcess::restart() {
  if (pid_ != 0) ::waitpid(pid_, nullptr, WNOHANG);
  pid_ = 0;
  const auto started = spawn();
  if (started.has_value()) return log_.info("Started another guard");
  log_.warn(started.error().text);
  restart_timer_ = executor_.after(restart_pause_, [this] { restart(); });
  restart_pause_ = std::min(restart_pause_ * 2, kRestartLast);
}

}  // namespace stellwerk::app
