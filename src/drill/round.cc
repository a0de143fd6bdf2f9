#include "drill/round.h"

#include <algorithm>

#include "base/json.h"
#include "drill/course.h"
#include "drill/hits.h"

namespace stellwerk::drill {
namespace {

using cli::Milliseconds;
using history::Micros;

constexpr Milliseconds kProbeMax = std::chrono::milliseconds(500);
/// A master that stands still, or is cut off, comes back this long after another one leads: meanwhile requests wait for
/// it.
constexpr Milliseconds kAsleepBeside = std::chrono::milliseconds(300);
/// The record of a takeover is written once more with its first write, about a second later.
constexpr Milliseconds kRecordMax = std::chrono::seconds(3);

/// A master starts its guard again after a pause that doubles to a minute where the guard dies again and again.
constexpr Milliseconds kGuardMax = std::chrono::seconds(90);

class Round {
 public:
  Round(World& world, Fault fault, std::size_t number, std::uint64_t seed)
      : world_(world), course_(world, fault, number, seed) {}

  RoundResult run() {
    auto before = settle(world_, world_.site.patience());
    if (!before) {
      course_.troubled("before the fault, " + before.error().text);
      return course_.result;
    }
    course_.leader = course_.next = std::move(before->master);
    course_.workers = std::move(before->workers);
    epoch_ = course_.result.epoch = before->epoch;
    course_.stamp();
    if (const auto done = hit(course_); done.has_error()) course_.troubled(done.error().text);
    if (course_.result.trouble.empty()) watch();
    mend();
    if (const auto after = settle(world_, world_.site.patience()); after.has_error())
      course_.troubled("after the fault, " + after.error().text);
    else
      finish(*after);
    return course_.result;
  }

 private:
  Times& times() { return course_.result.times; }

  // ---- what follows

  void watch() {
    if (course_.takeover && !await_leader()) return;
    if (!course_.guards.empty() && !await_guard()) return;
    const bool wrote = course_.await("a write that is acknowledged", kLookEvery, [&] {
      const auto at = world_.load.first_write_since(course_.hit());
      if (at) times().client = course_.ms_since_hit(*at);
      return at.has_value();
    });
    if (!wrote || course_.workers.empty()) return;
    if (course_.worker != 0 && course_.start_ended().has_error()) return;
    course_.await("a worker at the leader", kLookEvery, [&] {
      const auto there = look_at_workers(world_, course_.next);
      const bool all = !course_.result.workers_hit.empty();
      const bool back = there.size() >= (all ? course_.workers.size() : 1) &&
                        std::none_of(there.begin(), there.end(),
                                     [&](const WorkerSight& worker) { return worker.pid == course_.worker; });
      if (back) times().worker_back = course_.ms_since_hit(world_.load.now());
      return back;
    });
  }

  bool await_leader() {
    return course_.await("another leader", kLookEvery, [&] {
      std::vector<cli::Question> questions;
      std::vector<Daemon> masters;
      for (Daemon& each : world_.site.look()) {
        if (each.kind != Kind::master || !each.runs || each.pid == course_.leader.pid) continue;
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
        course_.next = masters[i];
      }
      if (led) times().leads = course_.ms_since_hit(now);
      return led;
    });
  }

  bool await_guard() {
    const auto another = [&] {
      const auto now = world_.site.guards_of(course_.leader.pid);
      return std::any_of(now.begin(), now.end(), [&](std::int64_t guard) {
        return std::find(course_.guards.begin(), course_.guards.end(), guard) == course_.guards.end();
      });
    };
    return course_.await("another guard", kLookEvery, another, kGuardMax);
  }

  // ---- mending

  void mend() {
    if (!course_.stopped.empty() || course_.info.fault == Fault::partition) world_.host.pause(kAsleepBeside);
    course_.thaw();
    if (const auto healed = world_.site.heal(); healed.has_error()) course_.troubled(healed.error().text);
    if (const auto started = course_.start_ended(); started.has_error()) course_.troubled(started.error().text);
  }

  /// Settled: what the new leader tells of its takeover.
  void finish(const LeaderSight& sight) {
    course_.result.epoch = sight.epoch;
    if (sight.epoch == epoch_) {
      if (course_.takeover) course_.troubled("epoch " + std::to_string(epoch_) + " still leads");
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
    const auto noticed =
        std::max(0.0, static_cast<double>(fields.integer_or("at", 0) - course_.hit_wall()) - *complete);
    times().noticed = noticed;
    const auto since = [&](std::string_view name) -> std::optional<double> {
      const auto took = micros(name);
      return took ? std::optional(noticed + *took) : std::nullopt;
    };
    times().lock = since("lock-us");
    times().claimed = since("claimed-us");
    times().complete = since("complete-us");
    times().first_write = since("first-write-us");
    return times().first_write.has_value();
  }

  World& world_;
  Course course_;
  std::int64_t epoch_ = 0;
};

}  // namespace

RoundResult run_round(World& world, Fault fault, std::size_t number, std::uint64_t seed) {
  return Round(world, fault, number, seed).run();
}

}  // namespace stellwerk::drill
