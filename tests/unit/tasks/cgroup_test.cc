#include "tasks/cgroup.h"

#include <gmock/gmock.h>

#include "support/fake_cgroup_files.h"
#include "tasks/cgroup_tree.h"

namespace stellwerk::tasks {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kGroup = "/sys/fs/cgroup/system.slice/stellwerk.service";

TEST(FindCgroup, IsWhereTheTreeIsMounted) {
  const std::string mounts =
      "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
  EXPECT_EQ(*find_cgroup("0::/system.slice/stellwerk.service\n", mounts), kGroup);
  EXPECT_EQ(*find_cgroup("4:memory:/a\n0::/\n", mounts), "/sys/fs/cgroup");
}

TEST(FindCgroup, PartsOfTheTreeThatAreMountedCountFromTheirRoot) {
  const std::string mounts = "30 22 0:26 /docker/abc /sys/fs/c\\040group rw - cgroup2 cgroup rw\n";
  EXPECT_EQ(*find_cgroup("0::/docker/abc/worker\n", mounts), "/sys/fs/c group/worker");
  EXPECT_EQ(*find_cgroup("0::/docker/abc\n", mounts), "/sys/fs/c group");
  EXPECT_THAT(find_cgroup("0::/docker/abcd\n", mounts).error().text, HasSubstr("\"/docker/abcd\", is mounted nowhere"));
}

TEST(FindCgroup, WithoutVersion2ThereIsNone) {
  EXPECT_EQ(find_cgroup("4:memory:/a\n", "").error().text, "this host has no cgroup v2");
  EXPECT_TRUE(find_cgroup("", "garbage\n - cgroup2\n").has_error());
  EXPECT_TRUE(find_cgroup("0::/a\n", "garbage\n1 2 3 4 - cgroup2\n\n").has_error());
}

class CgroupTest : public testing::Test {
 protected:
  Cgroups::Setup setup() {
    return {kGroup, 100, 7, {true, true, true}, {}, [this](std::int64_t pid, std::int64_t) { return pid == living; }};
  }
  test::FakeCgroupFiles::Group& group(const std::string& name) { return files.groups.at(kGroup + "/" + name); }

