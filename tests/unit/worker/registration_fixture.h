/// A worker's way to its leader, with masters played by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/registration.h"

namespace stellwerk::worker {

inline const std::string kA = "host-a:6123";
inline const std::string kB = "host-b:6123";
inline const std::string kC = "host-c:6123";

class RegistrationTest : public testing::Test {
 protected:
  RegistrationTest() { begin({kA, kB}); }

  void begin(std::vector<std::string> masters, std::string cluster = "", std::int64_t epoch = 0,
             bool discovers = false) {
    RegistrationOptions options;
    options.self.worker = {"tm-1", 1, "p-1", "here", 7, 2, "0.1.0"};
    options.self.cluster = std::move(cluster);
    options.self.epoch = epoch;
    options.masters = std::move(masters);
    options.discovers = discovers;
    options.seed = 1;
    machine.emplace(std::move(options));
    links.clear();
    remembers = measures = looks = 0;
    step(event::Tick{});
  }

  void step(RegistrationEvent event) {
    sent.clear();
    closed.clear();
    notes.clear();
    dialled.clear();
    for (auto& each : machine->step(now, std::move(event))) std::visit([this](auto& e) { take(e); }, each);
  }
  void take(effect::Dial& e) {
    dialled.push_back(e.address);
    links[e.address] = e.link;
  }
  void take(effect::Send& e) { sent.emplace_back(e.link, e.message); }
  void take(effect::Close& e) { closed.push_back(e.link); }
  void take(effect::Remember& e) {
    remembered = e.place;
    ++remembers;
  }
  void take(effect::Discover&) { ++looks; }
  void take(effect::Measure&) { ++measures; }
  void take(effect::Registered& e) { registered = e; }
  void take(effect::Leased& e) { leased_until = e.until; }
  void take(effect::Note& e) { notes += e.text + "\n"; }
  void take(effect::Exit& e) { exit = e; }

  /// Time goes on, and the machine is woken whenever it asked for it.
  void wait(Duration d) {
    const Time end = now + d;
    while (machine->wake_at() <= end && !exit) {
      now = std::max(now, machine->wake_at());
      step(event::Tick{});
    }
    now = end;
  }
  /// In the last step.
  bool dials(const std::string& master) const {
    return std::find(dialled.begin(), dialled.end(), master) != dialled.end();
  }
  void say(const std::string& master, link::Message message) {
    step(event::Received{links.at(master), std::move(message)});
  }
  void connect(const std::string& master) { step(event::Dialled{links.at(master)}); }
  void lose(const std::string& master) { step(event::Closed{links.at(master), master + ": it is gone"}); }
  static link::Welcome welcome(std::int64_t epoch, std::vector<std::string> masters = {kA, kB}) {
    return {"cluster-1", epoch, 10'000, 50'000, 70'000, std::move(masters)};
  }
  void lead_by(const std::string& master, std::int64_t epoch) {
    connect(master);
    say(master, welcome(epoch));
  }
  /// And answers heartbeats.
  void prove(const std::string& master) { say(master, link::Echo{machine->epoch(), 0}); }

  Time now{std::chrono::seconds(1000)};
  std::optional<Registration> machine;
  std::map<std::string, LinkId> links;
  std::optional<effect::Registered> registered;
  std::optional<Time> leased_until;
  std::vector<std::string> dialled;
  std::vector<std::pair<LinkId, link::Message>> sent;
  std::vector<LinkId> closed;
  Place remembered;
  int remembers = 0;
  int measures = 0;
  int looks = 0;
  std::string notes;
  std::optional<effect::Exit> exit;
};

}  // namespace stellwerk::worker
