#include "zookeeper/handle.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/assert.h"

namespace stellwerk::zookeeper {
namespace {

/// The library's log callback has no context argument; whose call is under way is known only here.
thread_local Handle* calling = nullptr;

/// The state after the library closed the socket on its own, without telling anybody.
bool closed_silently(int state) {
  return state == ZOO_NOTCONNECTED_STATE;
}

/// "...errno=111(Connection refused): ..." to words of ours; empty if it is another line.
std::string failure_in(std::string_view line) {
  constexpr std::string_view kMark = "errno=";
  const auto at = line.find(kMark);
  if (at == std::string_view::npos) return {};
  int code = 0;
  const char* begin = line.data() + at + kMark.size();
  std::from_chars(begin, line.data() + line.size(), code);
  switch (code) {
    case 0: return {};
    case EHOSTDOWN: return "closed the connection";  // the library's name for the end of the stream
    case ESTALE: return "the session has expired";
    case ETIMEDOUT: return "does not answer";
    default: return std::generic_category().message(code);
  }
}

}  // namespace

Handle::Call::Call(Handle& handle) : zh(handle.zh_), outer_(std::exchange(calling, &handle)) {}

Handle::Call::~Call() {
  calling = outer_;
}

Handle::Handle(OnWatch on_watch, OnLog on_log) : on_watch_(std::move(on_watch)), on_log_(std::move(on_log)) {}

std::unique_ptr<Handle> Handle::open(const std::string& server, Duration session_timeout, const std::string& auth,
                                     OnWatch on_watch, OnLog on_log, const std::optional<Existing>& existing) {
  STELLWERK_ASSERT(server.find_first_of("/,") == std::string::npos, "one address, and never a chroot");
  std::unique_ptr<Handle> handle(new Handle(std::move(on_watch), std::move(on_log)));
  const Call call(*handle);
  zoo_set_debug_level(ZOO_LOG_LEVEL_INFO);
  const auto timeout_ms =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(session_timeout).count());
  clientid_t id{};
  if (existing) {
    id.client_id = existing->id;
    std::copy_n(existing->password.data(), std::min(existing->password.size(), sizeof id.passwd), id.passwd);
  }
  handle->zh_ = zookeeper_init2(server.c_str(), nullptr, timeout_ms, existing ? &id : nullptr, handle.get(),
                                ZOO_NO_LOG_CLIENTENV, &Handle::library_log);
  if (handle->zh_ == nullptr) return nullptr;
  handle->server_ = server;
  zoo_set_servers_resolution_delay(handle->zh_, -1);
  if (!auth.empty()) {
    // Only remembered now; the library sends it first on every connection.
    const int rc = zoo_add_auth(handle->zh_, "digest", auth.data(), static_cast<int>(auth.size()), nullptr, nullptr);
    if (rc != ZOK) return nullptr;
  }
  return handle;
}

Handle::~Handle() {
  if (zh_ == nullptr) return;
  // With a dead socket the library cannot wait for an answer, which it would do for up to 4.5 s.
  if (has_socket()) ::shutdown(fd_, SHUT_RDWR);
  const Call call(*this);
  zookeeper_close(zh_);
}

int Handle::state() const {
  return zoo_state(zh_);
}

bool Handle::has_socket() const {
  const int now = state();
  return now == ZOO_CONNECTING_STATE || now == ZOO_ASSOCIATING_STATE || now == ZOO_CONNECTED_STATE ||
         now == ZOO_READONLY_STATE;
}

bool Handle::connected() const {
  return state() == ZOO_CONNECTED_STATE;
}

bool Handle::read_only() const {
  return state() == ZOO_READONLY_STATE;
}

bool Handle::expired() const {
  return state() == ZOO_EXPIRED_SESSION_STATE;
}

bool Handle::auth_failed() const {
  return state() == ZOO_AUTH_FAILED_STATE;
}

