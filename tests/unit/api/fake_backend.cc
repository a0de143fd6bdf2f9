#include "unit/api/fake_backend.h"

namespace stellwerk::api {
namespace {

std::int64_t micros(Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

jobs::WorkerEntry a_worker(const std::string& id, std::int64_t slots) {
  jobs::WorkerEntry entry;
  entry.about = {id, 1, "process", "host1", 4711, slots, "0.1.0"};
  entry.load = {8'000'000'000, 2'000'000'000, 30'000'000, 2, 1250};
  entry.since_ms = 1'700'000'000'000;
  entry.heard_ms = 1'700'000'090'000;
  return entry;
}

FakeBackend::FakeBackend() {
  master::MasterView view;
  view.role = master::Role::follower;
  view.message = "I am a follower; no leader is known";
  view.self = {"me", "http://me:8081", "", "me", 42, 1'700'000'000'000};
  view.cluster_id = "/default";
  view.cluster = "6d7c2f8e-0000-4000-8000-000000000000";
  view.coordination = {"zookeeper", "connected", "0x1", 40'000, ""};
  view.eligible = true;
  view_ = std::make_shared<const master::MasterView>(view);
  alive.beat_us = micros(now_);
  commit({});
}

master::ViewPtr FakeBackend::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

Time FakeBackend::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::size_t FakeBackend::waiters() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

void FakeBackend::later(std::function<void()> work) {
  if (post) return post(std::move(work));
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(work));
}

void FakeBackend::wait_for(Awaited awaited, Time deadline, std::function<void(Waited)> done) {
  later([this, deadline, awaited = std::move(awaited), done = std::move(done)]() mutable {
    Waited how = Waited::met;
    {
      const std::lock_guard lock(mutex_);
      if (!holds(awaited, *view_)) {
        if (waiters_.size() < waiters_max) {
          waiters_.push_back({std::move(awaited), deadline, std::move(done)});
          return;
        }
        how = Waited::crowded;
      }
    }
    done(how);
  });
}

void FakeBackend::end(std::vector<Waiter> woken, Waited how) {
  for (Waiter& waiter : woken) later([how, done = std::move(waiter.done)] { done(how); });
}

void FakeBackend::ask(Asked wish) {
  if (reply) {
    later([answer = reply(wish), done = std::move(wish.done)] { done(answer); });
    return;
  }
  const std::lock_guard lock(mutex_);
  asked.push_back(std::move(wish));
}

void FakeBackend::request(jobs::Change change, Time deadline, Handler done) {
  if (auto* submit = std::get_if<jobs::SubmitJob>(&change)) {
    const JobId id = submit->id;
    {
      const std::lock_guard lock(mutex_);
      submitted.push_back(std::move(*submit));
    }
    return ask({"submit", id, deadline, std::move(done)});
  }
  if (auto* add = std::get_if<jobs::AddBundle>(&change)) {
    {
      const std::lock_guard lock(mutex_);
      added.push_back(std::move(*add));
    }
    return ask({"add", {}, deadline, std::move(done)});
  }
  if (auto* remove = std::get_if<jobs::RemoveBundle>(&change)) {
    {
      const std::lock_guard lock(mutex_);
      removed.push_back(std::move(*remove));
    }
    return ask({"remove", {}, deadline, std::move(done)});
  }
  if (auto* wish = std::get_if<jobs::AskCheckpoint>(&change))
    return ask({"checkpoint", wish->job, deadline, std::move(done)});
  ask({"cancel", std::get<jobs::CancelJob>(change).id, deadline, std::move(done)});
}

JobId FakeBackend::mint_job_id() {
  const std::lock_guard lock(mutex_);
  ++minted_;
  return *JobId::parse("abc0000000000000000000000000000" + std::to_string(minted_ % 10));
}

std::string FakeBackend::mint_uuid() {
  const std::lock_guard lock(mutex_);
  return "00000000-0000-4000-8000-00000000000" + std::to_string(++minted_ % 10);
}

bool FakeBackend::run_long(std::function<void()> work) {
  if (long_work_ == kLongWorkMax) return false;
  ++long_work_;
  later([this, work = std::move(work)] {
    work();
    --long_work_;
  });
  return true;
}

void FakeBackend::change(const std::function<void(master::MasterView&)>& edit) {
  std::vector<Waiter> woken;
  {
    const std::lock_guard lock(mutex_);
    auto next = std::make_shared<master::MasterView>(*view_);
    edit(*next);
    view_ = std::move(next);
    std::vector<Waiter> rest;
    for (Waiter& waiter : waiters_) (holds(waiter.awaited, *view_) ? woken : rest).push_back(std::move(waiter));
    waiters_.swap(rest);
  }
  end(std::move(woken), Waited::met);
}

void FakeBackend::lead(std::int64_t epoch) {
  alive.act_until_us = micros(now() + std::chrono::seconds(10));
  change([&](master::MasterView& view) {
    view.role = master::Role::leader;
    view.message = "I am the leader, in epoch " + std::to_string(epoch);
    view.epoch = epoch;
    view.leader = master::KnownLeader{{"me", "http://me:8081", ""}, epoch, 1'700'000'050'000};
  });
}

void FakeBackend::follow(const std::string& leader, std::int64_t epoch) {
  change([&](master::MasterView& view) {
    view.role = master::Role::follower;
    view.message = "I am a follower; " + leader + " leads";
    view.epoch = epoch;
    view.leader = master::KnownLeader{{"other", leader, ""}, epoch, 1'700'000'050'000};
  });
}

void FakeBackend::commit(const std::vector<model::Record>& records) {
  for (const auto& record : records) state_.apply(record);
  change([&](master::MasterView& view) {
    view.state = std::make_shared<const jobs::ClusterState>(state_.share());
    view.applied = {7, view.applied.seq + 1};
    view.committed = view.applied;
  });
}

void FakeBackend::submit(const std::string& id, const std::string& name) {
  jobs::SubmitJob job{*JobId::parse(id), std::string(kSpec), "hash", name, 5};
  commit(jobs::decide(state_, job, 1'700'000'000'000, {}).records);
}

void FakeBackend::add_bundle(const std::string& uuid, const std::string& name, bool once) {
  const std::string sha256(64, '7');
  const bool jar = name.ends_with(".jar");
  const model::ArtifactKind kind = jar ? model::ArtifactKind::jar : model::ArtifactKind::bundle;
  commit(
      {model::Record::put(model::artifact_key(sha256),
                          model::encode_artifact({model::ArtifactFile{sha256, 7, 1}.name(), 10, 5})),
       model::Record::put(model::bundle_key(uuid),
                          model::encode_bundle({{sha256, 10, name, kind}, 5, once, jar ? "" : std::string(kSpec)}))});
}

void FakeBackend::register_worker(const jobs::WorkerEntry& worker) {
  workers_.put(worker);
  change([&](master::MasterView& view) { view.workers = std::make_shared<const jobs::WorkerTable>(workers_.share()); });
}

void FakeBackend::advance(Duration by) {
  run();
  std::vector<Waiter> woken;
  {
    const std::lock_guard lock(mutex_);
    now_ += by;
    alive.beat_us = micros(now_);
    std::vector<Waiter> rest;
    for (Waiter& waiter : waiters_) (waiter.deadline <= now_ ? woken : rest).push_back(std::move(waiter));
    waiters_.swap(rest);
  }
  end(std::move(woken), Waited::late);
  run();
}

void FakeBackend::run() {
  while (true) {
    std::function<void()> task;
    {
      const std::lock_guard lock(mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace stellwerk::api
