/// A master for the tests of api/: its view, clocks and answers are what the test says.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/backend.h"

namespace stellwerk::api {

/// May be used from any thread. What should come "later" waits for run(), or, if `post` is set, is
/// given to that.
class FakeBackend : public Backend {
 public:
  struct Asked {
    std::string what;  ///< "submit", "cancel", "add", "remove", "transfer", "end"
    JobId job;
    Time deadline;
    Handler done;
  };

  FakeBackend();

  master::ViewPtr view() const override;
  std::shared_ptr<const master::Liveness> liveness() const override { return {std::shared_ptr<void>(), &alive}; }
  Time now() const override;
  WallMs wall_ms() const override { return wall; }
  loop::TurnTimes turns() const override {
    loop::TurnTimes times;
    times.counts.front() = 5;
    times.counts.back() = 1;
    times.sum = times.longest = std::chrono::milliseconds(750);
    return times;
  }
  void wait_for(Awaited awaited, Time deadline, std::function<void(Waited)> done) override;
  void request(jobs::Change change, Time deadline, Handler done) override;
  void transfer(Time deadline, Handler done) override { ask({"transfer", {}, deadline, std::move(done)}); }
  void end_cluster(Time deadline, Handler done) override { ask({"end", {}, deadline, std::move(done)}); }
  JobId mint_job_id() override;
  std::string mint_uuid() override;
  void run_off_thread(std::function<void()> work) override { later(std::move(work)); }
  bool run_long(std::function<void()> work) override;

  /// Changes the view; whoever waits for that is woken.
  void change(const std::function<void(master::MasterView&)>& edit);
  void lead(std::int64_t epoch = 7);
  void follow(const std::string& leader, std::int64_t epoch = 7);
  /// Commits records in the view's state, one position further.
  void commit(const std::vector<model::Record>& records);
  void submit(const std::string& id, const std::string& name);
  /// An upload of kSpec that is there.
  void add_bundle(const std::string& uuid, const std::string& name, bool once = false);
  /// As a leader: a worker registers, or is as it says from now on.
  void register_worker(const jobs::WorkerEntry& worker);
  /// Lets time pass; the loop beats, and what has its deadline by then is woken.
  void advance(Duration by);
  /// Runs what waits, and what that leads to.
  void run();

  /// Answers every request at once; unset: they are kept in `asked`.
  std::function<jobs::Reply(const Asked&)> reply;
  std::function<void(std::function<void()>)> post;
  std::vector<Asked> asked;
  std::vector<jobs::SubmitJob> submitted;
  std::vector<jobs::AddBundle> added;
  std::vector<jobs::RemoveBundle> removed;
  std::size_t waiters_max = kWaitersMax;
  master::Liveness alive;
  WallMs wall = 1'700'000'100'000;

  std::size_t waiters() const;

 private:
  struct Waiter {
    Awaited awaited;
    Time deadline;
    std::function<void(Waited)> done;
  };
  void end(std::vector<Waiter> woken, Waited how);
  void ask(Asked asked);
  void later(std::function<void()> work);

  mutable std::mutex mutex_;
  master::ViewPtr view_;
  jobs::ClusterState state_;
  jobs::WorkerTable workers_;
  Time now_{std::chrono::hours(1)};
  std::vector<Waiter> waiters_;
  std::deque<std::function<void()>> tasks_;
  int minted_ = 0;
  std::atomic<std::size_t> long_work_{0};
};

inline constexpr std::string_view kSpec =
    R"({"name":"count","vertices":[{"command":["./a"],"name":"source","parallelism":2},)"
    R"({"command":["./b"],"inputs":[{"from":"source"}],"name":"sum","parallelism":3}]})";

/// One that has told everything about itself.
jobs::WorkerEntry a_worker(const std::string& id, std::int64_t slots = 4);

/// 32 digits.
inline std::string job_id(char digit) {
  return std::string(32, digit);
}

}  // namespace stellwerk::api
