/// Random faults from a seed, checkers outside of the code, then everything heals and progress is
/// demanded. A failing seed prints itself; STELLWERK_SEEDS sets how many are played.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "leadership/candidate_name.h"
#include "simulation/election/election_world.h"

namespace stellwerk::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSeedsDefault = 300;
const std::vector<std::string> kNames = {"a", "b", "c"};

class RandomRun {
 public:
  explicit RandomRun(std::uint64_t seed, leadership::Safeguards safeguards = {})
      : world_(seed, options(), safeguards), choices_(seed * 7919 + 1) {
    world_.zookeeper.observe([this](std::int64_t session, const std::vector<SimZkChange>& changes) {
      for (const SimZkChange& change : changes) changed(session, change);
    });
  }

  /// What the checkers found first; empty: nothing.
  std::string play() {
    for (const std::string& name : kNames) start(name);
    run(seconds(2));
    const Time end = world_.time.now() + seconds(60);
    while (fault_.empty() && world_.time.now() < end) {
      do_harm();
      run(milliseconds(20 + pick(1500)));
    }
    if (fault_.empty()) heal();
    return fault_;
  }

  /// That the faults left something to check.
  int written() const { return written_; }
  long claims() const {
    return std::count_if(world_.trace.begin(), world_.trace.end(),
                         [](const std::string& line) { return line.ends_with(" may claim"); });
  }

  std::string story() const {
    std::string out;
    for (const std::string& line : world_.trace) out += line + "\n";
    return out;
  }

 private:
  static SimZkOptions options() {
    SimZkOptions out;
    out.lag_max = milliseconds(300);
    return out;
  }

  std::uint64_t pick(std::uint64_t bound) { return choices_() % bound; }

  void start(const std::string& name) {
    ElectionMaster& master = world_.restart(name);
    master.join_again = milliseconds(100);
    master.start();
    master.join();
    write_now_and_then(master);
  }

  /// Each value says which one it replaces, so that the chain shows whether a compare has failed.
  void write_now_and_then(ElectionMaster& master) {
    master.executor.after(milliseconds(150 + pick(200)), [this, &master] {
      if (master.may_claim && master.head && !master.closed) {
        const std::string before = master.head->bytes ? id_of(*master.head->bytes) : "none";
        master.write("v" + std::to_string(++written_) + " after " + before);
      }
      write_now_and_then(master);
    });
  }

  static std::string id_of(const std::string& bytes) { return bytes.substr(0, bytes.find(' ')); }

  // ---- harm

  void do_harm() {
    const std::string name = kNames[pick(kNames.size())];
    ElectionMaster& master = world_.master(name);
    SimZkLink& link = world_.zookeeper.link(name);
    switch (pick(16)) {
      case 0: return harm(name + " cut", [&] { link.cut(); });
      case 1: return harm(name + " partitioned", [&] { link.partition(true); });
      case 2: return harm(name + " healed", [&] { link.partition(false); });
      case 3: return harm(name + " loses reply", [&] { link.lose_next_reply(some_verb()); });
      case 4: return harm(name + " loses request", [&] { link.lose_next_request(some_verb()); });
      case 5: return harm(name + " stops", [&] { master.executor.pause(); });
      case 6:
      case 7: return harm(name + " continues", [&] { master.executor.resume(); });
      case 8: return harm(name + " killed", [&] { master.kill(); });
      case 9: return harm(name + " restarts", [&] { start(name); });
      case 10:
        return harm(name + " replaced", [&] {
          link.new_session_on_reconnect();
          link.cut();
        });
      case 11: return harm("servers " + freeze_or_stop(), [] {});
      case 12:
      case 13:
        return harm("servers go on", [&] {
          world_.zookeeper.thaw();
          world_.zookeeper.start();
        });
      case 14:
        return harm(name + " leaves and joins", [&] {
          if (master.executor.paused() || master.executor.killed()) return;
          master.leave();
          master.join();
        });
      default:
        return harm(name + " flaky", [&] {
          link.faults.reply_lost = 0.05 * static_cast<double>(pick(3));
          link.faults.request_lost = 0.05 * static_cast<double>(pick(3));
          link.faults.slow = 0.05 * static_cast<double>(pick(2));
        });
    }
  }

  template <class Deed>
  void harm(const std::string& what, Deed deed) {
    world_.say("!", what);
    deed();
  }

  std::string freeze_or_stop() {
    if (pick(2) == 0) {
      world_.zookeeper.freeze();
      return "freeze";
    }
    world_.zookeeper.stop();
    return "stop";
  }

  SimZkVerb some_verb() {
    constexpr SimZkVerb kVerbs[] = {SimZkVerb::create, SimZkVerb::remove, SimZkVerb::list,
                                    SimZkVerb::exists, SimZkVerb::multi,  SimZkVerb::sync};
    return kVerbs[pick(std::size(kVerbs))];
  }

