/// A cluster in memory for rounds of a drill: processes, what masters answer, and when clients write.
#pragma once

#include <algorithm>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "drill/round.h"
#include "unit/cli/fake_host.h"

namespace stellwerk::drill {

class TwinCluster : public Site, public Load {
 public:
  struct Member {
    Daemon daemon{};
    bool frozen = false;
    std::vector<std::int64_t> guards{};
    std::string id{};
  };

  TwinCluster(int masters, int workers) {
    host.network = [this](const cli::Question& question) { return answer(question); };
    for (int i = 1; i <= masters; ++i)
      members.push_back({.daemon = {.kind = Kind::master,
                                    .name = "master-" + std::to_string(i),
                                    .pid = next_pid_++,
                                    .runs = true,
                                    .rest = {.host = "localhost", .port = static_cast<std::uint16_t>(8080 + i)}},
                         .guards = {next_pid_++}});
    for (int i = 1; i <= workers; ++i)
      members.push_back(
          {.daemon = {.kind = Kind::worker, .name = "worker-" + std::to_string(i), .pid = next_pid_++, .runs = true},
           .id = "w" + std::to_string(i)});
    leader = "master-1";
  }

  Member& at(const std::string& name) {
    return *std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.daemon.name == name; });
  }
  World world() { return {host, *this, *this}; }
  RoundResult round(Fault fault) {
    World all = world();
    return run_round(all, fault, 1, 7);
  }

  // ---- Site

  std::vector<Daemon> look() override {
    turn();
    std::vector<Daemon> out;
    for (const Member& each : members) out.push_back(each.daemon);
    return out;
  }
  Result<void> signal(std::int64_t pid, int number) override {
    signals.push_back({pid, number});
    const bool master = std::any_of(members.begin(), members.end(), [&](const Member& each) {
      return each.daemon.kind == Kind::master && each.daemon.pid == pid;
    });
    if (refuses_signals && master && number == SIGKILL) return make_error(Errc::failed, "not permitted");
    for (Member& each : members) {
      if (std::erase(each.guards, pid) > 0 && number == SIGKILL) guard_lost_ = host.time;
      if (std::erase(each.guards, pid) == 0 && number == SIGSTOP && each.daemon.pid != pid) continue;
      if (each.daemon.pid != pid && each.daemon.pid + 1000 != pid) continue;
      if (number == SIGSTOP) each.frozen = true;
      if (number == SIGCONT) each.frozen = false;
      if (number == SIGKILL || number == SIGTERM) each.daemon.runs = false;
    }
    lose_leader_if_gone();
    return {};
  }
  std::vector<std::int64_t> guards_of(std::int64_t pid) override {
    for (Member& each : members) {
      if (each.daemon.pid != pid) continue;
      if (each.guards.empty() && each.daemon.kind == Kind::master && host.time >= guard_lost_ + takes)
        each.guards = {next_pid_++};
      return each.guards;
    }
    return {};
  }
  Result<void> start(const std::string& name) override {
    started.push_back(name);
    at(name).daemon.pid = next_pid_++;
    at(name).daemon.runs = true;
    return {};
  }

  std::string unready() override { return not_serving; }
  std::chrono::milliseconds patience() const override { return patient; }
  std::string lacks(Fault) const override { return ""; }
  Result<void> harm(const Harm& harm) override {
    if (const auto* const cut = std::get_if<Cut>(&harm))
      harms.push_back(cut->from + " to " + cut->to);
    else
      harms.push_back(std::holds_alternative<DiskFull>(harm)      ? "full"
                      : std::holds_alternative<StorageAway>(harm) ? "away"
                                                                  : "read-only");
    if (harms.back() == "read-only" && !can_be_read_only) return make_error(Errc::failed, "not permitted");
    cut_off_ = cut_off_ || harms.back().find("zookeeper") != std::string::npos;
    if (cut_off_ && !leader.empty()) lose_leader();
    return {};
  }
  Result<void> heal() override {
    if (!harms.empty() && harms.back() != "healed") harms.push_back("healed");
    cut_off_ = false;
    return {};
  }
  std::int64_t container_of(std::int64_t pid) override { return pid + 1000; }
  void beside(const Daemon& master, const Ask& ask) override {
    beside_ = master.name;
    ask(master.rest);
    beside_.clear();
  }

  // ---- Load

  history::Micros now() override { return host.time.count() * 1000; }
  std::optional<history::Micros> first_write_since(history::Micros since) override {
    turn();
    if (leader.empty()) return std::nullopt;
    return std::max(since, leads_since_.count() * 1000) + 1000;
  }

  cli::FakeHost host;
  std::vector<Member> members;
  std::string leader;
  std::int64_t epoch = 3;
  cli::Milliseconds takes{20};  ///< from the loss of a leader to the next one; of a guard to another
  bool nobody_takes_over = false;
  bool can_be_read_only = true;
  bool refuses_signals = false;  ///< to masters, but for SIGSTOP and SIGCONT
  std::chrono::milliseconds patient = kComeBackMax;
  int not_ready = 0;  ///< so many transfers are refused
  std::vector<std::pair<std::int64_t, int>> signals;
  std::vector<std::string> started;
  std::vector<std::string> harms;
  std::string not_serving;

 private:
  void lose_leader() {
    lost_at_ = host.time;
    before_ = leader;
    leader.clear();
  }
  void lose_leader_if_gone() {
    if (!leader.empty() && (!at(leader).daemon.runs || at(leader).frozen)) lose_leader();
  }
  void turn() {
    if (!leader.empty() || nobody_takes_over || host.time < lost_at_ + takes) return;
    for (Member& each : members) {
      if (each.daemon.kind != Kind::master || !each.daemon.runs || each.frozen || each.daemon.name == before_) continue;
      leader = each.daemon.name;
      leads_since_ = host.time;
      ++epoch;
      return;
    }
    before_.clear();
  }

  cli::Answer answer(const cli::Question& question) {
    turn();
    for (Member& each : members)
      if (each.daemon.kind == Kind::master && each.daemon.rest == question.to) {
        if (!each.daemon.runs) return cli::refused_connection();
        if (each.frozen) return cli::lost_connection();
        return answer_of(each, question.request.target);
      }
    return cli::refused_connection();
  }
  cli::Answer answer_of(const Member& member, const std::string& target) {
    const bool leads = member.daemon.name == leader;
    if (target == "/leader") return cli::reply(leads ? 200 : 503, "{}");
    if (target == "/taskmanagers") return cli::reply(200, workers());
    if (target == "/leader/transfer") {
      if (beside_ != leader) return cli::refusal(403, "from this host only");
      if (not_ready-- > 0) return cli::refusal(409, "nobody is in line");
      lose_leader();
      return cli::reply(202, "{}");
    }
    return cli::reply(200, status_of(member, leads));
  }
  std::string status_of(const Member& member, bool leads) const {
    std::string out;
    JsonWriter json(out);
    json.begin_object().member("role", leads ? "leader" : "follower").member("id", member.daemon.name);
    json.member("rest", member.daemon.rest.url()).member("acting", leads).member("eligible", true);
    json.member("epoch", epoch).member("pid", member.daemon.pid).key("takeovers").begin_array();
    json.begin_object().member("epoch", epoch).member("at", cli::kNow + (leads_since_ - lost_at_).count());
    json.member("lock-us", 1000).member("claimed-us", 2000).member("complete-us", 3000).member("first-write-us", 4000);
    json.end_object().end_array().end_object();
    return out;
  }
  std::string workers() const {
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("taskmanagers").begin_array();
    for (const Member& each : members)
      if (each.daemon.kind == Kind::worker && each.daemon.runs)
        json.begin_object()
            .member("id", each.id)
            .member("pid", each.daemon.pid)
            .member("slotsNumber", 1)
            .member("freeSlots", 1)
            .member("timeSinceLastHeartbeat", 1)
            .end_object();
    json.end_array().end_object();
    return out;
  }

  std::int64_t next_pid_ = 100;
  std::string before_, beside_;
  bool cut_off_ = false;
  cli::Milliseconds lost_at_{}, leads_since_{}, guard_lost_{};
};

}  // namespace stellwerk::drill