  test::FakeCgroupFiles files{kGroup, {"memory", "cpu", "pids", "io"}, {100}};
  std::int64_t living = 0;
};

TEST_F(CgroupTest, AWorkerMakesRoomAndHandsControllersOn) {
  const auto groups = Cgroups::open(files, setup());
  ASSERT_TRUE(groups) << groups.error().text;
  EXPECT_TRUE(groups->limits().all());
  EXPECT_EQ(groups->missing(), "");
  EXPECT_THAT(group("stellwerk-100-7.worker").processes, ElementsAre(100));
  EXPECT_THAT(files.groups.at(kGroup).handed_on, ElementsAre("cpu", "memory", "pids"));
}

TEST_F(CgroupTest, ATaskHasAGroupWithItsLimits) {
  auto groups = Cgroups::open(files, setup());
  {
    const auto task = groups->make({512 << 20, 1500, 200, {}, {}, {}});
    ASSERT_TRUE(task) << task.error().text;
    EXPECT_EQ(task->entrance(), kGroup + "/stellwerk-100-7.task-1/cgroup.procs");
    EXPECT_THAT(group("stellwerk-100-7.task-1").values,
                ElementsAre(std::pair("cpu.max", "150000 100000"), std::pair("memory.max", "536870912"),
                            std::pair("memory.oom.group", "1"), std::pair("memory.swap.max", "0"),
                            std::pair("pids.max", "200")));
    EXPECT_FALSE(task->out_of_memory());
    group("stellwerk-100-7.task-1").values["memory.events"] = "low 0\noom 0\noom_kill 3\n";
    EXPECT_FALSE(task->out_of_memory()) << "its host had none left, not it";
    group("stellwerk-100-7.task-1").values["memory.events"] = "low 0\noom 1\noom_kill 3\n";
    EXPECT_TRUE(task->out_of_memory());
  }
  EXPECT_EQ(files.groups.count(kGroup + "/stellwerk-100-7.task-1"), 0);
}

TEST_F(CgroupTest, AGroupSaysWhatItUses) {
  auto groups = Cgroups::open(files, setup());
  const auto task = groups->make({});
  EXPECT_EQ(task->cpu_ms(), std::nullopt);
  EXPECT_THAT(task->processes(10), IsEmpty());
  group("stellwerk-100-7.task-1").processes = {5, 6};
  group("stellwerk-100-7.task-1").values["cpu.stat"] = "usage_usec 1234567\nuser_usec 1\n";
  EXPECT_THAT(task->processes(10), ElementsAre(5, 6));
  EXPECT_THAT(task->processes(1), ElementsAre(5));
  EXPECT_EQ(task->cpu_ms(), 1234);
  group("stellwerk-100-7.task-1").processes.clear();
}

TEST_F(CgroupTest, HostsWithoutSwapLimitsWillDo) {
  files.no_such = {"memory.swap.max", "memory.oom.group"};
  auto groups = Cgroups::open(files, setup());
  EXPECT_TRUE(groups->make({512 << 20, {}, {}, {}, {}, {}}));
  files.no_such = {"memory.max"};
  EXPECT_THAT(groups->make({512 << 20, {}, {}, {}, {}, {}}).error().text,
              HasSubstr("memory.max of its control group cannot be 536870912"));
  EXPECT_THAT(files.below(kGroup), ElementsAre("stellwerk-100-7.worker"));
}

TEST_F(CgroupTest, WhatStillLivesInAGroupIsKilledWithIt) {
  auto groups = Cgroups::open(files, setup());
  {
    const auto task = groups->make({});
    group("stellwerk-100-7.task-1").processes = {5};
  }
  EXPECT_EQ(files.groups.count(kGroup + "/stellwerk-100-7.task-1"), 0);
}

TEST_F(CgroupTest, WhatCannotBeKilledYetIsTriedAgainLater) {
  auto groups = Cgroups::open(files, setup());
  files.undying = {5};
  {
    const auto task = groups->make({});
    group("stellwerk-100-7.task-1").processes = {5};
    task->kill();
    EXPECT_FALSE(task->empty());
  }
  EXPECT_EQ(files.groups.count(kGroup + "/stellwerk-100-7.task-1"), 1);
  files.undying.clear();
  const auto next = groups->make({});
  EXPECT_EQ(files.groups.count(kGroup + "/stellwerk-100-7.task-1"), 0);
}

TEST_F(CgroupTest, WhatATaskMadeBelowItsGroupIsItsOwn) {
  auto groups = Cgroups::open(files, setup());
  {
    const auto task = groups->make({});
    for (const char* const below : {"/box", "/box/inner", "/other"})
      ASSERT_TRUE(files.make(kGroup + "/stellwerk-100-7.task-1" + below));
    group("stellwerk-100-7.task-1/box/inner").processes = {5};
    group("stellwerk-100-7.task-1/other").processes = {6};
    EXPECT_THAT(task->processes(10), UnorderedElementsAre(5, 6));
    EXPECT_FALSE(task->empty());
    task->kill();
    EXPECT_TRUE(task->empty());
  }
  EXPECT_THAT(files.below(kGroup), ElementsAre("stellwerk-100-7.worker"));
}

TEST_F(CgroupTest, BeforeLinux514ProcessesAreKilledOneByOne) {
  files.no_such = {"cgroup.kill"};
  auto groups = Cgroups::open(files, setup());
  const std::string box = kGroup + "/stellwerk-100-7.task-1/box";
  {
    const auto task = groups->make({});
    ASSERT_TRUE(files.make(box));
    files.groups.at(box).processes = {5};
    group("stellwerk-100-7.task-1").processes = {6};
    task->kill();
    EXPECT_TRUE(task->empty());
  }
  EXPECT_THAT(files.below(kGroup), ElementsAre("stellwerk-100-7.worker"));
}

TEST_F(CgroupTest, MoreGroupsThanOneLookTakesAreEndedByAndBy) {
  files.no_such = {"cgroup.kill"};
  auto groups = Cgroups::open(files, setup());
  std::optional<Cgroup> task(std::move(*groups->make({})));
  std::string deep = kGroup + "/stellwerk-100-7.task-1";
  for (std::size_t i = 0; i < 2 * kGroupsAtOnceMax; ++i) {
    deep += "/a";
    ASSERT_TRUE(files.make(deep));
    files.groups.at(deep).processes = {static_cast<std::int64_t>(1000 + i)};
  }
  int looks = 0;
  for (; !task->empty() && looks < 10; ++looks) task->kill();
  EXPECT_LT(looks, 10);
  task.reset();
  for (int i = 0; i < 3; ++i) (void)groups->make({});
  EXPECT_THAT(files.below(kGroup), ElementsAre("stellwerk-100-7.worker"));
}

TEST_F(CgroupTest, OfControllersThoseThatAreThereAreUsed) {
  files.groups.at(kGroup).controllers = {"pids"};
  auto groups = Cgroups::open(files, setup());
  EXPECT_EQ(groups->limits(), (model::GroupLimits{false, false, true}));
  EXPECT_EQ(groups->missing(), "the control group " + kGroup + " of this worker has no controller for memory and cpus");
  const auto task = groups->make({512 << 20, 1500, 200, {}, {}, {}});
  EXPECT_THAT(group("stellwerk-100-7.task-1").values, ElementsAre(std::pair("pids.max", "200")));
}

TEST_F(CgroupTest, WithoutControllersThereAreNoGroups) {
  files.groups.at(kGroup).controllers = {"hugetlb"};
  EXPECT_THAT(Cgroups::open(files, setup()).error().text, HasSubstr("none of the controllers memory, cpu and pids"));
  EXPECT_THAT(files.below(kGroup), IsEmpty());
}

TEST_F(CgroupTest, WhereNothingMayBeWrittenItSaysWhatIsNeeded) {
  files.read_only = true;
  EXPECT_EQ(Cgroups::open(files, setup()).error().text,
            "no control group can be made in " + kGroup + ": Permission denied; with systemd it needs Delegate=yes");
}

TEST_F(CgroupTest, AmongOthersEverythingStaysAsItWas) {
  files.groups.at(kGroup).processes = {4, 100};
  EXPECT_THAT(Cgroups::open(files, setup()).error().text,
              HasSubstr("other processes are in it (the first is 4); a worker needs a control group of its own"));
  EXPECT_THAT(files.groups.at(kGroup).processes, ElementsAre(4, 100));
  EXPECT_THAT(files.below(kGroup), IsEmpty());
}

TEST_F(CgroupTest, ItsOwnPid1MovesAlong) {
  files.groups.at(kGroup).processes = {1, 100};
  Cgroups::Setup with_guard = setup();
  with_guard.along = {1};
  ASSERT_TRUE(Cgroups::open(files, with_guard));
  EXPECT_THAT(group("stellwerk-100-7.worker").processes, ElementsAre(1, 100));
}

TEST_F(CgroupTest, WhatDeadWorkersLeftIsEnded) {
  living = 90;
  for (const std::string name : {"stellwerk-90-1.task-1", "stellwerk-91-1.task-1", "stellwerk-91-1.worker",
                                 "stellwerk-92-1.worker", "stellwerk-x.task-1", "other"})
    files.groups[kGroup + "/" + name].processes = {static_cast<std::int64_t>(name.size())};
  group("stellwerk-92-1.worker").processes.clear();
  ASSERT_TRUE(Cgroups::open(files, setup()));
  EXPECT_THAT(files.below(kGroup), ElementsAre("other", "stellwerk-100-7.worker", "stellwerk-90-1.task-1",
                                               "stellwerk-91-1.worker", "stellwerk-x.task-1"))
      << "its guard may still be at work";
}

TEST_F(CgroupTest, WhatDeadWorkersLeftIsWaitedFor) {
  const std::string task = kGroup + "/stellwerk-91-1.task-1";
  files.groups[task].processes = {5};
  files.groups[task + "/box"].processes = {6};
  files.undying = {6};
  Cgroups::Setup waiting = setup();
  int waits = 0;
  waiting.wait = [&] {
    if (++waits == 3) files.undying.clear();
    return waits < 10;
  };
  const auto groups = Cgroups::open(files, waiting);
  EXPECT_THAT(groups->still_living(), IsEmpty());
  EXPECT_LT(waits, 10);
  EXPECT_THAT(files.below(kGroup), ElementsAre("stellwerk-100-7.worker"));
}

TEST_F(CgroupTest, WhatDeadWorkersLeftAndNobodyCanEndIsSaid) {
  const std::string task = kGroup + "/stellwerk-91-1.task-1";
  files.groups[task].processes = {5};
  files.undying = {5};
  Cgroups::Setup waiting = setup();
  int waits = 0;
  waiting.wait = [&] { return ++waits < 10; };
  auto groups = Cgroups::open(files, waiting);
  EXPECT_THAT(groups->still_living(), ElementsAre(task));
  files.undying.clear();
  (void)groups->make({});
  EXPECT_THAT(files.below(kGroup), ElementsAre("stellwerk-100-7.worker"));
}

}  // namespace
}  // namespace stellwerk::tasks
