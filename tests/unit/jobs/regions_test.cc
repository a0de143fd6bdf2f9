#include "jobs/regions.h"

#include <gmock/gmock.h>

#include <string>

#include "model/job_spec_reader.h"

namespace stellwerk::jobs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int32_t kAll = Region::kAllTasks;

/// Vertices "name:parallelism", each followed by its inputs: "<name" pipelined, "=name" blocking and
/// local, "#name" blocking and durable.
model::JobSpec graph(const std::vector<std::vector<std::string>>& vertices) {
  std::string text = R"({"name":"j","vertices":[)";
  for (const auto& words : vertices) {
    const auto colon = words[0].find(':');
    text += text.ends_with('}') ? "," : "";
    text += R"({"command":["c"],"name":")" + words[0].substr(0, colon) + R"(","parallelism":)" +
            words[0].substr(colon + 1) + R"(,"inputs":[)";
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string output = words[i][0] == '#' ? "durable" : "local";
      const std::string exchange = words[i][0] == '<' ? R"("pipelined")" : R"("blocking","output":")" + output + R"(")";
      text += std::string(i > 1 ? "," : "") + R"({"from":")" + words[i].substr(1) + R"(","exchange":)" + exchange + "}";
    }
    text += "]}";
  }
  auto read = model::read_job_spec(text + "]}", DocKind::json);
  EXPECT_TRUE(read.has_value()) << read.error().text << "\n" << text;
  return read.has_value() ? read->spec : model::JobSpec{};
}

std::vector<std::vector<std::int32_t>> groups_of(const Regions& regions) {
  std::vector<std::vector<std::int32_t>> groups;
  for (std::int32_t i = 0; i < regions.groups(); ++i)
    groups.emplace_back(regions.vertices(i).begin(), regions.vertices(i).end());
  return groups;
}

TEST(Regions, AVertexAloneIsARegionPerSubtask) {
  const Regions regions(graph({{"a:3"}, {"b:2"}}));
  EXPECT_THAT(groups_of(regions), ElementsAre(ElementsAre(0), ElementsAre(1)));
  EXPECT_EQ(regions.regions_in(0), 3);
  EXPECT_EQ(regions.region(0, 2), (Region{0, 2}));
  EXPECT_EQ(regions.region_of({1, 1}), (Region{1, 1}));
  EXPECT_EQ(regions.tasks({1, 1}), 1);
  EXPECT_EQ(regions.slots({1, 1}), 1);
}

TEST(Regions, PipelinedInputsConnectAllSubtasks) {
  const Regions regions(graph({{"sink:4", "<map"}, {"source:2"}, {"map:3", "<source"}, {"other:1"}}));
  EXPECT_THAT(groups_of(regions), ElementsAre(ElementsAre(1, 2, 0), ElementsAre(3)));
  EXPECT_EQ(regions.regions_in(0), 1);
  EXPECT_EQ(regions.region_of({2, 1}), (Region{0, kAll}));
  EXPECT_EQ(regions.tasks({0, kAll}), 9);
  EXPECT_EQ(regions.slots({0, kAll}), 4);
  std::vector<TaskRef> tasks;
  regions.for_each_task({0, kAll}, [&](TaskRef task) { tasks.push_back(task); });
  EXPECT_THAT(tasks, ElementsAre(TaskRef{1, 0}, TaskRef{1, 1}, TaskRef{2, 0}, TaskRef{2, 1}, TaskRef{2, 2},
                                 TaskRef{0, 0}, TaskRef{0, 1}, TaskRef{0, 2}, TaskRef{0, 3}));
}

TEST(Regions, BlockingInputsSeparateAndOrder) {
  const Regions regions(graph({{"sum:2", "=sort", "<feed"}, {"sort:2", "=read"}, {"feed:1"}, {"read:2"}}));
  EXPECT_THAT(groups_of(regions), ElementsAre(ElementsAre(3), ElementsAre(1), ElementsAre(2, 0)));
  EXPECT_TRUE(regions.is_divided(0));
  EXPECT_FALSE(regions.is_divided(2));
}

TEST(Regions, VerticesThatWouldWaitForEachOtherAreOneRegion) {
  // b runs with a, but waits for c, which waits until a has finished.
  const Regions around(graph({{"a:2"}, {"b:2", "<a", "=c"}, {"c:2", "=a"}, {"d:1", "=b"}}));
  EXPECT_THAT(groups_of(around), ElementsAre(ElementsAre(0, 2, 1), ElementsAre(3)));
  std::vector<VertexProgress> progress(4, VertexProgress{.waiting = 2});
  EXPECT_TRUE(around.is_ready(0, progress));
  EXPECT_FALSE(around.is_ready(1, progress));
  // The blocking input comes from a vertex that is connected another way.
  const Regions beside(graph({{"a:1"}, {"b:1", "<a"}, {"c:1", "<a", "=b"}}));
  EXPECT_THAT(groups_of(beside), ElementsAre(ElementsAre(0, 1, 2)));
  EXPECT_TRUE(beside.is_ready(0, std::vector<VertexProgress>(3)));
}

