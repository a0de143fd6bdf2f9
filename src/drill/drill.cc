#include "drill/drill.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>

#include "base/text.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "drill/ending.h"
#include "drill/folder.h"
#include "drill/own_site.h"
#include "drill/report.h"
#include "drill/target_site.h"
#include "drill/watched.h"

namespace stellwerk::drill {
namespace {

using history::Action;

constexpr int kSlotsSpare = 4;
constexpr std::string_view kMixed = "mixed";
/// Of ZooKeeper, where a quorum can be lost.
constexpr int kServers = 3;

class Drill {
 public:
  Drill(const cli::DrillArguments& arguments, cli::Host& host, Folder folder)
      : arguments_(arguments), host_(host), folder_(std::move(folder)) {
    story_.fault = arguments.fault;
    story_.seed = arguments.seed ? *arguments.seed : host.random_bits()[0] >> 32;
    if (arguments.keep) folder_.keep();
  }

  int run() {
    host_.catch_interrupts();
    if (auto found = find_cluster(); !found) return give_up(found.error());
    if (auto chosen = choose(); !chosen) return give_up(chosen.error());
    if (auto started = start(); !started) return give_up(started.error());
    rounds();
    if (host_.interrupted()) return give_up(make_error(Errc::lost, ""));
    finish();
    if (host_.interrupted()) return give_up(make_error(Errc::lost, ""));
    return tell();
  }

 private:
  int give_up(const Error& why) {
    if (clients_) clients_->stop();
    if (clients_ && !target().empty()) Ending(host_, *clients_, masters_).cancel_jobs(true);
    if (host_.interrupted()) {
      if (folder_.kept()) save_storage();
      if (!arguments_.json && !story_.rounds.empty()) host_.out() << render_summary(story_.rounds);
      host_.err() << "Interrupted; the history was not checked. Seed " << story_.seed << ".\n";
      return cli::kExitInterrupted;
    }
    if (why.code == Errc::failed) {
      folder_.keep();
      save_storage();
      return cli::fail(host_, cli::kExitDrillFailed, why.text + "; logs are in " + folder_.path());
    }
    return cli::fail(host_, cli::kExitUsage, why.text);
  }

  const std::string& target() const { return arguments_.target; }

  /// Rounds are told as they pass, also beside JSON.
  std::ostream& progress() { return arguments_.json ? host_.err() : host_.out(); }

  void say(const std::string& text) { host_.err() << text << '\n' << std::flush; }

  // ---- the cluster

  Result<void> find_cluster() { return target().empty() ? make_own() : find_target(); }

  Result<void> make_own() {
    OwnSite::Setup setup;
    setup.program = host_.program_directory() + "/stellwerk";
    setup.folder = folder_.path();
    setup.masters = arguments_.masters;
    setup.workers = arguments_.workers;
    const int tasks = arguments_.jobs + 1 + static_cast<int>(kLiveJobsMax) * arguments_.clients;
    // So that one worker can take what the others ran.
    setup.slots = tasks + kSlotsSpare;
    if (!arguments_.no_zookeeper) {
      auto found = find_zookeeper(host_.environment("ZOOKEEPER_HOME"), host_.environment("JAVA_HOME"),
                                  host_.environment("PATH"));
      if (found)
        setup.zookeeper = std::move(*found);
      else
        say("Coordination is local, because " + found.error().text + ".");
    }
    story_.coordination = setup.zookeeper ? "zookeeper" : "local";
    if (wants(Fault::lose_quorum)) setup.servers = kServers;
    Grounds grounds = Grounds::prepare(folder_.path(), {.containers = wants(Fault::kill_container),
                                                        .disk = wants(Fault::full_disk) || wants(Fault::lose_storage),
                                                        .network = wants(Fault::partition)});
    auto site = std::make_unique<OwnSite>(std::move(setup), std::move(grounds));
    own_ = site.get();
    site_ = std::move(site);
    return {};
  }

