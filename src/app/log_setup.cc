#include "app/log_setup.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include "app/log_file.h"
#include "base/json_writer.h"

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
std::string_view begin_of_text(master::NoteLevel level) {
  switch (level) {
    case master::NoteLevel::debug: return "DEBUG stellwerk - ";
    case master::NoteLevel::info: return "INFO  stellwerk - ";
    case master::NoteLevel::warn: return "WARN  stellwerk - ";
    case master::NoteLevel::error: return "ERROR stellwerk - ";
  }
  return "";
}

std::string_view begin_of_json(master::NoteLevel level) {
  switch (level) {
    case master::NoteLevel::debug: return R"("level":"DEBUG","logger":"stellwerk","message":)";
    case master::NoteLevel::info: return R"("level":"INFO","logger":"stellwerk","message":)";
    case master::NoteLevel::warn: return R"("level":"WARN","logger":"stellwerk","message":)";
    case master::NoteLevel::error: return R"("level":"ERROR","logger":"stellwerk","message":)";
  }
  return "";
}

/// Not within a character: what is behind the cut would not be UTF-8 any more.
std::string_view cut(std::string_view text) {
  if (text.size() <= kLineBytesMax) return text;
  std::size_t end = kLineBytesMax;
  while (end > kLineBytesMax - 4 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

std::string text_line(master::NoteLevel level, std::string_view text) {
  std::string line(begin_of_text(level));
  line += cut(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return line;
}

/// Behind its time.
std::string json_line(master::NoteLevel level, std::string_view text) {
  std::string line(begin_of_json(level));
  append_json_string(line, cut(text));
  line += '}';
  return line;
}

}  // namespace

Result<Log> Log::open(const std::string& file, const std::string& level, Format format) {
  auto sink = file.empty() ? LogFile::console() : LogFile::open(file);
  if (sink.has_error())
    return make_error(Errc::failed, "the log file " + file + " cannot be written: " + sink.error().text);
  // A disk that hangs must not hang the loop that writes a line: to its guard such a master looks dead.
  auto writer = std::make_shared<spdlog::details::thread_pool>(kLinesWaitingMax, 1);
  auto logger =
      std::make_shared<spdlog::async_logger>("stellwerk", *sink, writer, spdlog::async_overflow_policy::overrun_oldest);
  if (format == Format::json)
    logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v)", spdlog::pattern_time_type::utc);
  else
    logger->set_pattern("%Y-%m-%d %H:%M:%S,%e %v");
  logger->set_level(level_of(level));
  logger->flush_on(spdlog::level::trace);
  Log log(std::move(writer), logger, std::move(*sink), format);
  logger->set_error_handler([lost = log.lost_](const std::string&) { ++lost->not_written; });
  return log;
}

Log::Log(std::shared_ptr<spdlog::details::thread_pool> writer, std::shared_ptr<spdlog::logger> logger,
         std::shared_ptr<LogFile> file, Format format)
    : format_(format), file_(std::move(file)), logger_(std::move(logger)), writer_(std::move(writer)) {}

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
      return put(master::NoteLevel::warn, std::to_string(lost - told) +
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
  tell_lost();
  put(level, text);
}

void Log::put(master::NoteLevel level, std::string_view text) const {
  logger_->log(level_of(level), format_ == Format::json ? json_line(level, text) : text_line(level, text));
}

}  // namespace stellwerk::app
