#include "drill/round.h"

#include <algorithm>
#include <csignal>

#include "base/json.h"
#include "http/error_text.h"

namespace stellwerk::drill {
namespace {

using cli::Milliseconds;
using history::Micros;

constexpr Milliseconds kProbeMax = std::chrono::milliseconds(500);
constexpr Milliseconds kTransferMax = std::chrono::seconds(10);
/// A master that stands still wakes this long after another one leads: meanwhile requests wait for it.
constexpr Milliseconds kAsleepBeside = std::chrono::milliseconds(300);
/// How long a server stands still.
constexpr std::uint64_t kStandstillMsLeast = 200;
constexpr std::uint64_t kStandstillMsMost = 4'000;
/// The record of a takeover is written once more with its first write, about a second later.
constexpr Milliseconds kRecordMax = std::chrono::seconds(3);
constexpr std::uint64_t kStreamVictim = 1'000'001;
constexpr std::uint64_t kStreamTime = 1'000'002;

class Round {
 public:
  Round(World& world, Fault fault, std::size_t number, std::uint64_t seed)
      : world_(world), info_(info_of(fault)), number_(number), seed_(seed) {
    result_.number = number;
    result_.fault = fault;
  }

  RoundResult run() {
    auto before = settle(world_, world_.site.patience());
    if (!before) return troubled("before the fault, " + before.error().text);
    leader_ = next_ = std::move(before->master);
    workers_ = std::move(before->workers);
    epoch_ = result_.epoch = before->epoch;
    stamp();
    if (const auto hit = hit_it(); hit.has_error()) troubled(hit.error().text);
    if (result_.trouble.empty()) watch();
    mend();
    if (const auto after = settle(world_, world_.site.patience()); after.has_error())
      troubled("after the fault, " + after.error().text);
    else
      finish(*after);
    return result_;
  }

 private:
  RoundResult troubled(const std::string& why) {
    if (result_.trouble.empty()) result_.trouble = why;
    return result_;
  }

  template <class Look>
  bool await(const std::string& what, Milliseconds every, Look look) {
    const Milliseconds within = info_.ends ? world_.site.patience() : kComeBackMax;
    const Milliseconds end = world_.host.now() + within;
    for (;;) {
      if (world_.host.interrupted()) {
        troubled("Ctrl-C");
        return false;
      }
      if (look()) return true;
      if (world_.host.now() >= end) {
        troubled("not seen within " + std::to_string(within.count() / 1000) + " s: " + what);
        return false;
      }
      world_.host.pause(every);
    }
  }

  double ms_since_hit(Micros at) const { return static_cast<double>(at - hit_) / 1000.0; }

  // ---- the hit

  /// The moment from which all times of the round count.
  void stamp() {
    hit_wall_ = world_.host.wall_ms();
    hit_ = world_.load.now();
  }

  Result<void> strike(std::int64_t pid, int number) {
    stamp();
    doomed_.push_back(pid);
    return world_.site.signal(pid, number);
  }

  Result<void> hit_it() {
    result_.victim = leader_.name;
    switch (info_.fault) {
      case Fault::kill_leader: return strike(leader_.pid, SIGKILL);
      case Fault::sigterm_leader: return strike(leader_.pid, SIGTERM);
      case Fault::freeze_leader: return freeze(leader_.pid);
      case Fault::transfer: return transfer();
      case Fault::kill_worker: return kill_worker();
      case Fault::kill_guard: return kill_guards(leader_.pid);
      case Fault::kill_both: return kill_with_guards({leader_.pid});
      case Fault::kill_all: return kill_all();
      case Fault::restart_zookeeper: return with_server([&](const Daemon& server) { return restart(server); });
      case Fault::freeze_zookeeper: return with_server([&](const Daemon& server) { return standstill(server); });
    }
    return {};
  }

  /// Until thaw().
  Result<void> stop(std::int64_t pid) {
    stopped_.push_back(pid);
    return world_.site.signal(pid, SIGSTOP);
  }

  Result<void> freeze(std::int64_t pid) {
    stamp();
    return stop(pid);
  }

  Result<void> transfer() {
    Result<void> outcome;
    await("a master that takes over", kLookEvery, [&] {
      stamp();
      const auto answers =
          world_.host.ask({{leader_.rest, {.method = http::Method::post, .target = "/leader/transfer"}, kTransferMax}});
      // 409: whoever is next in line is not ready yet.
      if (answers.front() && answers.front()->status == 409) return false;
      if (answers.front() && answers.front()->status >= 400)
        outcome = make_error(Errc::refused, "the transfer was refused: " + http::error_text(*answers.front()));
      return true;
    });
    return outcome;
  }

