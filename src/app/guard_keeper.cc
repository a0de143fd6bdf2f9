#include "app/guard_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "guard/datagram.h"

namespace stellwerk::app {
namespace {

FileDescriptor open_log(const std::string& file) {
  if (file.empty()) return FileDescriptor(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
  return FileDescriptor(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
}

Error system_failure(const std::string& what) {
  return make_error(Errc::failed, "the guard could not be started: " + what + ": " + std::strerror(errno));
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

GuardKeeper::GuardKeeper(boost::asio::io_context& io, Executor& executor, const Log& log, Setup setup)
    : executor_(executor), log_(log), setup_(std::move(setup)), socket_(io) {}

GuardKeeper::~GuardKeeper() {
  drop();
  executor_.cancel(restart_timer_);
}

Result<void> GuardKeeper::start(int inherited) {
  auto started = inherited != -1 ? use(inherited) : spawn();
  if (started.has_error()) return make_error(Errc::failed, started.error().text + setup_.without);
  return started;
}

Result<void> GuardKeeper::spawn() {
  if (setup_.program.empty())
    return make_error(Errc::failed, "stellwerk-guard is not in libexec/ of this installation");
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return system_failure("socketpair");
  FileDescriptor ours(pair[0]);
  const FileDescriptor theirs(pair[1]);
  const FileDescriptor self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!self) return system_failure("pidfd_open");
  // Once, before the loop turns: a disk that hangs must not hang it when a guard has to be replaced.
  if (!log_file_) log_file_ = open_log(setup_.log_file);
  if (!log_file_) return system_failure("open " + setup_.log_file);
  const auto pid = spawn_guard(setup_.what, setup_.program, theirs.get(), self.get(), log_file_.get());
  if (pid.has_error()) return pid.error();
  pid_ = *pid;
  return use(ours.release());
}

Result<void> GuardKeeper::use(int socket) {
  boost::system::error_code error;
  socket_.assign(socket, error);
  if (error) {
    ::close(socket);
    return make_error(Errc::failed, "the guard's socket: " + error.message());
  }
  socket_.non_blocking(true, error);
  started_at_ = executor_.now();
  setup_.tell_all();
  if (socket_.is_open()) watch();
  return {};
}

bool GuardKeeper::send(std::string_view bytes, std::span<const int> descriptors) {
  if (!socket_.is_open()) return true;  // it is being started again, and will be told
  return guard::send_datagram(socket_.native_handle(), bytes, descriptors);
}

bool GuardKeeper::send_patiently(std::string_view bytes, std::chrono::milliseconds patience,
                                 std::span<const int> descriptors) {
  if (send(bytes, descriptors)) return true;
  if (errno != EAGAIN) return false;
  pollfd room{socket_.native_handle(), POLLOUT, 0};
  ::poll(&room, 1, static_cast<int>(patience.count()));
  return send(bytes, descriptors);
}

bool GuardKeeper::log_goes_to(FileDescriptor log) {
  log_file_ = std::move(log);
  return pid_ != 0;
}

/// The guard never says anything: what can be read is its end.
void GuardKeeper::watch() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
                       if (!alive.expired() && !error) replace();
                     });
}

void GuardKeeper::drop() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void GuardKeeper::replace() {
  if (!socket_.is_open()) return;
  drop();
  // A deaf one must not act beside the next.
  if (pid_ != 0) ::kill(pid_, SIGKILL);
  log_.warn("The guard has died or is deaf; starting another one");
  if (executor_.now() - started_at_ > kRestartLast) restart_pause_ = kRestartFirst;
  restart_later(kRestartLast);
}

bool GuardKeeper::ensure() {
  if (socket_.is_open()) return true;
  // One that cannot be started is not tried more often for that.
  if (restart_timer_ == 0 || hopeless_) return false;
  executor_.cancel(restart_timer_);
  restart();
  return socket_.is_open();
}

void GuardKeeper::restart() {
  restart_timer_ = 0;
  if (pid_ != 0) ::waitpid(pid_, nullptr, WNOHANG);
  pid_ = 0;
  const auto started = spawn();
  hopeless_ = started.has_error();
  if (!hopeless_) return log_.info("Started another guard");
  log_.warn(started.error().text + setup_.without);
  restart_later(kHopelessLast);
}

void GuardKeeper::restart_later(Duration last) {
  restart_timer_ = executor_.after(std::min(restart_pause_, last), [this] { restart(); });
  restart_pause_ = std::min(restart_pause_ * 2, last);
}

}  // namespace stellwerk::app
