#include "app/daemon.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "support/temp_dir.h"

namespace stellwerk::app {
namespace {

class DaemonTest : public testing::Test {
 protected:
  /// What the log says in the end.
  std::string said() {
    log_.reset();
    return test::read_file(file_);
  }

  const test::TempDir dir_;
  const std::string file_ = dir_ / "log";
  std::optional<Log> log_ = Log::open(file_, "INFO").value();
};

TEST_F(DaemonTest, TheFirstSignalStopsAndTheNextEndsAtOnce) {
  boost::asio::io_context io;
  int stops = 0;
  int ends = 0;
  {
    StopSignals signals(io, *log_, {[&stops] { ++stops; }, [&ends] { ++ends; }});
    std::raise(SIGTERM);
    while (stops == 0) io.run_one();
    EXPECT_EQ(ends, 0);
    EXPECT_FALSE(io.stopped());
    std::raise(SIGINT);
    io.run();
    EXPECT_EQ(stops, 1);
    EXPECT_EQ(ends, 1);
    EXPECT_TRUE(io.stopped());
  }
  const std::string log = said();
  EXPECT_NE(log.find("RECEIVED SIGNAL 15: SIGTERM. Shutting down as requested."), std::string::npos) << log;
  EXPECT_NE(log.find("RECEIVED SIGNAL 2: SIGINT again. Ending at once."), std::string::npos) << log;
}

TEST_F(DaemonTest, WhoEndsAlreadyIgnoresSignals) {
  boost::asio::io_context io;
  int stops = 0;
  StopSignals signals(io, *log_, {[&stops] { ++stops; }, {}});
  std::raise(SIGTERM);
  signals.ignore();
  std::raise(SIGTERM);
  io.run();
  EXPECT_EQ(stops, 0);
}

TEST_F(DaemonTest, AHangUpOpensTheLogAnew) {
  boost::asio::io_context io;
  hold_hang_ups();
  std::raise(SIGHUP);  // while it starts
  std::filesystem::rename(file_, file_ + ".1");
  int opened = 0;
  {
    HangUps hang_ups(io, *log_, file_, [&opened](FileDescriptor log) { opened += log ? 1 : 0; });
    while (opened < 1) io.run_one();
    EXPECT_TRUE(std::filesystem::exists(file_));
    std::filesystem::rename(file_, file_ + ".2");
    std::raise(SIGHUP);
    while (opened < 2) io.run_one();
  }
  EXPECT_NE(said().find("RECEIVED SIGNAL 1: SIGHUP. The log is opened anew."), std::string::npos);
}

struct Steps {
  Result<void> one() { return done += "1", Result<void>(); }
  Result<void> two() { return make_error(Errc::failed, "the second step is too high"); }
  Result<void> three() { return done += "3", Result<void>(); }
  std::string done;
};

TEST_F(DaemonTest, StepsEndAtTheFirstThatFails) {
  Steps steps;
  EXPECT_TRUE(all_made(steps, *log_, {&Steps::one, &Steps::three}));
  EXPECT_EQ(steps.done, "13");
  EXPECT_FALSE(all_made(steps, *log_, {&Steps::one, &Steps::two, &Steps::three}));
  EXPECT_EQ(steps.done, "131");
  EXPECT_NE(said().find("ERROR stellwerk - the second step is too high"), std::string::npos);
}

TEST_F(DaemonTest, ALogThatCannotBeOpenedIsNone) {
  EXPECT_FALSE(begin_log("a master", file_ + "/no folder", {.level = "INFO", .directory = {}}, {}));
}

}  // namespace
}  // namespace stellwerk::app