  Result<void> kill_worker() {
    // Those that are the site's own: the leader may have others by now, of other hosts.
    std::vector<std::pair<std::string, WorkerSight>> ours;
    for (const Daemon& each : world_.site.look())
      for (const WorkerSight& worker : workers_)
        if (each.kind == Kind::worker && each.runs && each.pid == worker.pid) ours.emplace_back(each.name, worker);
    if (ours.empty()) return make_error(Errc::not_found, "there is no worker");
    const auto& [name, worker] = ours[draw(seed_, kStreamVictim, number_) % ours.size()];
    result_.workers_hit = {worker.id};
    result_.victim = name;
    worker_ = worker.pid;
    return strike(worker.pid, SIGKILL);
  }

  Result<void> kill_guards(std::int64_t of) {
    guards_ = world_.site.guards_of(of);
    if (guards_.empty()) return make_error(Errc::not_found, "the leader has no guard");
    for (const std::int64_t guard : guards_)
      if (auto killed = strike(guard, SIGKILL); !killed) return killed;
    return {};
  }

  /// Guards stand still first, so that none of them is faster than the signals to the masters.
  Result<void> kill_with_guards(const std::vector<std::int64_t>& masters) {
    std::vector<std::int64_t> guards;
    for (const std::int64_t master : masters)
      for (const std::int64_t guard : world_.site.guards_of(master)) guards.push_back(guard);
    for (const std::int64_t guard : guards) (void)stop(guard);
    stamp();
    Result<void> outcome;
    for (const std::int64_t master : masters) {
      doomed_.push_back(master);
      if (auto killed = world_.site.signal(master, SIGKILL); !killed) outcome = killed;
    }
    for (const std::int64_t guard : guards)
      if (world_.site.signal(guard, SIGKILL)) std::erase(stopped_, guard);
    return outcome;
  }

  Result<void> kill_all() {
    result_.victim = "all masters";
    std::vector<std::int64_t> masters;
    for (const Daemon& each : world_.site.look())
      if (each.kind == Kind::master && each.runs) masters.push_back(each.pid);
    if (auto killed = kill_with_guards(masters); !killed) return killed;
    return start_ended();
  }

  template <class Do>
  Result<void> with_server(Do act) {
    for (const Daemon& each : world_.site.look()) {
      if (each.kind != Kind::zookeeper) continue;
      result_.victim = each.name;
      return act(each);
    }
    return make_error(Errc::not_found, "there is no ZooKeeper server to hit");
  }

  Result<void> restart(const Daemon& server) {
    if (auto killed = strike(server.pid, SIGKILL); !killed) return killed;
    return start_ended();
  }

  Result<void> standstill(const Daemon& server) {
    if (auto stopped = freeze(server.pid); !stopped) return stopped;
    const std::uint64_t spread = kStandstillMsMost - kStandstillMsLeast;
    world_.host.pause(Milliseconds(kStandstillMsLeast + draw(seed_, kStreamTime, number_) % spread));
    thaw();
    return {};
  }

  // ---- what follows

  void watch() {
    if (info_.takeover && !await_leader()) return;
    if (info_.fault == Fault::kill_guard && !await_guard()) return;
    const bool wrote = await("a write that is acknowledged", kLookEvery, [&] {
      const auto at = world_.load.first_write_since(hit_);
      if (at) result_.times.client = ms_since_hit(*at);
      return at.has_value();
    });
    if (!wrote || workers_.empty()) return;
    if (info_.fault == Fault::kill_worker && start_ended().has_error()) return;
    await("a worker at the leader", kLookEvery, [&] {
      const auto there = look_at_workers(world_, next_);
      const bool back =
          there.size() >= (worker_ == 0 ? 1 : workers_.size()) &&
          std::none_of(there.begin(), there.end(), [&](const WorkerSight& worker) { return worker.pid == worker_; });
      if (back) result_.times.worker_back = ms_since_hit(world_.load.now());
      return back;
    });
  }

