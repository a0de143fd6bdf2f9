#include "app/guard_process.h"

#include <array>

#include "app/guard_inheritance.h"

namespace stellwerk::app {
namespace {

constexpr const char* kWithoutLockguard =
    "; without it a master that is killed with -9 keeps its lock for a session timeout, and one that hangs for ever";

}  // namespace

GuardProcess::GuardProcess(boost::asio::io_context& io, Executor& executor, const Log& log, Setup setup)
    : executor_(executor),
      settings_(setup.settings),
      log_(setup.log),
      wires_(std::move(setup.wires)),
      keeper_(io, executor, log,
              {GuardOf::master, std::move(setup.program), std::move(setup.log_file), kWithoutLockguard,
               [this] { tell_all(); }}) {}

GuardProcess::~GuardProcess() {
  executor_.cancel(beat_timer_);
}

Result<void> GuardProcess::start() {
  const auto started = keeper_.start(inherited_guard_socket());
  if (started.has_value()) beat();
  return started;
}

void GuardProcess::tell_all() {
  send(log_);
  send(settings_);
  if (!wires_.empty()) send(guard::Wires{}, wires_);
  if (session_) send(*session_);
  if (place_) send(*place_);
  if (farewell_) send(guard::Farewell{});
}

void GuardProcess::tell(const guard::Session& session) {
  session_ = session;
  if (!send(session)) keeper_.replace();
}

void GuardProcess::tell(const guard::Place& place) {
  place_ = place;
  if (!send(place)) keeper_.replace();
}

void GuardProcess::tell_servers(const std::vector<std::string>& servers) {
  if (!session_) return;
  session_->servers = servers;
  tell(guard::Session(*session_));
}

void GuardProcess::log_goes_to(FileDescriptor log) {
  const std::array<int, 1> descriptors{log.get()};
  if (keeper_.log_goes_to(std::move(log)) && !send(log_, descriptors)) keeper_.replace();
}

void GuardProcess::farewell() {
  farewell_ = true;
  send(guard::Farewell{});
}

bool GuardProcess::send(const guard::Message& message, std::span<const int> descriptors) {
  return keeper_.send(guard::encode(message), descriptors);
}

void GuardProcess::beat() {
  // Hundreds fit into the socket: a guard that has not read them for so long is deaf.
  if (!send(guard::Beat{})) keeper_.replace();
  beat_timer_ = executor_.after(kBeat, [this] { beat(); });
}

}  // namespace stellwerk::app