class BatchRegions : public testing::Test {
 protected:
  /// The last one consumes both, of the first only what is durable.
  const Regions regions{graph({{"read:3"}, {"sort:2", "=read"}, {"sum:2", "=sort", "#read"}})};
  std::vector<VertexProgress> progress{{.waiting = 3}, {.waiting = 2}, {.waiting = 2}};
};

TEST_F(BatchRegions, AreReadyWhenAllThatTheyConsumeIsThere) {
  EXPECT_TRUE(regions.is_ready(0, progress));
  EXPECT_FALSE(regions.is_ready(1, progress));
  progress[0] = {.finished = 2};
  EXPECT_FALSE(regions.is_ready(1, progress));
  progress[0] = {.finished = 3};
  EXPECT_TRUE(regions.is_ready(1, progress));
  EXPECT_FALSE(regions.is_ready(2, progress));
  progress[1] = {.finished = 2};
  EXPECT_TRUE(regions.is_ready(2, progress));
}

TEST_F(BatchRegions, WaitForLostOutputUnlessItIsDurable) {
  progress[0] = {.finished = 3, .lost = {1}};
  progress[1] = {.finished = 2};
  EXPECT_FALSE(regions.is_ready(1, progress));
  EXPECT_TRUE(regions.is_ready(2, progress));
  progress[1] = {.finished = 2, .lost = {0}};
  EXPECT_FALSE(regions.is_ready(2, progress));
}

TEST_F(BatchRegions, AFailureTakesItsRegionAlone) {
  progress[0] = {.finished = 3};
  progress[1] = {};
  const std::vector<TaskRef> failed{{1, 1}, {1, 1}};
  EXPECT_THAT(regions.to_run_again(failed, progress), ElementsAre(Region{1, 1}));
  EXPECT_THAT(regions.to_run_again({}, progress), IsEmpty());
}

TEST_F(BatchRegions, LostOutputIsMadeAgainForThoseThatStillWait) {
  progress[0] = {.finished = 3};
  progress[1] = {.finished = 2, .lost = {1}};
  EXPECT_THAT(regions.to_run_again({}, progress), ElementsAre(Region{1, 1}));
  // Its own input went with the same worker.
  progress[0].lost = {0, 2};
  EXPECT_THAT(regions.to_run_again({}, progress), ElementsAre(Region{0, 0}, Region{0, 2}, Region{1, 1}));
}

TEST_F(BatchRegions, LostOutputThatNobodyMissesIsNotMadeAgain) {
  progress[0] = {.finished = 3, .lost = {0, 1, 2}};
  progress[1] = {.finished = 2};
  EXPECT_THAT(regions.to_run_again({}, progress), IsEmpty()) << "what waits has it in a durable place";
  progress[1].lost = {1};
  progress[2] = {.finished = 1};
  EXPECT_THAT(regions.to_run_again({}, progress), IsEmpty()) << "all consumers run or have finished";
  // One that had started fails: now it misses it.
  EXPECT_THAT(regions.to_run_again(std::vector<TaskRef>{{2, 1}}, progress),
              ElementsAre(Region{0, 0}, Region{0, 1}, Region{0, 2}, Region{1, 1}, Region{2, 1}));
}

TEST(Regions, LostOutputTakesTheWholeRegionThatMadeIt) {
  const Regions regions(graph({{"source:2"}, {"map:2", "<source"}, {"sum:1", "=map"}}));
  std::vector<VertexProgress> progress{{.finished = 2, .lost = {0}}, {.finished = 2}, {.waiting = 1}};
  EXPECT_THAT(regions.to_run_again({}, progress), IsEmpty()) << "nobody reads the source's files";
  progress[1].lost = {0};
  EXPECT_THAT(regions.to_run_again({}, progress), ElementsAre(Region{0, kAll}));
  // While the other subtask of map still runs.
  progress[1] = {.finished = 1, .lost = {0}};
  EXPECT_THAT(regions.to_run_again({}, progress), ElementsAre(Region{0, kAll}));
}

TEST(Regions, OneProducerOverTwoInputsIsAskedForTheStricter) {
  const Regions regions(graph({{"a:1"}, {"b:1", "#a"}, {"c:1", "=a", "<b"}}));
  std::vector<VertexProgress> progress{{.finished = 1, .lost = {0}}, {.waiting = 1}, {.waiting = 1}};
  EXPECT_FALSE(regions.is_ready(1, progress));
  EXPECT_THAT(regions.to_run_again({}, progress), ElementsAre(Region{0, 0}));
}

}  // namespace
}  // namespace stellwerk::jobs
