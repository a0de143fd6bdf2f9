/// What must hold for the regions of every spec, tried on many made from a fixed seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "jobs/regions.h"

namespace stellwerk::jobs {
namespace {

using model::Exchange;
using model::Output;

constexpr std::uint64_t kRegionSeed = 20'261'122;
constexpr std::uint64_t kRegionRuns = 400;

enum class Stage { waiting, running, finished };

/// One job with its tasks, and the rules told once more, task by task.
class RandomJob {
 public:
  explicit RandomJob(std::uint64_t seed) : random_(seed), spec(some_spec()), regions(spec) {
    for (std::size_t v = 0; v < spec.vertices.size(); ++v)
      for (std::int32_t i = 0; i < spec.vertices[v].parallelism; ++i)
        tasks.push_back({.ref = {static_cast<std::int32_t>(v), i}});
  }

  struct Task {
    TaskRef ref;
    Stage stage = Stage::waiting;
    bool lost = false;  ///< finished, and its worker is gone
    int worker = 0;
  };

  std::size_t below(std::size_t bound) { return random_() % bound; }

  /// Pipelined inputs lead both ways, blocking ones to the consumer: together is what reaches each other.
  bool together(std::size_t a, std::size_t b) const { return reaches_[a][b] && reaches_[b][a]; }

  std::vector<VertexProgress> progress() const {
    std::vector<VertexProgress> all(spec.vertices.size());
    for (const Task& task : tasks) {
      VertexProgress& vertex = all[static_cast<std::size_t>(task.ref.vertex)];
      if (task.stage == Stage::waiting) ++vertex.waiting;
      if (task.stage != Stage::finished) continue;
      ++vertex.finished;
      if (task.lost) vertex.lost.push_back(task.ref.subtask);
    }
    return all;
  }

  bool is_ready(const Task& task) const {
    for (const Task& consumer : tasks) {
      if (regions.region_of(consumer.ref) != regions.region_of(task.ref)) continue;
      for (const auto& input : spec.vertices[static_cast<std::size_t>(consumer.ref.vertex)].inputs)
        for (const Task& producer : tasks) {
          if (!is_outside(input, producer, consumer)) continue;
          if (producer.stage != Stage::finished || (producer.lost && input.output == Output::local)) return false;
        }
    }
    return true;
  }

  /// Until nothing changes: what has to run pulls those whose lost output it consumes.
  std::set<Region> to_run_again(const std::vector<TaskRef>& failed) const {
    std::set<Region> again;
    for (const TaskRef& task : failed) again.insert(regions.region_of(task));
    std::set<Region> starts = again;
    for (const Task& task : tasks)
      if (task.stage == Stage::waiting) starts.insert(regions.region_of(task.ref));
    for (std::size_t before = starts.size() + 1; before != starts.size();) {
      before = starts.size();
      for (const Task& consumer : tasks) {
        if (!starts.contains(regions.region_of(consumer.ref))) continue;
        for (const auto& input : spec.vertices[static_cast<std::size_t>(consumer.ref.vertex)].inputs)
          for (const Task& producer : tasks)
            if (is_outside(input, producer, consumer) && producer.lost && input.output == Output::local) {
              again.insert(regions.region_of(producer.ref));
              starts.insert(regions.region_of(producer.ref));
            }
      }
    }
    return again;
  }

  /// What a scheduler does with the answer.
  void run_again(const std::vector<TaskRef>& failed) {
    for (const Region& region : regions.to_run_again(failed, progress()))
      for (Task& task : tasks)
        if (regions.region_of(task.ref) == region) task = {.ref = task.ref};
  }

  void start(const Task& first) {
    const Region region = regions.region_of(first.ref);
    for (Task& task : tasks)
      if (regions.region_of(task.ref) == region) task = {task.ref, Stage::running, false, static_cast<int>(below(3))};
  }

  void lose_worker(int worker) {
    std::vector<TaskRef> failed;
    for (Task& task : tasks) {
      if (task.worker != worker || task.stage == Stage::waiting) continue;
      if (task.stage == Stage::running) failed.push_back(task.ref);
      task.lost = task.stage == Stage::finished;
    }
    run_again(failed);
  }

 private:
  model::JobSpec some_spec() {
    model::JobSpec out;
    const std::size_t vertices = 1 + below(9);
    // Inputs may come from later in the spec: the order is drawn too.
    std::vector<std::size_t> order(vertices);
    for (std::size_t i = 0; i < vertices; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random_);
    out.vertices.resize(vertices);
    reaches_.assign(vertices, std::vector<bool>(vertices, false));
    for (std::size_t i = 0; i < vertices; ++i) {
      auto& vertex = out.vertices[order[i]];
      vertex.parallelism = static_cast<std::int32_t>(1 + below(3));
      reaches_[order[i]][order[i]] = true;
      for (std::size_t from = 0; from < i; ++from)
        if (below(3) == 0) connect(vertex, order[from], order[i]);
    }
    for (std::size_t by = 0; by < vertices; ++by)
      for (std::size_t a = 0; a < vertices; ++a)
        for (std::size_t b = 0; b < vertices; ++b)
          if (reaches_[a][by] && reaches_[by][b]) reaches_[a][b] = true;
    return out;
  }

