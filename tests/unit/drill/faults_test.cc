#include "drill/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace stellwerk::drill {
namespace {

std::vector<Fault> every_fault() {
  std::vector<Fault> out;
  for (const FaultInfo& info : all_faults()) out.push_back(info.fault);
  return out;
}

TEST(FaultsTest, EachIsFoundByItsName) {
  std::set<std::string_view> names;
  for (const FaultInfo& info : all_faults()) {
    EXPECT_EQ(find_fault(info.name), info.fault);
    EXPECT_EQ(info_of(info.fault).name, info.name);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.does.empty() || info.follows.empty());
  }
  EXPECT_EQ(find_fault("mixed"), std::nullopt);
}

TEST(FaultsTest, ASeedGivesTheSameFaults) {
  const auto possible = every_fault();
  for (std::size_t round = 1; round < 100; ++round)
    EXPECT_EQ(choose_fault(7, round, possible), choose_fault(7, round, possible));
  std::vector<Fault> one, other;
  for (std::size_t round = 1; round <= 20; ++round) {
    one.push_back(choose_fault(1, round, possible));
    other.push_back(choose_fault(2, round, possible));
  }
  EXPECT_NE(one, other);
}

TEST(FaultsTest, EveryLapHasEachOnceInAnotherOrder) {
  const auto possible = every_fault();
  std::vector<std::vector<Fault>> laps;
  for (std::size_t lap = 0; lap < 3; ++lap) {
    auto& faults = laps.emplace_back();
    for (std::size_t i = 1; i <= possible.size(); ++i)
      faults.push_back(choose_fault(7, lap * possible.size() + i, possible));
    EXPECT_THAT(faults, testing::UnorderedElementsAreArray(possible));
  }
  EXPECT_NE(laps[0], laps[1]);
}

}  // namespace
}  // namespace stellwerk::drill
