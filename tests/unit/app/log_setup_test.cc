#include "app/log_setup.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "base/file_descriptor.h"
#include "base/json.h"
#include "support/temp_dir.h"

namespace stellwerk::app {
namespace {

using testing::HasSubstr;

TEST(Log, LinesAreWrittenInTheOrderOfTheCalls) {
  const test::TempDir dir;
  const std::string file = dir / "log";
  {
    const auto log = Log::open(file, "INFO");
    ASSERT_TRUE(log.has_value());
    log->info("first");
    log->warn("sec\nond");
    log->write(master::NoteLevel::debug, "not at this level");
  }
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_THAT(text, testing::MatchesRegex("[-0-9]+ [0-9:,]+ INFO  stellwerk - first\n"
                                          "[-0-9]+ [0-9:,]+ WARN  stellwerk - sec\\?ond\n"));
}

TEST(Log, EachLineIsAnObjectIfAskedForWhateverTheText) {
  const test::TempDir dir;
  const std::string file = dir / "log";
  std::string long_text(8191, 'x');
  long_text += "\u00e4 and more";
  const std::vector<std::string> texts{"plain", "two\nlines \"quoted\" \\ \t \x7f", "\u4f60\u597d", long_text};
  {
    const auto log = Log::open(file, "DEBUG", Log::Format::json);
    ASSERT_TRUE(log.has_value());
    for (const auto& text : texts) log->info(text);
    log->write(master::NoteLevel::error, "no UTF-8: \xff");
  }
  std::ifstream in(file);
  std::vector<std::string> messages;
  std::string line;
  while (std::getline(in, line)) {
    const auto value = parse_json(line, "a line");
    ASSERT_TRUE(value.has_value()) << value.error().text << line;
    JsonFields fields(*value, "a line");
    EXPECT_THAT(fields.string("time"), testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z"));
    EXPECT_EQ(fields.string("level"), messages.size() < texts.size() ? "INFO" : "ERROR");
    EXPECT_EQ(fields.string("logger"), "stellwerk");
    messages.push_back(fields.string("message"));
    EXPECT_TRUE(fields.ok());
  }
  EXPECT_THAT(messages, testing::ElementsAre(texts[0], texts[1], texts[2], std::string(8191, 'x'), "no UTF-8: ?"));
}

/// Reads from a pipe until `end` came, or nothing comes for long.
std::string read_until(int fd, const std::string& end) {
  constexpr int kPatienceMs = 20'000;
  std::string text;
  char piece[65536];
  while (text.find(end) == std::string::npos) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, kPatienceMs) <= 0) break;
    const ssize_t got = ::read(fd, piece, sizeof piece);
    if (got <= 0) break;
    text.append(piece, static_cast<std::size_t>(got));
  }
  return text;
}

/// A pipe that nobody reads is a disk that hangs: who logs goes on, and what is lost is said afterwards.
TEST(Log, AFileThatTakesNothingHoldsNobodyUp) {
  const test::TempDir dir;
  const std::string file = dir / "log";
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  const FileDescriptor reader(::open(file.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(reader);
  const auto log = Log::open(file, "INFO");
  ASSERT_TRUE(log.has_value());
  for (int i = 0; i < 50'000; ++i) log->info("a line");
  log->info("the last");
  std::string text = read_until(reader.get(), "the last");
  EXPECT_THAT(text, HasSubstr("the last"));
  log->info("once more");
  text += read_until(reader.get(), "once more");  // told here at the latest
  EXPECT_THAT(text, testing::ContainsRegex("[0-9]+ lines of this log are lost"));
}

}  // namespace
}  // namespace stellwerk::app
