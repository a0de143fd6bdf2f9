#include "app/daemon.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "app/memory_setup.h"
#include "app/version.h"

namespace stellwerk::app {

void say_before_log(const config::Findings& findings) {
  for (const auto& line : config::to_lines(findings)) std::cerr << line << "\n";
}

std::optional<DaemonLog> begin_log(const std::string& who, std::string file, const std::string& level,
                                   const config::Findings& findings) {
  if (const char* named = std::getenv("STELLWERK_LOG_FILE"); file.empty() && named != nullptr) file = named;
  return_large_blocks();
  auto log = Log::open(file, level);
  if (log.has_error()) {
    std::cerr << log.error().text << "\n";
    return std::nullopt;
  }
  log->info("Starting " + who + " of Stellwerk " + std::string(kVersion) + " (" + std::string(kCommit) + "), pid " +
            std::to_string(::getpid()));
  for (const auto& line : config::to_lines(findings)) log->info(line);
  end_when_out_of_memory(who.substr(who.find(' ') + 1), file);
  return DaemonLog{std::move(*log), std::move(file)};
}

bool succeeded(const Result<void>& step, const Log& log) {
  if (step.has_value()) return true;
  log.error(step.error().text);
  std::cerr << step.error().text << "\n";
  return false;
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
