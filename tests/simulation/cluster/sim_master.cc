#include "simulation/cluster/sim_master.h"

#include "coordination/zookeeper_paths.h"

namespace stellwerk::test {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMasterLogLines = 400;
constexpr Duration kMasterGuardBeat = 100ms;
constexpr Duration kMasterGuardRestart = 100ms;

}  // namespace

/// What dies with kill -9.
struct SimMaster::Process {
  explicit Process(SimExecutor& loop) : executor(loop) {}

  SimExecutor& executor;
  std::unique_ptr<coordination::ZookeeperCoordination> coordination;
  std::unique_ptr<SimBlobClient> blobs;
  std::unique_ptr<master::Driver> driver;
};

SimMaster::SimMaster(SimTime& time, SimZookeeper& zookeeper, SimLinks& links, SimDisk& disk, std::mt19937_64& random,
                     Ledger& ledger, const SimClusterOptions& options, int index)
    : time_(time),
      zookeeper_(zookeeper),
      links_(links),
      disk_(disk),
      random_(random),
      ledger_(ledger),
      options_(options),
      name_("m" + std::to_string(index)) {}

SimMaster::~SimMaster() {
  kill_both();
}

void SimMaster::start_guard() {
  if (!options_.guards) return;
  guards_.push_back(std::make_unique<SimGuard>(time_, zookeeper_, random_, name_, [this](const std::string& line) {
    log_.push_back(std::to_string((time_.now().time_since_epoch() - 1000s) / 1ms) + " " + name_ + " guard: " + line);
  }));
  tell_guard(guard::Settings{guard::Settings::Lock::session, 2000ms});
  if (told_session_) tell_guard(*told_session_);
  if (told_place_) tell_guard(*told_place_);
}

void SimMaster::tell_guard(const guard::Message& message) {
  if (options_.guards && !guards_.empty()) guards_.back()->tell(message);
}

/// As long as the loop turns; a guard that has died is replaced.
void SimMaster::beat() {
  tell_guard(guard::Beat{});
  if (options_.guards && !guards_.back()->up())
    process_->executor.after(kMasterGuardRestart, [this] { start_guard(); });
  process_->executor.after(kMasterGuardBeat, [this] { beat(); });
}

void SimMaster::start() {
  exited_.reset();
  loops_.push_back(std::make_unique<SimExecutor>(time_));
  process_ = std::make_unique<Process>(*loops_.back());
  Process& p = *process_;
  told_session_.reset();
  told_place_.reset();
  start_guard();
  if (options_.guards) beat();
  master::Options options;
  options.self.id = make_uuid({random_(), random_()});
  options.self.rest = "http://" + name_ + ":8081";
  options.self.rpc = rpc();
  options.self.host = name_;
  options.self.pid = 1;
  options.self.since_ms = time_.wall_ms();
  options.new_cluster = make_uuid({random_(), random_()});
  options.cluster_id = "default";
  options.storage = "sim://disk";
  options.limits.compaction = options_.compaction;
  options.limits.uploads = options_.uploads;
  options.limits.forget_every = options_.forget_every;
  options.limits.forget_slack = options_.forget_slack;
  options.jobs = options_.jobs;
  options.safeguards = options_.safeguards;
  options.workers.heartbeat_interval = 1000ms;
  options.workers.heartbeat_timeout = 5000ms;
  options.workers.reconnect = 2000ms;
  options.workers.lease = options_.lease;
  options.scheduler.lease = options_.wait_lease ? options_.lease : 0ms;
  options.scheduler.lease_margin = options_.wait_lease ? 500ms : 0ms;
  p.coordination = std::make_unique<coordination::ZookeeperCoordination>(
      p.executor, zookeeper_.factory(p.executor, name_, options_.session_timeout),
      coordination::ZookeeperOptions{"/stellwerk/default", "sim:2181", options.self.id, options_.election},
      guard_hooks());
  p.blobs = std::make_unique<SimBlobClient>(time_, p.executor, disk_, random_, faults_);
  master::DriverHooks hooks;
  hooks.log = [this](master::NoteLevel, const std::string& line) {
    if (log_.size() >= kMasterLogLines) log_.erase(log_.begin(), log_.begin() + kMasterLogLines / 2);
    log_.push_back(std::to_string((time_.now().time_since_epoch() - 1000s) / 1ms) + " " + name_ + " " + line);
  };
  hooks.publish = [this](master::ViewPtr view) {
    view_ = std::move(view);
    ledger_.on_view(name_, *view_);
  };
  hooks.ask_peer = [this](std::string rest, std::function<void(Result<master::event::PeerState>)> done) {
    process_->executor.after(1ms, [this, rest, done] { done(peers(rest)); });
  };
  hooks.exit = [this](int code, const std::string&) {
    exited_ = code;
    process_->executor.post(
        [this] { process_->coordination->close([this] { time_.at(time_.now(), [this] { kill(); }); }); });
  };
  p.driver =
      std::make_unique<master::Driver>(p.executor, *p.coordination, *p.blobs, std::move(options), std::move(hooks));
  p.driver->start();
  links_.listen(rpc(), p.executor, [this](std::unique_ptr<link::Link> link) {
    if (!exited_) process_->driver->accept(std::move(link));
  });
}

coordination::ZookeeperHooks SimMaster::guard_hooks() {
  coordination::ZookeeperHooks hooks;
  hooks.session = [this](const leadership::ZkSession& session) {
    guard::Session told;
    told.servers = {"sim:2181"};
    told.id = session.id;
    told.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(session.timeout);
    told_session_ = told;
    tell_guard(told);
  };
  hooks.candidate = [this](const std::string& path) {
    told_place_ = guard::Place{path, coordination::ZookeeperPaths("/stellwerk/default").announcement};
    tell_guard(*told_place_);
  };
  return hooks;
}

void SimMaster::kill() {
  if (!process_) return;
  process_->executor.kill();
  links_.died(process_->executor);
  process_.reset();
  view_.reset();
  if (options_.guards) guards_.back()->master_died();
}

void SimMaster::kill_both() {
  kill_guard();
  kill();
}

void SimMaster::kill_guard() {
  if (options_.guards && !guards_.empty()) guards_.back()->kill();
}

bool SimMaster::paused() const {
  return process_ && process_->executor.paused();
}
void SimMaster::pause() {
  if (process_) process_->executor.pause();
}
void SimMaster::resume() {
  if (process_ && process_->executor.paused()) process_->executor.resume();
}
void SimMaster::stop() {
  if (process_ && !exited_)
    process_->executor.post([this] {
      if (!exited_) process_->driver->stop();
    });
}

master::Driver* SimMaster::driver() {
  return process_ && !exited_ ? process_->driver.get() : nullptr;
}
SimExecutor& SimMaster::executor() {
  return process_->executor;
}
master::ViewPtr SimMaster::view() const {
  return process_ ? view_ : nullptr;
}
bool SimMaster::leads() const {
  return process_ && view_ && view_->role == master::Role::leader;
}
bool SimMaster::acting() const {
  return process_ && !paused() && !exited_ && process_->driver->core().acting(time_.now());
}

}  // namespace stellwerk::test
