#include "app/log_file.h"

#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>

#include "app/log_setup.h"
#include "support/temp_dir.h"

namespace stellwerk::app {
namespace {

/// Files of this process may not grow beyond it while this lives: what a full disk is.
class Room {
 public:
  explicit Room(std::uintmax_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    before_action_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~Room() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_action_);
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

 private:
  rlimit before_{};
  void (*before_action_)(int) = nullptr;
};

class LogFileTest : public testing::Test {
 protected:
  void SetUp() override {
    auto file = LogFile::open(path_);
    ASSERT_TRUE(file.has_value()) << file.error().text;
    logger_ = std::make_unique<spdlog::logger>("test", std::move(*file));
    logger_->set_pattern("%v");
    logger_->set_error_handler([this](const std::string&) { ++refused_; });
  }
  std::string text() const {
    std::ifstream in(path_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const test::TempDir dir_;
  const std::string path_ = dir_ / "log";
  std::unique_ptr<spdlog::logger> logger_;
  int refused_ = 0;
};

TEST_F(LogFileTest, GoesOnAtTheEndOfWhatStandsThere) {
  logger_->info("first");
  SetUp();
  logger_->info("second");
  EXPECT_EQ(text(), "first\nsecond\n");
}

TEST_F(LogFileTest, ALineThatFoundNoRoomHarmsNoOther) {
  logger_->info("first");
  {
    const Room room(std::filesystem::file_size(path_));
    logger_->info("lost");
    EXPECT_EQ(refused_, 1);
  }
  logger_->info("last");
  EXPECT_EQ(text(), "first\nlast\n");
  EXPECT_EQ(refused_, 1);
}

TEST_F(LogFileTest, WhatIsLeftOfATornLineIsEndedBeforeTheNext) {
  logger_->info("first");
  {
    const Room room(std::filesystem::file_size(path_) + 3);
    logger_->info("torn");
    logger_->info("lost");
    EXPECT_EQ(refused_, 2);
  }
  logger_->info("last");
  logger_->info("more");
  EXPECT_EQ(text(), "first\ntor\nlast\nmore\n");
}

/// Looks until it is so, or for long.
bool becomes(const std::function<bool()>& so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!so() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  return so();
}

TEST_F(LogFileTest, HowManyLinesAreLostIsSaidWhenThatCanBeWritten) {
  const auto log = Log::open(path_, "INFO");
  ASSERT_TRUE(log.has_value());
  {
    const Room room(0);
    for (std::size_t lost = 1; lost <= 5; ++lost) {
      log->info("lost");
      ASSERT_TRUE(becomes([&] { return log->lines_lost() == lost; }));
    }
  }
  log->info("there is room");
  ASSERT_TRUE(becomes([this] { return text().find("there is room\n") != std::string::npos; }));
  log->info("the next");
  EXPECT_TRUE(becomes([this] { return text().find("the next\n") != std::string::npos; }));
  EXPECT_NE(text().find("5 lines of this log are lost"), std::string::npos) << text();
}

TEST_F(LogFileTest, AFileThatWasRenamedIsMadeAnewWhenAskedTo) {
  const auto log = Log::open(path_, "ERROR");
  ASSERT_TRUE(log.has_value());
  std::atomic<int> opened{0};
  log->on_reopened([&opened](const Log::Reopened& reopened) {
    if (reopened.has_value() && **reopened) ++opened;
  });
  log->error("first");
  ASSERT_TRUE(becomes([this] { return text().ends_with("first\n"); }));
  std::filesystem::rename(path_, path_ + ".1");
  log->error("second");
  ASSERT_TRUE(becomes([this] { return test::read_file(path_ + ".1").ends_with("second\n"); }));
  log->reopen();  // without a line too
  ASSERT_TRUE(becomes([&] { return opened == 1; }));
  log->error("third");
  EXPECT_TRUE(becomes([this] { return text().ends_with("third\n"); }));
  EXPECT_EQ(text().find("second"), std::string::npos);
  log->on_reopened({});
}

TEST_F(LogFileTest, WhatCannotBeOpenedAnewIsWrittenToAsBefore) {
  const std::string folder = dir_ / "folder";
  std::filesystem::create_directory(folder);
  const auto log = Log::open(folder + "/log", "INFO");
  ASSERT_TRUE(log.has_value());
  std::filesystem::rename(folder, folder + ".moved");
  std::mutex mutex;
  std::string said;
  log->on_reopened([&](const Log::Reopened& reopened) {
    const std::lock_guard lock(mutex);
    said = reopened.has_error() ? reopened.error().text : "nothing";
  });
  log->reopen();
  log->info("goes on");
  EXPECT_TRUE(becomes([&] { return test::read_file(folder + ".moved/log").ends_with("goes on\n"); }));
  log->on_reopened({});
  EXPECT_EQ(said,
            folder + "/log cannot be opened anew, and what was it is written to as before: No such file or directory");
}

TEST_F(LogFileTest, SaysWhyItCannotBeOpened) {
  const auto file = LogFile::open(dir_ / "nowhere/log");
  ASSERT_TRUE(file.has_error());
  EXPECT_EQ(file.error().text, "No such file or directory");
}

}  // namespace
}  // namespace stellwerk::app
