#include <algorithm>

#include "cli/answers.h"
#include "drill/round.h"

namespace stellwerk::drill {
namespace {

constexpr cli::Milliseconds kSettleEvery = cli::Milliseconds(50);

std::size_t count(const std::vector<Daemon>& daemons, Kind kind) {
  return static_cast<std::size_t>(
      std::count_if(daemons.begin(), daemons.end(), [&](const Daemon& each) { return each.kind == kind; }));
}

std::string lacking(const std::vector<Daemon>& daemons, const std::optional<LeaderSight>& sight) {
  for (const Daemon& each : daemons)
    if (!each.runs) return each.name + " does not run";
  if (!sight) return "nobody leads";
  if (sight->eligible < count(daemons, Kind::master))
    return "only " + std::to_string(sight->eligible) + " of " + std::to_string(count(daemons, Kind::master)) +
           " masters could lead";
  std::size_t known = 0;
  for (const Daemon& each : daemons)
    known +=
        each.kind == Kind::worker && std::any_of(sight->workers.begin(), sight->workers.end(),
                                                 [&](const WorkerSight& worker) { return worker.pid == each.pid; });
  if (known < count(daemons, Kind::worker))
    return "the leader has only " + std::to_string(known) + " of " + std::to_string(count(daemons, Kind::worker)) +
           " workers";
  return "";
}

}  // namespace

std::vector<WorkerSight> look_at_workers(World& world, const Daemon& leader) {
  const auto answers = world.host.ask({{leader.rest, {.target = "/taskmanagers"}, kMasterAnswerMax}});
  std::vector<WorkerSight> out;
  if (!answers.front() || answers.front()->status != 200) return out;
  const auto read = cli::read_workers(answers.front()->body);
  if (!read) return out;
  for (const cli::WorkerLine& line : *read)
    if (!line.away) out.push_back({line.id, line.pid});
  return out;
}

std::optional<LeaderSight> look_at_leader(World& world) {
  std::vector<Daemon> masters;
  std::vector<cli::Question> questions;
  for (Daemon& each : world.site.look()) {
    if (each.kind != Kind::master || !each.runs) continue;
    questions.push_back({each.rest, {.target = "/status"}, kMasterAnswerMax});
    masters.push_back(std::move(each));
  }
  if (questions.empty()) return std::nullopt;
  const auto answers = world.host.ask(std::move(questions));
  std::optional<LeaderSight> out;
  std::size_t eligible = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i] || answers[i]->status != 200) continue;
    const auto status = cli::read_status(answers[i]->body);
    if (!status) continue;
    eligible += status->eligible || status->acting;
    if (status->role == "leader" && status->acting && (!out || status->epoch > out->epoch))
      out = LeaderSight{masters[i], status->epoch, {}, 0};
  }
  if (!out) return std::nullopt;
  out->eligible = eligible;
  out->workers = look_at_workers(world, out->master);
  return out;
}

Result<LeaderSight> settle(World& world, cli::Milliseconds within) {
  const cli::Milliseconds end = world.host.now() + within;
  for (;;) {
    if (world.host.interrupted()) return make_error(Errc::lost, "Ctrl-C");
    auto sight = look_at_leader(world);
    std::string lack = lacking(world.site.look(), sight);
    if (lack.empty()) {
      const std::string unready = world.site.unready();
      if (unready.empty()) return std::move(*sight);
      lack = unready + " does not serve";
    }
    if (world.host.now() >= end)
      return make_error(Errc::failed, "within " + std::to_string(within.count() / 1000) + " s: " + lack);
    world.host.pause(kSettleEvery);
  }
}

}  // namespace stellwerk::drill
