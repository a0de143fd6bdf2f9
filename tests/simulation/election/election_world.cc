#include "simulation/election/election_world.h"

#include <cstdio>

namespace stellwerk::test {

using coordination::ZookeeperCoordination;
using coordination::ZookeeperHooks;
using coordination::ZookeeperOptions;

namespace {

constexpr Duration kBeat = std::chrono::milliseconds(100);

const char* text_of(WriteOutcome outcome) {
  switch (outcome) {
    case WriteOutcome::ok: return "ok";
    case WriteOutcome::mismatch: return "mismatch";
    case WriteOutcome::not_sent: return "not sent";
    case WriteOutcome::unknown: return "unknown";
    case WriteOutcome::lost: return "lost";
  }
  return "?";
}

std::string text_of(const HeadReading& reading) {
  const std::string version =
      std::to_string(reading.version.generation & 0xffffffff) + "." + std::to_string(reading.version.version);
  return reading.bytes ? "\"" + *reading.bytes + "\" version " + version : "none, version " + version;
}

}  // namespace

ElectionMaster::ElectionMaster(ElectionWorld& w, std::string n, const std::string& guid,
                               leadership::Safeguards safeguards)
    : world(w), name(std::move(n)), executor(w.time) {
  ZookeeperOptions options;
  options.ns = kElectionNamespace;
  options.servers = "sim1:2181, sim2:2181, sim3:2181";
  options.guid = guid;
  options.safeguards = safeguards;
  ZookeeperHooks hooks;
  hooks.log = [this](const std::string& line) { say(line); };
  hooks.candidate = [this](const std::string& path) { candidate = path; };
  coordination = std::make_unique<ZookeeperCoordination>(
      executor, w.zookeeper.factory(executor, name, kElectionTimeout), options, hooks);
}

ElectionMaster::~ElectionMaster() {
  coordination.reset();
}

void ElectionMaster::say(const std::string& text) {
  world.say(name, text);
}

void ElectionMaster::start() {
  coordination->start(*this);
  beat();
}

void ElectionMaster::beat() {
  deadline.beat(executor.now());
  executor.after(kBeat, [this] { beat(); });
}

void ElectionMaster::join() {
  in_queue = true;
  Candidate candidate_data;
  candidate_data.id = "master-" + name;
  candidate_data.rest = "http://" + name + ":8081";
  candidate_data.host = name;
  coordination->join(candidate_data);
}

void ElectionMaster::leave() {
  in_queue = false;
  may_claim = false;
  coordination->leave([this] { say("has left"); });
}

void ElectionMaster::close() {
  in_queue = false;
  may_claim = false;
  coordination->close([this] {
    closed = true;
    say("closed");
  });
}

void ElectionMaster::kill() {
  executor.kill();
  in_queue = false;
  may_claim = false;
  say("is killed");
}

bool ElectionMaster::write(const std::string& bytes) {
  if (writing_ || !head) return false;
  writing_ = true;
  const HeadReading before = *head;
  coordination->write_head(bytes, before.version, [this, before, bytes](const WriteResult& result) {
    writing_ = false;
    wrote = result;
    say("wrote \"" + bytes + "\": " + text_of(result.outcome) +
        (result.reason.empty() ? "" : " (" + result.reason + ")"));
  });
  return true;
}

void ElectionMaster::read() {
  coordination->read_head([this](const Result<HeadReading>& reading) {
    if (reading) head = *reading;
    say("read the head: " + (reading ? text_of(*reading) : reading.error().text));
  });
}

bool ElectionMaster::acting() const {
  return may_claim && !executor.paused() && !executor.killed() && deadline.acting(world.time.now());
}

void ElectionMaster::on_status(const CoordinationStatus& now) {
  status = now;
  say("is " + now.state);
}

void ElectionMaster::on_contact(Time sent, Duration valid_for) {
  ++contacts;
  deadline.contact(sent, valid_for);
}

void ElectionMaster::on_may_claim(Time) {
  may_claim = true;
  say("may claim");
}

void ElectionMaster::on_lock_lost(bool session_lost, const std::string& why) {
  may_claim = false;
  in_queue = false;
  deadline.reset(executor.now());
  say(std::string("lock lost") + (session_lost ? ", session lost: " : ": ") + why);
  if (join_again > Duration::zero()) executor.after(join_again, [this] { join(); });
}

void ElectionMaster::on_head(const HeadReading& reading) {
  head = reading;
  say("head is " + text_of(reading));
}

void ElectionMaster::on_members(const std::vector<Candidate>& now) {
  members = now;
  std::string text = "members:";
  for (const Candidate& each : members) text += " " + each.id + (each.rest.empty() ? " " + each.host : "");
  say(text);
}

void ElectionMaster::on_refused(const Error& error) {
  say("refused: " + error.text);
}

ElectionWorld::ElectionWorld(std::uint64_t seed, SimZkOptions options, leadership::Safeguards safeguards)
    : random(seed), zookeeper(time, random, options), safeguards_(safeguards), began_(time.now()) {}

ElectionMaster& ElectionWorld::master(const std::string& name) {
  auto& master = masters_[name];
  if (!master) master = make(name);
  return *master;
}

std::unique_ptr<ElectionMaster> ElectionWorld::make(const std::string& name) {
  const int incarnation = ++incarnations_[name];
  const std::string guid = "master-" + name + (incarnation == 1 ? "" : std::to_string(incarnation));
  return std::make_unique<ElectionMaster>(*this, name, guid, safeguards_);
}

ElectionMaster& ElectionWorld::restart(const std::string& name) {
  masters_[name].reset();
  return master(name);
}

void ElectionWorld::say(const std::string& who, const std::string& text) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.now() - began_).count();
  char stamp[32];
  std::snprintf(stamp, sizeof stamp, "[%6lld] ", static_cast<long long>(ms));
  trace.push_back(stamp + who + " " + text);
}

std::vector<std::string> ElectionWorld::latch() const {
  return zookeeper.children(std::string(kElectionNamespace) + "/leader/latch");
}

}  // namespace stellwerk::test
