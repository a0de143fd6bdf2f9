/// The guard's own program beside a worker, with real processes: what it ends, and what it says to whom.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <csignal>

#include "app/guard_inheritance.h"
#include "guard/datagram.h"
#include "guard/worker_message.h"
#include "link/death.h"
#include "processes/leftovers.h"
#include "processes/mark.h"
#include "processes/proc.h"
#include "support/real_loop.h"
#include "support/temp_dir.h"
#include "tasks/descriptors.h"
#include "tasks/spawn.h"
#include "websocket/listener.h"

namespace stellwerk::test {
namespace {

using namespace guard::worker_mode;
using testing::IsEmpty;

constexpr auto kGuardLong = std::chrono::seconds(60);

FileDescriptor pidfd_of(pid_t pid) {
  return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool still_lives(const Process& process) {
  const auto stat = processes::read_stat(process.pid);
  return stat && stat->started == process.started && !stat->ended();
}

/// A process that stands for a worker, tasks of its own, and a master that notes what it is told.
class TaskGuardTest : public testing::Test {
 protected:
  TaskGuardTest() {
    websocket::ListenerOptions options;
    options.addresses = {"127.0.0.1"};
    options.ports = {{0, 0}};
    auto opened = websocket::WebSocketListener::open(loop.io(), options);
    EXPECT_TRUE(opened) << opened.error().text;
    master_ = std::move(*opened);
    master_->start([](std::unique_ptr<link::Link>) {},
                   [this](const websocket::Post& post, const std::function<void(websocket::PostAnswer)>& answer) {
                     auto death = link::decode_death(post.body);
                     EXPECT_TRUE(death && post.target == link::kDeathTarget);
                     EXPECT_THAT(living(), IsEmpty()) << "it is not said before all are gone";
                     if (death) words.push_back(*death);
                     const unsigned status = statuses.empty() ? 200 : statuses.front();
                     if (!statuses.empty()) statuses.erase(statuses.begin());
                     answer({status, "heard"});
                   });
    worker_ = start("w-1", {"sleep", "1000"});
    std::array<int, 2> pair{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
    ours_.reset(pair[0]);
    const FileDescriptor theirs(pair[1]);
    log_.reset(::open((folder / "log").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    const FileDescriptor worker = pidfd_of(static_cast<pid_t>(worker_.pid));
    auto guard =
        app::spawn_guard(app::GuardOf::worker, STELLWERK_GUARD_PROGRAM, theirs.get(), worker.get(), log_.get());
    EXPECT_TRUE(guard) << guard.error().text;
    guard_ = *guard;
  }
  ~TaskGuardTest() override {
    ::kill(guard_, SIGKILL);
    ::waitpid(guard_, nullptr, 0);
    for (const auto& each : started_) {
      ::kill(-static_cast<pid_t>(each.pid), SIGKILL);
      ::waitpid(static_cast<pid_t>(each.pid), nullptr, 0);
    }
  }

  Process start(const std::string& mark, std::vector<std::string> command) {
    const worker::Launch launch{std::move(command), {{"PATH", "/usr/bin:/bin"}}, folder.path(), "", ""};
    const int fd = null_.get();
    const auto spawned = tasks::spawn({launch, {fd, fd, fd, fd}, mark, std::nullopt});
    EXPECT_TRUE(spawned) << spawned.error().text;
    started_.push_back({spawned->pid, processes::read_stat(spawned->pid)->started});
    return started_.back();
  }
  std::string mark(int number) { return processes::mark_prefix(worker_.pid, worker_.started) + std::to_string(number); }
  Process task(int number, const std::string& script = "sleep 1000 & sleep 1000 & wait") {
    const Process process = start(mark(number), {"sh", "-c", script});
    tasks_.push_back(process);
    return process;
  }
  void tell(const Message& message) { ASSERT_TRUE(guard::send_datagram(ours_.get(), encode(message))); }
  void introduce() {
    tell(Self{"w-1", 3, worker_});
    tell(Place{"cluster-1", 5, {"127.0.0.1:1", "127.0.0.1:" + std::to_string(master_->port())}});
  }
  /// The worker is killed, and reaped as init would.
  void kill_worker() {
    ::kill(static_cast<pid_t>(worker_.pid), SIGKILL);
    ::waitpid(static_cast<pid_t>(worker_.pid), nullptr, 0);
  }
  std::vector<std::int64_t> living() {
    std::vector<std::int64_t> found;
    for (const auto& each : tasks_)
      if (still_lives(each)) found.push_back(each.pid);
    return found;
  }
  /// Waits for the guard's end; its exit code.
  int guard_ended() {
    bool ended = false;
    boost::asio::posix::stream_descriptor process(loop.io(), pidfd_of(guard_).release());
    process.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [&](const boost::system::error_code&) { ended = true; });
    EXPECT_TRUE(loop.run_until([&] { return ended; }, kGuardLong));
    int status = -1;
    ::waitpid(guard_, &status, WNOHANG);
    return status;
  }
  std::string log() { return read_file(folder / "log"); }
  /// A process of its own writes it, which the guard does not wait for.
  bool log_says(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + kGuardLong;
    while (log().find(text) == std::string::npos && std::chrono::steady_clock::now() < deadline) ::sched_yield();
    return log().find(text) != std::string::npos;
  }

  TempDir folder;
  RealLoop loop;
  std::vector<link::Death> words;
  std::vector<unsigned> statuses;  ///< of the next answers; then 200

 private:
  FileDescriptor null_ = std::move(*tasks::move_up(FileDescriptor(::open("/dev/null", O_RDWR | O_CLOEXEC)), 10));
  std::unique_ptr<websocket::WebSocketListener> master_;
  FileDescriptor ours_;
  FileDescriptor log_;
  pid_t guard_ = 0;
  std::vector<Process> started_;
  std::vector<Process> tasks_;

 protected:
  Process worker_;
};

TEST_F(TaskGuardTest, ADeadWorkersTasksAreEndedAndTheMasterHearsOfIt) {
  introduce();
  std::vector<Process> all;
  for (int i = 1; i <= 5; ++i) all.push_back(task(i));
  tell(Runs{all});
  const Process other = start("4711.1.1", {"sleep", "1000"});
  statuses = {503, 202};
  kill_worker();
  EXPECT_EQ(guard_ended(), 0);
  EXPECT_THAT(words, testing::SizeIs(3)) << "until it is settled";
  for (const auto& word : words) EXPECT_EQ(word, (link::Death{"w-1", 3, "cluster-1", 5}));
  EXPECT_THAT(living(), IsEmpty());
  EXPECT_TRUE(still_lives(other));
  EXPECT_TRUE(log_says("taskguard - worker w-1 has died; ended ")) << log();
  EXPECT_TRUE(log_says("is dead and its tasks are gone")) << log();
}

TEST_F(TaskGuardTest, DaemonsAndWhatWasBeingStartedAreFoundByTheirMark) {
  introduce();
  tell(Starts{mark(1)});
  task(1, "setsid sleep 1000 & wait");
  kill_worker();
  EXPECT_EQ(guard_ended(), 0);
  EXPECT_THAT(words, testing::SizeIs(1));
  EXPECT_THAT(processes::find_marked({mark(1)}), IsEmpty());
}

TEST_F(TaskGuardTest, WhatMayYetComeToBeKeepsItSilent) {
  introduce();
  tell(Starts{mark(1)});
  kill_worker();
  EXPECT_EQ(guard_ended(), 0);
  EXPECT_THAT(words, IsEmpty());
  EXPECT_TRUE(log_says("the masters are not told")) << log();
}

TEST_F(TaskGuardTest, AnotherProcessWithThatNumberIsLeftAlone) {
  introduce();
  Process other = start("4711.1.1", {"sleep", "1000"});
  tell(Runs{{{other.pid, other.started - 1}}});
  kill_worker();
  EXPECT_EQ(guard_ended(), 0);
  EXPECT_THAT(words, testing::SizeIs(1));
  EXPECT_TRUE(still_lives(other));
}

TEST_F(TaskGuardTest, AFarewellLeavesEverythingAsItIs) {
  introduce();
  const Process left = task(1);
  tell(Runs{{left}});
  tell(Farewell{});
  kill_worker();
  EXPECT_EQ(guard_ended(), 0);
  EXPECT_THAT(words, IsEmpty());
  EXPECT_TRUE(still_lives(left));
  EXPECT_THAT(log(), IsEmpty());
}

TEST_F(TaskGuardTest, AThousandTasksAreEnded) {
  introduce();
  std::vector<Process> all;
  for (int i = 0; i < 1000; ++i) all.push_back(task(i, "exec sleep 1000"));
  for (std::size_t i = 0; i < all.size(); i += 250)
    tell(Runs{{all.begin() + static_cast<std::ptrdiff_t>(i), all.begin() + static_cast<std::ptrdiff_t>(i + 250)}});
  kill_worker();
  EXPECT_EQ(guard_ended(), 0);
  EXPECT_THAT(living(), IsEmpty());
  EXPECT_THAT(words, testing::SizeIs(1));
}

}  // namespace
}  // namespace stellwerk::test
