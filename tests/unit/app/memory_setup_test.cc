#include "app/memory_setup.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <iterator>
#include <new>

#include "support/temp_dir.h"

namespace stellwerk::app {
namespace {

TEST(MemorySetupDeathTest, WhoGetsNoMemoryEndsWithOneLineInItsLog) {
  const test::TempDir folder;
  const std::string log = folder / "log";
  std::ofstream(log) << "first line\n";
  EXPECT_DEATH(
      {
        end_when_out_of_memory("master", log);
        std::get_new_handler()();
      },
      "ERROR stellwerk - Out of memory: this master ends at once");
  std::ifstream file(log);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(text.starts_with("first line\n2")) << text;
  EXPECT_NE(text.find(" ERROR stellwerk - Out of memory"), std::string::npos) << text;
}

TEST(MemorySetupDeathTest, ItsLineIsAnObjectInALogOfObjects) {
  EXPECT_DEATH(
      {
        end_when_out_of_memory("master", "", true);
        std::get_new_handler()();
      },
      R"(^\{"time":"[-0-9]+T[0-9:]+\.[0-9]+Z","level":"ERROR","logger":"stellwerk","message":"Out of memory: .*one"\})");
}

TEST(MemorySetupDeathTest, WithoutALogItIsSaidOnStderr) {
  EXPECT_DEATH(
      {
        end_when_out_of_memory("worker", "");
        std::get_new_handler()();
      },
      "this worker ends at once");
}

}  // namespace
}  // namespace stellwerk::app
