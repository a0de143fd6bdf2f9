/// Plays every file of election/: queues of masters over a simulated ZooKeeper.
#include <gtest/gtest.h>

#include "simulation/election/election_world.h"
#include "transcripts/transcript.h"

namespace stellwerk::test {
namespace {

SimZkVerb verb(const std::string& text) {
  for (const SimZkVerb each : {SimZkVerb::create, SimZkVerb::remove, SimZkVerb::exists, SimZkVerb::get, SimZkVerb::list,
                               SimZkVerb::set, SimZkVerb::multi, SimZkVerb::sync, SimZkVerb::ping}) {
    if (text == to_string(each)) return each;
  }
  throw std::invalid_argument("verb " + text);
}

std::string path(const std::string& text) {
  return text.starts_with("/") ? text : std::string(kElectionNamespace) + "/" + text;
}

class Player {
 public:
  void play(const std::string& line) {
    world_.trace.push_back("> " + line);
    Words words(line);
    const std::string first = words.next();
    if (first == "run") {
      world_.time.run_for(duration(words.next()));
    } else if (first == "servers") {
      servers(words.next());
    } else if (first == "zk") {
      by_hand(words);
    } else if (first == "show") {
      show();
    } else {
      master(first, words);
    }
  }

  std::string trace() const {
    std::string out;
    for (const std::string& line : world_.trace) out += line + "\n";
    return out;
  }

 private:
  void servers(const std::string& what) {
    if (what == "freeze") return world_.zookeeper.freeze();
    if (what == "thaw") return world_.zookeeper.thaw();
    if (what == "stop") return world_.zookeeper.stop();
    if (what == "start") return world_.zookeeper.start();
    if (what == "wipe") return world_.zookeeper.wipe();
    if (what == "restore") return world_.zookeeper.restore(saved_, true);
    if (what == "save") {
      saved_ = world_.zookeeper.save();
      return;
    }
    throw std::invalid_argument("servers " + what);
  }

  void by_hand(Words& words) {
    const std::string what = words.next();
    const std::string where = path(words.next());
    if (what == "make") return world_.zookeeper.make(where, words.rest());
    if (what == "set") return world_.zookeeper.put(where, words.rest());
    if (what == "sequence") return world_.zookeeper.set_sequence(where, std::stoi(words.next()));
    if (what == "version") return world_.zookeeper.set_version(where, std::stoi(words.next()));
    if (what == "deleteall") {
      if (!world_.zookeeper.delete_all(where)) throw std::invalid_argument("no " + where);
      return;
    }
    throw std::invalid_argument("zk " + what);
  }

  void show() {
    for (const auto& [where, node] : world_.zookeeper.tree()) {
      if (where.starts_with(kElectionNamespace)) world_.trace.push_back("  " + where);
    }
  }

  void master(const std::string& name, Words& words) {
    ElectionMaster& master = world_.master(name);
    const std::string what = words.next();
    if (what == "starts") {
      master.start();
      master.join();
    } else if (what == "watches") {
      master.start();
    } else if (what == "joins") {
      master.join();
    } else if (what == "leaves") {
      master.leave();
    } else if (what == "closes") {
      master.close();
    } else if (what == "killed") {
      master.kill();
    } else if (what == "stops") {
      master.executor.pause();
    } else if (what == "continues") {
      master.executor.resume();
    } else if (what == "writes") {
      master.write(words.rest());
    } else if (what == "reads") {
      master.read();
    } else if (what == "announces") {
      master.coordination->announce(words.rest());
    } else if (what == "erases") {
      master.coordination->erase_cluster([this, name](const Result<void>& result) {
        world_.say(name, result ? "erased the cluster" : result.error().text);
      });
    } else {
      network(world_.zookeeper.link(name), what, words);
    }
  }

  void network(SimZkLink& link, const std::string& what, Words& words) {
    if (what == "cut") return link.cut();
    if (what == "partitioned") return link.partition(true);
    if (what == "healed") return link.partition(false);
    if (what == "replaced") return link.new_session_on_reconnect();
    const std::string which = words.next();
    if (what == "loses" && which == "reply") return link.lose_next_reply(verb(words.next()));
    if (what == "loses" && which == "request") return link.lose_next_request(verb(words.next()));
    throw std::invalid_argument(what);
  }

  ElectionWorld world_{1};
  std::shared_ptr<const SimZookeeper::Copy> saved_;
};

class ElectionTranscript : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ElectionTranscript, GivesItsTrace) {
  Player player;
  expect_transcript(
      GetParam(), [&](const std::string& line) { player.play(line); }, [&] { return player.trace(); });
}

INSTANTIATE_TEST_SUITE_P(Election, ElectionTranscript, testing::ValuesIn(transcripts(STELLWERK_TRANSCRIPTS)),
                         [](const auto& each) { return each.param.stem().string(); });

}  // namespace
}  // namespace stellwerk::test
