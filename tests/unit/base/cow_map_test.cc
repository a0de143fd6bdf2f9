#include "base/cow_map.h"

#include <gtest/gtest.h>

#include <map>

namespace stellwerk {
namespace {

using Map = CowMap<int>;
/// Key to "before>after", - for not there.
using Differences = std::map<std::string, std::string>;

Differences differences(const Map& before, const Map& after) {
  Differences out;
  Map::for_each_difference(before, after, [&](const std::string& key, const auto& was, const auto& is) {
    const auto text = [](const Map::ValuePtr& value) { return value ? std::to_string(*value) : std::string("-"); };
    EXPECT_TRUE(out.emplace(key, text(was) + ">" + text(is)).second) << key;
  });
  return out;
}

void put(Map& map, const std::string& key, int value) {
  map.put(key, std::make_shared<const int>(value));
}

TEST(CowMapTest, ItsPartsAreTheWhole) {
  Map map;
  for (int i = 0; i < 1'000; ++i) put(map, "key" + std::to_string(i), i);
  std::map<std::string, int> seen;
  for (std::size_t part = 0; part < Map::kParts; ++part) {
    // What has been seen goes, and comes back where it was: nothing is seen twice.
    map.for_each_in(part, [&](const std::string& key, int value) { EXPECT_TRUE(seen.emplace(key, value).second); });
    for (const auto& [key, value] : std::map(seen)) {
      map.erase(key);
      put(map, key, value);
    }
  }
  EXPECT_EQ(seen.size(), map.size());
  Map().for_each_in(0, [](const std::string&, int) { FAIL(); });
}

TEST(CowMapTest, DifferencesOfSharedMaps) {
  Map map;
  for (int i = 0; i < 10'000; ++i) put(map, "key" + std::to_string(i), i);
  const Map before = map.share();
  EXPECT_EQ(differences(before, map), Differences{});
  put(map, "key17", 1);
  put(map, "new", 2);
  map.erase("key9999");
  EXPECT_EQ(differences(before, map), (Differences{{"key17", "17>1"}, {"new", "->2"}, {"key9999", "9999>-"}}));
  EXPECT_EQ(differences(map, before), (Differences{{"key17", "1>17"}, {"new", "2>-"}, {"key9999", "->9999"}}));
}

TEST(CowMapTest, DifferencesFromAndToNothing) {
  Map empty;
  Map map;
  put(map, "a", 1);
  put(map, "b", 2);
  EXPECT_EQ(differences(empty, map), (Differences{{"a", "->1"}, {"b", "->2"}}));
  EXPECT_EQ(differences(map, empty), (Differences{{"a", "1>-"}, {"b", "2>-"}}));
  EXPECT_EQ(differences(empty, empty), Differences{});
}

}  // namespace
}  // namespace stellwerk