  Result<void> find_target() {
    std::vector<http::Endpoint> masters;
    std::string_view rest = target();
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      auto at = http::parse_endpoint(rest.substr(0, comma), "--target");
      if (!at) return at.error();
      masters.push_back(std::move(*at));
      rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    }
    if (masters.empty()) return make_error(Errc::invalid, "--target names no master");
    auto found = TargetSite::find(host_, masters);
    if (!found) return make_error(Errc::invalid, found.error().text);
    site_ = std::move(*found);
    return {};
  }

  bool wants(Fault fault) const { return arguments_.fault == kMixed || arguments_.fault == info_of(fault).name; }

  /// Why it is not possible here; empty: it is.
  std::string lacks(const FaultInfo& info) {
    const bool own = own_ != nullptr;
    const std::size_t masters = own ? static_cast<std::size_t>(arguments_.masters) : count(Kind::master);
    if (info.worker && (own ? arguments_.workers == 0 : count(Kind::worker) == 0)) return "there is no worker";
    if ((info.takeover || info.fault == Fault::partition) && masters < 2) return "there is only one master";
    return site_->lacks(info.fault);
  }

  /// The faults that are possible here; a single one must be.
  Result<void> choose() {
    std::map<std::string, std::string> left_out;
    for (const FaultInfo& info : all_faults()) {
      if (!wants(info.fault)) continue;
      const std::string lack = lacks(info);
      if (lack.empty())
        possible_.push_back(info.fault);
      else if (arguments_.fault == info.name)
        return make_error(Errc::invalid, std::string(info.name) + " is not possible here: " + lack);
      else
        left_out[lack] += (left_out[lack].empty() ? "" : ", ") + std::string(info.name);
    }
    for (const auto& [why, faults] : left_out) say("Left out: " + faults + ", because " + why + ".");
    if (possible_.empty()) return make_error(Errc::invalid, "no fault is possible here");
    return {};
  }

  Result<void> start() {
    if (own_ != nullptr) {
      say("Starting " + std::string(story_.coordination == "zookeeper" ? "ZooKeeper, " : "") +
          std::to_string(arguments_.masters) + " masters and " + std::to_string(arguments_.workers) + " workers in " +
          folder_.path() + "; seed " + std::to_string(story_.seed) + ".");
      if (auto started = own_->start_all(); !started) return started;
    } else {
      say("Drilling a running cluster; seed " + std::to_string(story_.seed) + ".");
    }
    for (const Daemon& each : site_->look())
      if (each.kind == Kind::master) masters_.push_back(each.rest);
    clients_ = std::make_unique<Clients>(
        Clients::Setup{.masters = masters_, .clients = arguments_.clients, .seed = story_.seed});
    World world = this->world();
    if (auto settled = settle(world); !settled) return failed("the cluster did not come up: ", settled.error());
    const bool workers = count(Kind::worker) > 0;
    watched_ = std::make_unique<Watched>(host_, *clients_, workers ? folder_.path() : "");
    if (auto taken = watched_->submit(workers ? arguments_.jobs : 0); !taken) return taken;
    if (auto looked = look(0, {}); !looked) return looked;
    clients_->start();
    return {};
  }

  std::size_t count(Kind kind) {
    const auto daemons = site_->look();
    return static_cast<std::size_t>(
        std::count_if(daemons.begin(), daemons.end(), [&](const Daemon& each) { return each.kind == kind; }));
  }

  static Error failed(const std::string& what, const Error& why) { return make_error(why.code, what + why.text); }

  World world() { return {host_, *site_, *clients_}; }

  // ---- the rounds

  void rounds() {
    progress() << render_header() << std::flush;
    for (int i = 1; i <= arguments_.rounds && !host_.interrupted(); ++i) {
      if (clients_->full()) {
        story_.cut_short = true;
        return;
      }
      const auto number = static_cast<std::size_t>(i);
      const Fault fault = choose_fault(story_.seed, number, possible_);
      if (arguments_.json)
        say("Round " + std::to_string(i) + " of " + std::to_string(arguments_.rounds) + ": " +
            std::string(info_of(fault).name));
      World world = this->world();
      RoundResult round = run_round(world, fault, number, story_.seed);
      if (round.silence) history_.silences.push_back(*round.silence);
      if (auto looked = look(number, round.workers_hit); !looked && round.trouble.empty())
        round.trouble = looked.error().text;
      if (host_.interrupted()) return;
      progress() << render_round(round) << std::flush;
      const bool over = !round.trouble.empty();
      story_.rounds.push_back(std::move(round));
      if (over) return;
    }
  }