  void heal() {
    world_.say("!", "all is healed");
    world_.zookeeper.thaw();
    world_.zookeeper.start();
    for (const std::string& name : kNames) {
      SimZkLink& link = world_.zookeeper.link(name);
      link.faults = {};
      link.partition(false);
      if (world_.master(name).executor.killed()) start(name);
      world_.master(name).executor.resume();
      if (!world_.master(name).in_queue) world_.master(name).join();
    }
    // Two session timeouts: a dead session that was renewed, and one that we let go meanwhile.
    for (int i = 0; i < 400 && fault_.empty(); ++i) {
      run(milliseconds(100));
      if (i > 50 && unfinished().empty()) return;
    }
    if (fault_.empty()) fault_ = "no progress: " + unfinished();
  }

  std::string unfinished() {
    std::size_t leaders = 0;
    for (const std::string& name : kNames) {
      ElectionMaster& master = world_.master(name);
      leaders += master.acting() ? 1 : 0;
      const SimZnode* const own = master.candidate.empty() ? nullptr : world_.zookeeper.find(master.candidate);
      if (own == nullptr) return name + " does not stand in the queue";
      if (!world_.zookeeper.session_alive(own->owner)) return name + " stands with a dead session";
      if (master.members.size() != kNames.size()) return name + " does not see all members";
      const SimZnode* const head = world_.zookeeper.find(std::string(kElectionNamespace) + "/head");
      if (head != nullptr && (!master.head || master.head->bytes != head->data)) return name + " does not see the head";
    }
    if (world_.latch().size() != kNames.size()) return "somebody stands twice";
    if (leaders != 1) return std::to_string(leaders) + " lead";
    return "";
  }

  // ---- checkers

  void run(Duration d) {
    const Time end = world_.time.now() + d;
    while (fault_.empty() && world_.time.now() < end) {
      world_.time.run_until(std::min(end, world_.time.now() + milliseconds(10)));
      check_acting();
    }
  }

  void check_acting() {
    std::string acting;
    for (const auto& [name, master] : world_.masters()) {
      if (!master->acting()) continue;
      if (!acting.empty()) fault_ = acting + " and " + name + " act at the same time";
      acting = name;
    }
  }

  void changed(std::int64_t session, const SimZkChange& change) {
    if (change.path == std::string(kElectionNamespace) + "/head" && change.after) head_changed(*change.after);
    const auto name = leadership::parse_candidate_name(change.path.substr(change.path.rfind('/') + 1));
    if (!name || !change.after || session == 0 || change.after->owner != session) return;
    std::size_t owned = 0;
    for (const auto& [path, node] : world_.zookeeper.tree()) {
      if (node.owner == session && leadership::parse_candidate_name(path.substr(path.rfind('/') + 1))) ++owned;
    }
    if (owned > 1) fault_ = "one session has two candidates: " + change.path;
  }

  void head_changed(const SimZnode& node) {
    if (node.data == head_) return;
    const std::string expected = " after " + (head_.empty() ? "none" : id_of(head_));
    if (!node.data.ends_with(expected)) fault_ = "\"" + node.data + "\" was written over \"" + head_ + "\"";
    head_ = node.data;
  }

  ElectionWorld world_;
  std::mt19937_64 choices_;
  std::string fault_;
  std::string head_;
  int written_ = 0;
};

int seeds() {
  const char* const text = std::getenv("STELLWERK_SEEDS");
  return text == nullptr ? kSeedsDefault : std::atoi(text);
}

TEST(ElectionRandom, HoldsItsPromisesAndGoesOnWhenAllIsHealed) {
  long claims = 0;
  long written = 0;
  for (int seed = 1; seed <= seeds(); ++seed) {
    RandomRun run(static_cast<std::uint64_t>(seed));
    const std::string fault = run.play();
    ASSERT_EQ(fault, "") << "seed " << seed << "\n" << run.story();
    claims += run.claims();
    written += run.written();
  }
  EXPECT_GT(claims, 2 * seeds()) << "hardly anything happened";
  EXPECT_GT(written, 30 * seeds()) << "hardly anything happened";
}

/// Whether some seed finds a fault that begins like this.
bool noticed(leadership::Safeguards safeguards, const std::string& fault) {
  for (int seed = 1; seed <= kSeedsDefault; ++seed) {
    if (RandomRun(static_cast<std::uint64_t>(seed), safeguards).play().find(fault) != std::string::npos) return true;
  }
  return false;
}

TEST(ElectionRandom, NoticesThatOwnNodesAreNotAdopted) {
  leadership::Safeguards safeguards;
  safeguards.adopt_own = false;
  EXPECT_TRUE(noticed(safeguards, "two candidates"));
}

TEST(ElectionRandom, NoticesThatSessionsAreNotCompared) {
  leadership::Safeguards safeguards;
  safeguards.compare_session = false;
  EXPECT_TRUE(noticed(safeguards, "act at the same time"));
}

TEST(ElectionRandom, NoticesThatListsAreNotSynced) {
  leadership::Safeguards safeguards;
  safeguards.sync_before_list = false;
  EXPECT_TRUE(noticed(safeguards, "two candidates"));
}

}  // namespace
}  // namespace stellwerk::test
