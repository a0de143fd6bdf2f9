#include "drill/course.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace stellwerk::drill {
namespace {

/// Beside those of choose_fault(), which are as small as laps.
constexpr std::uint64_t kStreams = 1'000'001;
constexpr std::uint64_t kOfTime = 99;

}  // namespace

Course::Course(World& around, Fault fault, std::size_t number, std::uint64_t seed)
    : world(around), info(info_of(fault)), takeover(info.takeover), seed_(seed) {
  result.number = number;
  result.fault = fault;
}

void Course::stamp() {
  hit_wall_ = world.host.wall_ms();
  hit_ = world.load.now();
}

std::uint64_t Course::choose(std::uint64_t of, std::uint64_t sides) const {
  return draw(seed_, kStreams + of, result.number) % sides;
}

cli::Milliseconds Course::choose_time(cli::Milliseconds least, cli::Milliseconds most) const {
  return least + cli::Milliseconds(choose(kOfTime, static_cast<std::uint64_t>((most - least).count()) + 1));
}

void Course::troubled(const std::string& why) {
  if (result.trouble.empty()) result.trouble = why;
}

bool Course::await(const std::string& what, cli::Milliseconds every, const std::function<bool()>& look) {
  return await(what, every, look, info.ends ? world.site.patience() : kComeBackMax);
}

bool Course::await(const std::string& what, cli::Milliseconds every, const std::function<bool()>& look,
                   cli::Milliseconds within) {
  const cli::Milliseconds end = world.host.now() + within;
  for (;;) {
    if (world.host.interrupted()) {
      troubled("Ctrl-C");
      return false;
    }
    if (look()) return true;
    if (world.host.now() >= end) {
      troubled("not seen within " + std::to_string(within.count() / 1000) + " s: " + what);
      return false;
    }
    world.host.pause(every);
  }
}

void Course::begin_silence() {
  result.silence = history::Silence{.from = world.load.now()};
}

void Course::end_silence() {
  if (result.silence) result.silence->to = world.load.now();
}

Result<void> Course::strike(std::int64_t pid, int number) {
  stamp();
  doomed.push_back(pid);
  return world.site.signal(pid, number);
}

Result<void> Course::stop(std::int64_t pid) {
  stopped.push_back(pid);
  return world.site.signal(pid, SIGSTOP);
}

void Course::thaw() {
  // Of type local a guard may have killed it meanwhile.
  for (const std::int64_t pid : std::exchange(stopped, {})) (void)world.site.signal(pid, SIGCONT);
}

std::vector<Daemon> Course::running(Kind kind) {
  std::vector<Daemon> out = world.site.look();
  std::erase_if(out, [&](const Daemon& each) { return each.kind != kind || !each.runs; });
  return out;
}

Result<void> Course::await_ends() {
  const bool gone = await("the end of " + result.victim, kLookEvery, [&] {
    const auto daemons = world.site.look();
    return std::none_of(daemons.begin(), daemons.end(), [&](const Daemon& each) {
      return each.runs && std::find(doomed.begin(), doomed.end(), each.pid) != doomed.end();
    });
  });
  return gone ? Result<void>() : make_error(Errc::failed, result.trouble);
}

Result<void> Course::start_ended() {
  if (auto ended = await_ends(); !ended) return ended;
  for (const Daemon& each : world.site.look())
    if (!each.runs)
      if (auto started = world.site.start(each.name); !started) return started;
  return {};
}

}  // namespace stellwerk::drill