  Result<void> look(std::size_t round, const std::vector<std::string>& hit) {
    World world = this->world();
    auto seen = watched_->look(world);
    if (!seen) return seen.error();
    seen->workers_hit = hit;
    seen->round = round;
    history_.looks.push_back(std::move(*seen));
    return {};
  }

  // ---- the end

  void finish() {
    clients_->stop();
    Ending ending(host_, *clients_, masters_);
    ending.cancel_jobs(false);
    story_.trouble = ending.look_at_all();
    if (host_.interrupted()) return;
    history_.calls = clients_->take_calls();
    if (const std::string once = watched_->read_once(history_); story_.trouble.empty()) story_.trouble = once;
    story_.once_unreadable = history_.once_unreadable;
    history_.alone = own_ != nullptr;
    if (own_ != nullptr) {
      own_->end_daemons();
      history_.fsck = own_->fsck();
    }
    story_.verdict = history::check(history_);
  }

  int tell() {
    if (!story_.sound()) {
      folder_.keep();
      write_history();
    }
    if (folder_.kept()) {
      story_.folder = folder_.path();
      save_storage();
    }
    if (arguments_.json) {
      host_.out() << render_json(story_);
    } else {
      host_.out() << render_summary(story_.rounds);
      if (const std::size_t columns = host_.terminal_columns()) host_.out() << render_times(story_.rounds, columns);
      host_.out() << '\n' << render_verdict(story_);
    }
    return story_.sound() ? cli::kExitDone : cli::kExitDrillFailed;
  }

  void save_storage() {
    if (own_ == nullptr) return;
    if (const auto saved = own_->save_storage(); saved.has_error()) say("Warning: " + saved.error().text + ".");
  }

  void write_history() {
    std::ofstream file(folder_.path() + "/history");
    for (const history::Call& call : history_.calls) {
      file << describe(call);
      if (call.action == Action::read_job && !call.seen.empty()) file << ' ' << to_string(call.seen[0].status);
      if (call.action == Action::list_jobs) file << ' ' << call.seen.size() << " jobs";
      if (call.follower) file << ", of a follower " << call.lag_ms.value_or(-1) << " ms behind";
      file << '\n';
    }
    for (const history::TaskLook& look : history_.looks)
      for (const history::TaskSeen& task : look.tasks)
        file << "after round " << look.round << " the task of " << task.job << " was attempt " << task.attempt
             << " as process " << task.pid << " on " << task.worker << '\n';
  }

  const cli::DrillArguments& arguments_;
  cli::Host& host_;
  Folder folder_;
  Story story_;
  std::vector<Fault> possible_;
  std::vector<http::Endpoint> masters_;
  history::History history_;
  std::unique_ptr<Site> site_;
  OwnSite* own_ = nullptr;  ///< site_, if it is ours
  std::unique_ptr<Clients> clients_;
  std::unique_ptr<Watched> watched_;
};

}  // namespace

int run_drill(const cli::DrillArguments& arguments, cli::Host& host) {
  if (arguments.fault == "list") {
    host.out() << render_faults(host.colour());
    return cli::kExitDone;
  }
  if (arguments.fault != kMixed && !find_fault(arguments.fault))
    return cli::fail(host, cli::kExitUsage,
                     shown(arguments.fault) + " is no fault; stellwerk drill list explains those that there are");
  auto folder = Folder::make(arguments.dir, host.environment("TMPDIR"));
  if (!folder) return cli::fail(host, cli::kExitUsage, folder.error().text);
  return Drill(arguments, host, std::move(*folder)).run();
}

}  // namespace stellwerk::drill