bool Handle::fd_readable() const {
  pollfd now{fd(), POLLIN, 0};
  return now.fd != -1 && ::poll(&now, 1, 0) > 0;
}

std::int64_t Handle::session_id() const {
  return zoo_client_id(zh_)->client_id;
}

std::string Handle::session_password() const {
  const clientid_t* id = zoo_client_id(zh_);
  return {id->passwd, sizeof id->passwd};
}

Duration Handle::session_timeout() const {
  return std::chrono::milliseconds(zoo_recv_timeout(zh_));
}

void Handle::use_server(const std::string& server) {
  STELLWERK_ASSERT(!has_socket(), "the library would close the socket without telling anybody");
  if (server == server_) return;
  // The library takes lists of equal length for equal if their addresses are, whatever the ports: so
  // the length changes each time. All entries are the same server; we choose, because the library
  // skips every second one after a failure.
  const Call call(*this);
  doubled_ = !doubled_;
  const std::string list = doubled_ ? server + "," + server : server;
  STELLWERK_ASSERT(zoo_set_servers(zh_, list.c_str()) == ZOK, "an address in numbers is always taken");
  server_ = server;
}

Handle::Interest Handle::interest() {
  const Call call(*this);
  const bool had_socket = has_socket();
  int fd = -1;
  int events = 0;
  timeval wait{};
  int rc = zookeeper_interest(zh_, &fd, &events, &wait);
  // The library's own pause before it connects is told once; the owner has its own.
  if (rc == ZOK && fd == -1 && !had_socket) rc = zookeeper_interest(zh_, &fd, &events, &wait);
  used_ = true;
  if (rc != ZOK || fd == -1 || !has_socket()) return {};
  fd_ = fd;
  if (!had_socket) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return {fd, (events & ZOOKEEPER_READ) != 0, (events & ZOOKEEPER_WRITE) != 0,
          std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec)};
}

bool Handle::process(bool readable, bool writable) {
  const Call call(*this);
  return zookeeper_process(zh_, (readable ? ZOOKEEPER_READ : 0) | (writable ? ZOOKEEPER_WRITE : 0)) == ZOK && readable;
}

bool Handle::hang_up() {
  if (!has_socket()) return true;
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  // Dissolves the connection in every state; the library then meets an error at its next read.
  ::connect(fd_, &nobody, sizeof nobody);
  process(true, false);
  return !has_socket();
}

bool Handle::forget_stale_requests() {
  if (!used_ || !closed_silently(state())) return true;
  const std::string why = failure_;
  interest();
  const bool done = hang_up();
  failure_ = why.empty() ? "the connection broke" : why;
  return done;
}

bool Handle::request_close() {
  STELLWERK_ASSERT(connected(), "a session is ended on its connection");
  // zookeeper_close() would send the same and then block until the answer: a header and nothing else.
  constexpr std::array<unsigned char, 12> kCloseSession{0, 0, 0, 8, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xf5};
  return ::send(fd_, kCloseSession.data(), kCloseSession.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(kCloseSession.size());
}

void Handle::watch_fired(_zhandle* zh, int type, int /*state*/, const char* /*path*/, void* watch) {
  if (type == ZOO_SESSION_EVENT) return;  // told to every watch at each change of the connection
  const auto* self = static_cast<const Handle*>(zoo_get_context(zh));
  self->on_watch_(reinterpret_cast<std::uintptr_t>(watch), type);
}

void Handle::library_log(const char* message) {
  if (calling != nullptr) calling->note_log(message);
}

void Handle::note_log(std::string_view line) {
  if (std::string failure = failure_in(line); !failure.empty()) failure_ = std::move(failure);
  // "2026-01-01 12:00:00,000:123:ZOO_INFO@function@123: text": time and level are the logger's affair.
  const auto at = line.find("ZOO_");
  on_log_(at == std::string_view::npos ? line : line.substr(at));
}

}  // namespace stellwerk::zookeeper