  bool await_leader() {
    return await("another leader", kLookEvery, [&] {
      std::vector<cli::Question> questions;
      std::vector<Daemon> masters;
      for (Daemon& each : world_.site.look()) {
        if (each.kind != Kind::master || !each.runs || each.pid == leader_.pid) continue;
        questions.push_back({each.rest, {.target = "/leader"}, kProbeMax});
        masters.push_back(std::move(each));
      }
      if (questions.empty()) return false;
      const auto answers = world_.host.ask(std::move(questions));
      const Micros now = world_.load.now();
      bool led = false;
      for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i] || answers[i]->status != 200) continue;
        led = true;
        next_ = masters[i];
      }
      if (led) result_.times.leads = ms_since_hit(now);
      return led;
    });
  }

  bool await_guard() {
    return await("another guard", kLookEvery, [&] {
      const auto now = world_.site.guards_of(leader_.pid);
      return std::any_of(now.begin(), now.end(), [&](std::int64_t guard) {
        return std::find(guards_.begin(), guards_.end(), guard) == guards_.end();
      });
    });
  }

  // ---- mending

  /// Everything that stands still goes on; of type local a guard may have killed it meanwhile.
  void thaw() {
    for (const std::int64_t pid : std::exchange(stopped_, {})) (void)world_.site.signal(pid, SIGCONT);
  }

  Result<void> start_ended() {
    const bool gone = await("the end of " + result_.victim, kLookEvery, [&] {
      const auto daemons = world_.site.look();
      return std::none_of(daemons.begin(), daemons.end(), [&](const Daemon& each) {
        return each.runs && std::find(doomed_.begin(), doomed_.end(), each.pid) != doomed_.end();
      });
    });
    if (!gone) return make_error(Errc::failed, result_.trouble);
    for (const Daemon& each : world_.site.look())
      if (!each.runs)
        if (auto started = world_.site.start(each.name); !started) return started;
    return {};
  }

  void mend() {
    if (!stopped_.empty()) {
      world_.host.pause(kAsleepBeside);
      thaw();
    }
    if (const auto started = start_ended(); started.has_error()) troubled(started.error().text);
  }

  /// Settled: what the new leader tells of its takeover.
  void finish(const LeaderSight& sight) {
    result_.epoch = sight.epoch;
    if (sight.epoch == epoch_) {
      if (info_.takeover) troubled("epoch " + std::to_string(epoch_) + " still leads");
      return;
    }
    const Milliseconds end = world_.host.now() + kRecordMax;
    while (!read_record(sight) && world_.host.now() < end) world_.host.pause(kProbeMax / 10);
  }

  bool read_record(const LeaderSight& sight) {
    const auto answers = world_.host.ask({{sight.master.rest, {.target = "/status"}, kProbeMax}});
    if (!answers.front() || answers.front()->status != 200) return false;
    const auto status = parse_json(answers.front()->body, "the status");
    if (!status) return false;
    JsonFields fields(*status, "the status");
    // The first one after the hit: another may have followed.
    const json::object* found = nullptr;
    for (const json::value& each : fields.array("takeovers")) {
      JsonFields line(each, "a takeover");
      if (line.integer_or("epoch", 0) > epoch_) found = &each.as_object();
    }
    return found != nullptr && take(*found);
  }

  bool take(const json::object& record) {
    JsonFields fields(record, "a takeover");
    const auto micros = [&](std::string_view name) -> std::optional<double> {
      const json::value* const value = fields.find(name);
      if (value == nullptr || !value->is_int64()) return std::nullopt;
      return static_cast<double>(value->as_int64()) / 1000.0;
    };
    const auto complete = micros("complete-us");
    if (!complete) return false;
    // It bears the wall time of its completion, in whole ms.
    const auto noticed = std::max(0.0, static_cast<double>(fields.integer_or("at", 0) - hit_wall_) - *complete);
    result_.times.noticed = noticed;
    const auto since = [&](std::string_view name) -> std::optional<double> {
      const auto took = micros(name);
      return took ? std::optional(noticed + *took) : std::nullopt;
    };
    result_.times.lock = since("lock-us");
    result_.times.claimed = since("claimed-us");
    result_.times.complete = since("complete-us");
    result_.times.first_write = since("first-write-us");
    return result_.times.first_write.has_value();
  }

  World& world_;
  const FaultInfo& info_;
  const std::size_t number_;
  const std::uint64_t seed_;
  RoundResult result_;
  Daemon leader_;
  Daemon next_;  ///< who leads after the hit
  std::vector<WorkerSight> workers_;
  std::vector<std::int64_t> guards_;
  std::vector<std::int64_t> doomed_;  ///< that were told to end
  std::int64_t epoch_ = 0;
  std::vector<std::int64_t> stopped_;  ///< that stand still
  std::int64_t worker_ = 0;            ///< that was killed
  WallMs hit_wall_ = 0;
  Micros hit_ = 0;
};

}  // namespace

RoundResult run_round(World& world, Fault fault, std::size_t number, std::uint64_t seed) {
  return Round(world, fault, number, seed).run();
}

}  // namespace stellwerk::drill