  void connect(model::JobVertex& vertex, std::size_t from, std::size_t to) {
    const bool pipelined = below(3) == 0;
    vertex.inputs.push_back({.from = from,
                             .exchange = pipelined ? Exchange::pipelined : Exchange::blocking,
                             .output = !pipelined && below(3) == 0 ? Output::durable : Output::local});
    reaches_[from][to] = true;
    if (pipelined) reaches_[to][from] = true;
  }

  bool is_outside(const model::VertexInput& input, const Task& producer, const Task& consumer) const {
    return producer.ref.vertex == static_cast<std::int32_t>(input.from) &&
           !together(input.from, static_cast<std::size_t>(consumer.ref.vertex));
  }

  std::mt19937_64 random_;
  std::vector<std::vector<bool>> reaches_;

 public:
  model::JobSpec spec;
  Regions regions;
  std::vector<Task> tasks;
};

void expect_partition(const RandomJob& job) {
  const Regions& regions = job.regions;
  std::set<TaskRef> seen;
  for (std::int32_t group = 0; group < regions.groups(); ++group) {
    for (std::int32_t i = 0; i < regions.regions_in(group); ++i) {
      const Region region = regions.region(group, i);
      std::int64_t count = 0;
      std::map<std::int32_t, std::int32_t> by_vertex;
      regions.for_each_task(region, [&](TaskRef task) {
        EXPECT_TRUE(seen.insert(task).second) << "a task is in one region";
        EXPECT_EQ(regions.region_of(task), region);
        ++count;
        ++by_vertex[task.vertex];
      });
      EXPECT_EQ(regions.tasks(region), count);
      std::int32_t widest = 0;
      for (const auto& [vertex, subtasks] : by_vertex) widest = std::max(widest, subtasks);
      EXPECT_EQ(regions.slots(region), widest);
    }
  }
  EXPECT_EQ(seen.size(), job.tasks.size()) << "every task is in one";
}

void expect_groups(const RandomJob& job) {
  std::vector<std::pair<std::int32_t, std::size_t>> place(job.spec.vertices.size());
  for (std::int32_t group = 0; group < job.regions.groups(); ++group)
    for (std::size_t i = 0; i < job.regions.vertices(group).size(); ++i)
      place[static_cast<std::size_t>(job.regions.vertices(group)[i])] = {group, i};
  for (std::size_t a = 0; a < place.size(); ++a) {
    for (std::size_t b = 0; b < place.size(); ++b) EXPECT_EQ(place[a].first == place[b].first, job.together(a, b));
    for (const auto& input : job.spec.vertices[a].inputs)
      EXPECT_LT(place[input.from], place[a]) << "producers come before consumers";
  }
}

TEST(RegionsProperty, TheyPartitionTheTasksOfEveryJob) {
  for (std::uint64_t i = 0; i < kRegionRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kRegionSeed + i));
    const RandomJob job(kRegionSeed + i);
    expect_partition(job);
    expect_groups(job);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(RegionsProperty, TheyAgreeWithTheRulesToldTaskByTask) {
  for (std::uint64_t i = 0; i < kRegionRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kRegionSeed + i));
    RandomJob job(kRegionSeed + i);
    std::vector<TaskRef> failed;
    for (auto& task : job.tasks) {
      task.stage = static_cast<Stage>(job.below(3));
      task.lost = task.stage == Stage::finished && job.below(2) == 0;
      if (task.stage == Stage::running && job.below(8) == 0) failed.push_back(task.ref);
    }
    const auto progress = job.progress();
    for (const auto& task : job.tasks)
      ASSERT_EQ(job.regions.is_ready(job.regions.region_of(task.ref).group, progress), job.is_ready(task));
    const auto again = job.regions.to_run_again(failed, progress);
    const auto naive = job.to_run_again(failed);
    ASSERT_EQ(again, std::vector<Region>(naive.begin(), naive.end()));
  }
}

/// A step of a cluster in which workers and tasks fail.
void happen(RandomJob& job) {
  auto& task = job.tasks[job.below(job.tasks.size())];
  switch (job.below(8)) {
    case 0: return job.lose_worker(static_cast<int>(job.below(3)));
    case 1:
      if (task.stage == Stage::running) job.run_again({task.ref});
      return;
    case 2:
    case 3:
    case 4:
      if (task.stage == Stage::running) task.stage = Stage::finished;
      return;
    default:
      if (task.stage == Stage::waiting && job.regions.is_ready(job.regions.region_of(task.ref).group, job.progress()))
        job.start(task);
  }
}

TEST(RegionsProperty, WhateverFailsEveryJobFinishesInTheEnd) {
  for (std::uint64_t i = 0; i < kRegionRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kRegionSeed + i));
    RandomJob job(kRegionSeed + i);
    for (int step = 0; step < 120; ++step) happen(job);
    // From now on nothing fails: a round for each group is enough, and one for what is running.
    for (std::int32_t round = 0; round <= job.regions.groups(); ++round) {
      for (auto& task : job.tasks)
        if (task.stage == Stage::running) task.stage = Stage::finished;
      const auto progress = job.progress();
      for (const auto& task : std::vector(job.tasks))
        if (task.stage == Stage::waiting && job.regions.is_ready(job.regions.region_of(task.ref).group, progress))
          job.start(task);
    }
    for (const auto& task : job.tasks) ASSERT_EQ(task.stage, Stage::finished);
  }
}

}  // namespace
}  // namespace stellwerk::jobs
