#include "jobs/worker_table.h"

#include <gtest/gtest.h>

namespace stellwerk::jobs {
namespace {

WorkerEntry entry(const std::string& id, std::int64_t slots, std::int64_t used = 0, bool away = false) {
  WorkerEntry out;
  out.about.id = id;
  out.about.slots = slots;
  out.used_slots = used;
  out.away = away;
  return out;
}

TEST(WorkerTable, SumsFollowEveryChange) {
  WorkerTable table;
  table.put(entry("a", 4));
  table.put(entry("b", 3, 1));
  EXPECT_EQ(table.slots(), 7);
  EXPECT_EQ(table.free_slots(), 6);
  table.put(entry("a", 4, 4));
  EXPECT_EQ(table.free_slots(), 2);
  table.put(entry("b", 3, 1, true));
  EXPECT_EQ(table.slots(), 7);
  EXPECT_EQ(table.free_slots(), 0) << "nobody is given work while away";
  table.put(entry("a", 2, 4));
  EXPECT_EQ(table.free_slots(), 0) << "it came back with fewer slots than it uses";
  const WorkerTable shared = table.share();
  table.erase("b");
  table.erase("c");
  EXPECT_EQ(table.slots(), 2);
  table.clear();
  EXPECT_EQ(table.slots(), 0);
  EXPECT_EQ(table.free_slots(), 0);
  EXPECT_EQ(shared.slots(), 5);
  EXPECT_EQ(shared.entries().size(), 2U);
}

}  // namespace
}  // namespace stellwerk::jobs
