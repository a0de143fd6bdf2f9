#include "simulation/cluster/sim_cluster.h"

#include <algorithm>

#include "coordination/zookeeper_paths.h"
#include "simulation/cluster/file_check.h"
#include "simulation/cluster/sim_jobs.h"
#include "simulation/cluster/sim_uploads.h"

namespace stellwerk::test {

using namespace std::chrono_literals;
using jobs::Reply;

namespace {

constexpr Duration kRequestLimit = 5s;
/// Who asks again does it five times, after half a second.
constexpr Duration kCallersLimit = 6 * (kRequestLimit + 500ms);

}  // namespace

SimCluster::SimCluster(std::uint64_t seed, SimClusterOptions options)
    : random(seed),
      worker_random(~seed),
      guard_random(seed ^ 0x9e3779b97f4a7c15U),
      upload_random(seed ^ 0xbf58476d1ce4e5b9U),
      zookeeper(time, random,
                [&options] {
                  SimZkOptions zk;
                  zk.tick = 500ms;
                  zk.compares_versions = options.server_compares;
                  return zk;
                }()),
      links(time, seed),
      ledger(disk),
      options_(options) {
  const std::string head = coordination::ZookeeperPaths("/stellwerk/default").head;
  zookeeper.observe([this, head](std::int64_t session, const std::vector<SimZkChange>& changes) {
    if (session == 0) return;  // an operator's doing; what the code makes of it is what counts
    for (const auto& change : changes)
      if (change.path == head)
        ledger.on_head(change.after ? std::optional<std::string>(change.after->data) : std::nullopt);
  });
  for (int i = 0; i < options_.masters; ++i) {
    masters.push_back(std::make_unique<SimMaster>(time, zookeeper, links, disk, random, ledger, options_, i));
    masters.back()->peers = [this](const std::string& rest) -> Result<master::event::PeerState> {
      for (auto& other : masters)
        if (rest == "http://" + other->name() + ":8081" && other->view() && !other->paused())
          return master::event::PeerState{other->view()->applied, other->view()->eligible};
      return make_error(Errc::unavailable, "no answer");
    };
  }
  std::vector<std::string> addresses;
  for (const auto& master : masters) addresses.push_back(master->rpc());
  for (int i = 0; i < options_.workers; ++i) {
    const std::string name = "w" + std::to_string(i);
    const bool configured = i % 2 == 0;
    workers.push_back(std::make_unique<SimWorker>(
        time, links, name, configured ? addresses : std::vector<std::string>(),
        [this] { return masters_that_answer(); },
        [this, name](const std::string& cluster, std::int64_t epoch) { ledger.on_registered(name, cluster, epoch); },
        ledger,
        SimWorker::Guarding{
            options_.worker_guards, options_.worker_guards_end_tasks, options_.worker_guards_end_leased, guard_random,
            [this](const SimWorkerGuard::Word& word, const SimWorkerGuard::Answered& done) { say_dead(word, done); }}));
  }
}

/// Arrives at the master's port for workers.
void SimCluster::say_dead(const SimWorkerGuard::Word& word, const SimWorkerGuard::Answered& done) {
  using Kind = master::DeathAnswer::Kind;
  using guard::worker_mode::Answer;
  for (auto& master : masters) {
    if (master->rpc() != word.master || master->driver() == nullptr || links.parted(word.worker.id, word.master))
      continue;
    SimMaster* const at = master.get();
    at->executor().post([this, at, word, done] {
      if (at->driver() == nullptr) return;
      const link::Death death{word.worker.id, word.worker.incarnation, word.cluster, word.epoch};
      at->driver()->hear_death(death, [this, word, done](const master::DeathAnswer& answer) {
        if (answer.kind == Kind::taken || answer.kind == Kind::settled) check_dead(word);
        done(answer.kind == Kind::taken       ? Answer::taken
             : answer.kind == Kind::refused   ? Answer::never
             : answer.kind == Kind::elsewhere ? Answer::not_now
                                              : Answer::settled,
             answer.text);
      });
    });
  }
}

void SimCluster::check_dead(const SimWorkerGuard::Word& word) {
  for (const auto& worker : workers)
    if (worker->name() == word.worker.id && worker->runs_until(word.worker.incarnation))
      ledger.fail("P5: a leader was told that nothing of " + word.worker.id + " runs, but something does");
}

void SimCluster::start_all() {
  for (auto& master : masters)
    if (!master->up()) master->start();
  for (auto& worker : workers)
    if (!worker->up()) worker->start();
}

std::vector<std::string> SimCluster::masters_that_answer() const {
  std::vector<std::string> out;
  for (const auto& master : masters)
    if (master->up() && !master->paused()) out.push_back(master->rpc());
  return out;
}

SimMaster* SimCluster::leader() {
  SimMaster* found = nullptr;
  for (auto& master : masters) {
    if (!master->leads() || !master->acting()) continue;
    if (found != nullptr) return nullptr;
    found = master.get();
  }
  return found;
}

void SimCluster::after_step() {
  std::vector<std::string> acting;
  for (const auto& master : masters)
    if (master->acting()) acting.push_back(master->name());
  if (acting.size() > 1) ledger.on_acting(time.now(), acting);
}

bool SimCluster::run_until(const std::function<bool()>& done, Duration limit) {
  const Time end = time.now() + limit;
  while (!done()) {
    if (time.now() >= end || !time.step()) return done();
    after_step();
  }
  return true;
}

void SimCluster::run_for(Duration span) {
  const Time end = time.now() + span;
  run_until([this, end] { return time.now() >= end; }, span);
  if (time.now() < end) time.run_until(end);
}

std::string SimCluster::new_job_id() {
  return JobId::mint(time.wall_ms(), {random(), random()}).text();
}

jobs::Change SimCluster::submission(const std::string& id) const {
  return sim_job(id);
}

void SimCluster::request(SimMaster& master, jobs::Change change, bool retried, std::function<void(const Reply&)> done) {
  SimMaster* at = &master;
  master.executor().post([this, at, change = std::move(change), retried, done = std::move(done), caller = caller()] {
    if (at->driver() == nullptr) return;
    at->driver()->request(change, time.now() + kRequestLimit,
                          [this, change, retried, done, caller](const Reply& reply) {
                            ledger.on_answer(time.now(), change, reply, retried);
                            if (done) done(reply);
                          });
  });
}

void SimCluster::submit(SimMaster& master, const std::string& id, bool retried,
                        std::function<void(const Reply&)> done) {
  request(master, submission(id), retried, std::move(done));
}

void SimCluster::cancel(SimMaster& master, const std::string& id, std::function<void(const Reply&)> done) {
  request(master, jobs::CancelJob{*JobId::parse(id)}, true, std::move(done));
}

void SimCluster::ask_checkpoint(SimMaster& master, const std::string& id) {
  std::string trigger = make_uuid({upload_random(), upload_random()});
  std::erase(trigger, '-');
  request(master, jobs::AskCheckpoint{*JobId::parse(id), std::move(trigger)}, true, {});
}

void SimCluster::upload(SimMaster& master, const std::string& uuid, int which, bool once) {
  request(master, sim_upload(uuid, which, once), false, {});
}

void SimCluster::remove_upload(SimMaster& master, const std::string& uuid, int which) {
  ledger.on_unwanted(uuid);
  request(master, jobs::RemoveBundle{{uuid, sim_upload(uuid, which, false).artifact.name}}, true, {});
}

void SimCluster::run_upload(SimMaster& master, const std::string& uuid, int which) {
  request(master, sim_upload_job(new_job_id(), uuid, which), false, {});
}

void SimCluster::heal() {
  zookeeper.thaw();
  if (!zookeeper.serving()) zookeeper.start();
  for (auto& master : masters) {
    master->link().partition(false);
    master->link().faults = {};
    master->storage() = {};
    master->resume();
    if (!master->up()) master->start();
    master->executor().set_wall_skew_ms(0);
  }
  links.heal();
  for (auto& worker : workers) {
    worker->fill_disk(false);
    worker->resume();
    if (!worker->up()) worker->start();
  }
}

bool SimCluster::all_workers_registered() {
  const SimMaster* const master = leader();
  if (master == nullptr) return false;
  const auto table = master->view()->workers;
  for (const auto& worker : workers) {
    if (worker->exited()) continue;  // it was asked to end after everything worked again
    const auto entry = table ? table->find(worker->name()) : nullptr;
    if (!worker->registered() || worker->epoch() != master->view()->epoch || !entry || entry->away) return false;
  }
  return true;
}

/// A register that was emptied while nobody led is for a person to mend: then all say so.
bool SimCluster::everybody_says_why() const {
  for (const auto& master : masters) {
    const auto view = master->view();
    if (!view) continue;  // it was asked to end after everything worked again
    const std::string& why = view->eligible_reason;
    const bool says = why.find("nobody leads") != std::string::npos || why.find("belongs to") != std::string::npos;
    if (view->eligible || !says) return false;
  }
  return true;
}

/// Who was told to end while it stood still ends only when everything works again.
void SimCluster::start_again() {
  for (auto& master : masters)
    if (!master->up()) master->start();
  for (auto& worker : workers)
    if (!worker->up()) worker->start();
}

void SimCluster::demand_progress() {
  const auto one_leads = [this] { return leader() != nullptr; };
  const auto for_a_person = [this] { return ledger.edited_by_hand() && everybody_says_why(); };
  if (!run_until(one_leads, 120s)) {
    if (for_a_person()) return;
    ledger.fail("progress: nobody leads 120 s after everything works again");
    return;
  }
  bool accepted = false;
  for (int tries = 0; tries < 40 && !accepted; ++tries) {
    if (SimMaster* master = leader())
      submit(*master, new_job_id(), false,
             [&accepted](const Reply& reply) { accepted = reply.kind == Reply::Kind::accepted; });
    run_until([&accepted] { return accepted; }, 6s);
    start_again();
  }
  if (for_a_person()) return;
  if (!accepted) ledger.fail("progress: no job was accepted after everything worked again");
  const auto all_equal = [this] {
    start_again();
    for (const auto& master : masters) {
      const auto view = master->view();
      if (!view || !view->state || !view->eligible || view->applied.seq != ledger.commits()) return false;
    }
    return leader() != nullptr;
  };
  if (!run_until(all_equal, 400s)) {
    std::string who;
    for (const auto& master : masters) {
      const auto view = master->view();
      who +=
          " " + master->name() + "=" +
          (view ? std::string(to_string(view->role)) + " at " + to_string(view->applied) + " " + view->eligible_reason
                : "down");
    }
    ledger.fail("progress: not all masters follow 400 s after everything works again:" + who);
    return;
  }
  if (!run_until([this] { return all_workers_registered(); }, 60s))
    ledger.fail("progress: not all workers are registered 60 s after all masters follow");
  demand_jobs_end();
  if (!run_until(all_equal, 400s)) return ledger.fail("progress: not all masters follow in the end");
  for (const auto& master : masters)
    if (!ledger.equals_truth(*master->view()->state))
      ledger.fail("P3: " + master->name() + " has another state in the end");
  demand_sound_files();
}

/// What is recorded as open, and what runs: for people.
std::string SimCluster::open_attempts() const {
  std::string out;
  for (const auto& [path, attempt] : ledger.truth().attempts().sorted())
    if (attempt->open())
      out += " " + path + "/" + std::to_string(attempt->number) + " recorded at " + attempt->worker + " " +
             std::to_string(attempt->incarnation) + ",";
  for (const auto& worker : workers)
    for (const auto& attempt : worker->running()) out += " " + attempt.text() + " runs at " + worker->name() + ",";
  return out;
}

/// Every job that is cancelled ends, nothing of it runs on, and a new one runs to its end.
void SimCluster::demand_jobs_end() {
  // Else what they asked for would be done after everything was cancelled.
  if (!run_until([this] { return caller_.use_count() == 1; }, kCallersLimit))
    return ledger.fail("progress: callers wait for longer than they said");
  const auto ask_all = [this] {
    ledger.truth().jobs().for_each([this](const std::string& id, const jobs::JobEntry& job) {
      if (!job.archived && leader() != nullptr) cancel(*leader(), id);
    });
  };
  const auto none_live = [this] { return ledger.truth().counts().running == 0; };
  for (int tries = 0; tries < 20 && !none_live(); ++tries) {
    ask_all();
    run_until(none_live, 10s);
  }
  if (!none_live()) return ledger.fail("progress: jobs that were cancelled do not end:" + open_attempts());
  ledger.check_wishes_answered();
  const auto nothing_runs = [this] {
    return std::all_of(workers.begin(), workers.end(), [](const auto& worker) { return worker->running().empty(); });
  };
  if (!run_until(nothing_runs, 60s)) return ledger.fail("P5: tasks of ended jobs run on:" + open_attempts());
  std::string id = new_job_id();
  id.back() = '3';
  const auto finished = [&] {
    const auto end = ledger.truth().ended().find(id);
    return end && end->status == model::JobStatus::finished;
  };
  for (int tries = 0; tries < 10 && !finished(); ++tries) {
    if (leader() != nullptr) submit(*leader(), id, true);
    run_until(finished, 10s);
  }
  if (!finished()) ledger.fail("progress: a job does not finish after everything works again");
}

void SimCluster::demand_sound_files() {
  if (!run_until([this] { return ledger.strays().empty(); }, 60s))
    ledger.fail("P4: nobody removes " + ledger.strays().front());
  ledger.check_uploads_kept();
  const auto head = zookeeper.tree().find(coordination::ZookeeperPaths("/stellwerk/default").head);
  if (head == zookeeper.tree().end()) return ledger.fail("fsck: there is no head in the end");
  if (const std::string fault = check_files(disk, head->second.data); !fault.empty()) ledger.fail("fsck: " + fault);
}

}  // namespace stellwerk::test
