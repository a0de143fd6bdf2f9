#include "model/job_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

JobVertex vertex(std::string name, std::vector<std::size_t> producers) {
  JobVertex out;
  out.name = std::move(name);
  out.command = {"true"};
  for (const std::size_t producer : producers) out.inputs.push_back({.from = producer});
  return out;
}

TEST(TopologicalOrder, PutsProducersFirstAndKeepsTheSpecsOrderOtherwise) {
  EXPECT_THAT(topological_order({vertex("sink", {2}), vertex("a", {}), vertex("join", {1, 3}), vertex("b", {})}),
              ElementsAre(1, 3, 2, 0));
  EXPECT_THAT(topological_order({vertex("a", {}), vertex("b", {}), vertex("c", {})}), ElementsAre(0, 1, 2));
  EXPECT_THAT(topological_order({}), IsEmpty());
}

TEST(FindCycle, NamesOneCycleFromProducerToConsumer) {
  EXPECT_THAT(find_cycle({vertex("a", {}), vertex("b", {0})}), IsEmpty());
  // 1 -> 2 -> 3 -> 1, fed by 0 and feeding 4.
  const std::vector<JobVertex> round = {vertex("in", {}), vertex("a", {0, 3}), vertex("b", {1}), vertex("c", {2}),
                                        vertex("out", {3})};
  EXPECT_THAT(find_cycle(round), ElementsAre(2, 3, 1));
  EXPECT_THAT(topological_order(round), ElementsAre(0));
}

TEST(FindCycle, SkipsWhatOnlyHangsBelowACycle) {
  EXPECT_THAT(find_cycle({vertex("below", {1}), vertex("a", {2}), vertex("b", {1})}), ElementsAre(2, 1));
}

TEST(VertexId, FollowsFromTheNameAlone) {
  EXPECT_EQ(vertex_id("abc"), "ba7816bf8f01cfea414140de5dae2223");
  EXPECT_EQ(vertex_id("source").size(), 32U);
  EXPECT_NE(vertex_id("source"), vertex_id("Source"));
}

TEST(EnvironmentSuffix, IsUpperCaseWithOneUnderscorePerOtherCharacter) {
  EXPECT_EQ(environment_suffix("word-count 2"), "WORD_COUNT_2");
  EXPECT_EQ(environment_suffix("计数"), "__");
  EXPECT_EQ(environment_suffix(""), "");
}

TEST(TotalTasks, CountsEverySubtask) {
  JobSpec spec;
  spec.vertices = {vertex("a", {}), vertex("b", {})};
  spec.vertices[1].parallelism = 32'768;
  EXPECT_EQ(total_tasks(spec), 32'769);
}

TEST(RestartStrategy, HasFlinksNames) {
  EXPECT_EQ(to_string(RestartStrategy{NoRestart{}}), "none");
  EXPECT_EQ(to_string(RestartStrategy{FixedDelayRestart{}}), "fixed-delay");
  EXPECT_EQ(to_string(RestartStrategy{FailureRateRestart{}}), "failure-rate");
  EXPECT_EQ(to_string(RestartStrategy{ExponentialDelayRestart{}}), "exponential-delay");
}

}  // namespace
}  // namespace stellwerk::model
