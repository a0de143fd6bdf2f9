#include "app/daemon.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "app/memory_setup.h"
#include "app/version.h"

namespace stellwerk::app {
namespace {

void mask_hang_ups(int how) {
  sigset_t hang_up;
  sigemptyset(&hang_up);
  sigaddset(&hang_up, SIGHUP);
  ::pthread_sigmask(how, &hang_up, nullptr);
}

}  // namespace

void say_before_log(const config::Findings& findings) {
  for (const auto& line : config::to_lines(findings)) std::cerr << line << "\n";
}

std::optional<DaemonLog> begin_log(const std::string& who, std::string file, const config::LogOptions& options,
                                   const config::Findings& findings) {
  if (const char* named = std::getenv("STELLWERK_LOG_FILE"); file.empty() && named != nullptr) file = named;
  return_large_blocks();
  auto log = Log::open(file, options.level, options.json ? Log::Format::json : Log::Format::text);
  if (log.has_error()) {
    std::cerr << log.error().text << "\n";
    return std::nullopt;
  }
  log->info("Starting " + who + " of Stellwerk " + std::string(kVersion) + " (" + std::string(kCommit) + "), pid " +
            std::to_string(::getpid()));
  for (const auto& line : config::to_lines(findings)) log->info(line);
  end_when_out_of_memory(who.substr(who.find(' ') + 1), file, options.json);
  return DaemonLog{std::move(*log), std::move(file)};
}

bool succeeded(const Result<void>& step, const Log& log) {
  if (step.has_value()) return true;
  log.error(step.error().text);
  std::cerr << step.error().text << "\n";
  return false;
}

void hold_hang_ups() {
  mask_hang_ups(SIG_BLOCK);
}

HangUps::HangUps(boost::asio::io_context& io, const Log& log, const std::string& log_file,
                 std::function<void(FileDescriptor)> opened)
    : log_(log), opened_(std::move(opened)), signals_(io) {
  const bool with_terminal = log_file.empty() && ::isatty(STDOUT_FILENO) == 1;
  if (!with_terminal) signals_.add(SIGHUP);
  mask_hang_ups(SIG_UNBLOCK);
  if (with_terminal) return;
  // The writing thread: who is told is told by the loop, in which this object lives.
  log_.on_reopened([this, &io, alive = std::weak_ptr<bool>(alive_)](Log::Reopened reopened) {
    boost::asio::post(io, [this, alive, reopened = std::move(reopened)] {
      if (!alive.expired()) heard(reopened);
    });
  });
  await();
}

HangUps::~HangUps() {
  log_.on_reopened({});
}

void HangUps::await() {
  signals_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error, int) {
    if (error || alive.expired()) return;
    log_.reopen();
    log_.info("RECEIVED SIGNAL 1: SIGHUP. The log is opened anew.");
    await();
  });
}

void HangUps::heard(const Log::Reopened& reopened) {
  if (reopened.has_error()) return log_.warn(reopened.error().text);
  if (**reopened && opened_) opened_(std::move(**reopened));
}

StopSignals::StopSignals(boost::asio::io_context& io, const Log& log, Asked asked)
    : io_(io), log_(log), asked_(std::move(asked)), signals_(io, SIGTERM, SIGINT) {
  await();
}

void StopSignals::ignore() {
  ignored_ = true;
  signals_.cancel();
}

void StopSignals::await() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error || ignored_) return;
    const bool again = std::exchange(told_, true);
    log_.info("RECEIVED SIGNAL " + std::to_string(signal) + (signal == SIGTERM ? ": SIGTERM" : ": SIGINT") +
              (again ? " again. Ending at once." : ". Shutting down as requested."));
    if (again) {
      if (asked_.to_end) asked_.to_end();
      return io_.stop();
    }
    asked_.to_stop();
    await();
  });
}

}  // namespace stellwerk::app
