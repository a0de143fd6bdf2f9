#include "app/host_load.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace stellwerk::app {
namespace {

TEST(HostLoad, IsWhatTheSystemSays) {
  const test::TempDir proc;
  std::filesystem::create_directory(proc / "self");
  test::write_file(
      proc / "meminfo",
      "MemTotal:       16318744 kB\nMemFree:          999999 kB\nMemAvailable:    8159372 kB\nHugePages: 0\n");
  test::write_file(proc / "self/statm", "7523 1873 1204 12 0 900 0\n");
  test::write_file(proc / "loadavg", "1.25 0.75 0.50 2/345 6789\n");
  const model::WorkerLoad load = measure_load(4, proc.path().string());
  EXPECT_EQ(load.memory_total, std::int64_t{16318744} * 1024);
  EXPECT_EQ(load.memory_free, std::int64_t{8159372} * 1024);
  EXPECT_EQ(load.resident, 1873 * ::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(load.processors, 4);
  EXPECT_EQ(load.load_permille, 1250);
}

TEST(HostLoad, WhatCannotBeReadIsNothing) {
  const test::TempDir proc;
  model::WorkerLoad nothing;
  nothing.processors = 1;
  EXPECT_EQ(measure_load(1, proc.path().string()), nothing);
  std::filesystem::create_directory(proc / "self");
  test::write_file(proc / "meminfo", "MemTotal: -3 kB\nMemAvailable: 99999999999999999999 kB\nMemTotal\n");
  test::write_file(proc / "self/statm", "7523");
  test::write_file(proc / "loadavg", "nan");
  EXPECT_EQ(measure_load(1, proc.path().string()), nothing);
}

TEST(HostLoad, OfThisHostIsSomething) {
  const model::WorkerLoad load = measure_load(1);
  EXPECT_GT(load.memory_total, load.memory_free);
  EXPECT_GT(load.memory_free, 0);
  EXPECT_GT(load.resident, 0);
}

}  // namespace
}  // namespace stellwerk::app
