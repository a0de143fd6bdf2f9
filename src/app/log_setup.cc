#include "app/log_setup.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include "app/log_file.h"

namespace stellwerk::app {
namespace {

/// Longest line, in bytes; more of a text is cut.
constexpr std::size_t kLineBytesMax = 8192;
/// Lines that wait for a disk that is slow; of more the oldest are lost, and a line says so.
constexpr std::size_t kLinesWaitingMax = 1024;

spdlog::level::level_enum level_of(const std::string& name) {
  if (name == "TRACE") return spdlog::level::trace;
  if (name == "DEBUG") return spdlog::level::debug;
  if (name == "WARN") return spdlog::level::warn;
  if (name == "ERROR") return spdlog::level::err;
  if (name == "OFF") return spdlog::level::off;
  return spdlog::level::info;
}

spdlog::level::level_enum level_of(master::NoteLevel level) {
  switch (level) {
    case master::NoteLevel::debug: return spdlog::level::debug;
    case master::NoteLevel::info: return spdlog::level::info;
    case master::NoteLevel::warn: return spdlog::level::warn;
    case master::NoteLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// Padded as in Flink's logs, so that columns line up.
std::string_view name_of(master::NoteLevel level) {
  switch (level) {
    case master::NoteLevel::debug: return "DEBUG stellwerk - ";
    case master::NoteLevel::info: return "INFO  stellwerk - ";
    case master::NoteLevel::warn: return "WARN  stellwerk - ";
    case master::NoteLevel::error: return "ERROR stellwerk - ";
  }
  return "";
}

}  // namespace

Result<Log> Log::open(const std::string& file, const std::string& level) {
  auto sink = file.empty() ? LogFile::console() : LogFile::open(file);
  if (sink.has_error())
    return make_error(Errc::failed, "the log file " + file + " cannot be written: " + sink.error().text);
  // A disk that hangs must not hang the loop that writes a line: to its guard such a master looks dead.
  auto writer = std::make_shared<spdlog::details::thread_pool>(kLinesWaitingMax, 1);
  auto logger =
      std::make_shared<spdlog::async_logger>("stellwerk", *sink, writer, spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%Y-%m-%d %H:%M:%S,%e %v");
  logger->set_level(level_of(level));
  logger->flush_on(spdlog::level::trace);
  Log log(std::move(writer), logger, std::move(*sink));
  logger->set_error_handler([lost = log.lost_](const std::string&) { ++lost->not_written; });
  return log;
}

Log::Log(std::shared_ptr<spdlog::details::thread_pool> writer, std::shared_ptr<spdlog::logger> logger,
         std::shared_ptr<LogFile> file)
    : file_(std::move(file)), logger_(std::move(logger)), writer_(std::move(writer)) {}

std::size_t Log::lines_lost() const {
  return writer_->overrun_counter() + lost_->not_written;
}

/// Once there is room again: told before, it would push out yet another line, or be lost itself.
void Log::tell_lost() const {
  if (file_->failing()) return;
  if (writer_->queue_size() > kLinesWaitingMax / 2) return;
  const std::size_t lost = lines_lost();
  std::size_t told = lost_->told;
  while (lost > told)
    if (lost_->told.compare_exchange_weak(told, lost))
      return logger_->warn(std::string(name_of(master::NoteLevel::warn)) + std::to_string(lost - told) +
                           " lines of this log are lost: they could not be written, or not in time");
}

void Log::on_reopened(std::function<void(Reopened)> hook) const {
  file_->on_reopened(std::move(hook));
}

void Log::reopen() const {
  file_->reopen();
  logger_->flush();
}

void Log::write(master::NoteLevel level, std::string_view text) const {
  std::string line(name_of(level));
  line += text.substr(0, kLineBytesMax);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  tell_lost();
  logger_->log(level_of(level), line);
}

}  // namespace stellwerk::app
