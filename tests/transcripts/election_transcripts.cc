/// Plays every file of election/: a scenario in words, a line of dashes, the trace it must give.
/// With STELLWERK_REWRITE_TRANSCRIPTS set it writes the traces instead of comparing them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "simulation/election/election_world.h"

namespace stellwerk::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRule = "----\n";

struct Words {
  explicit Words(const std::string& line) : stream(line) {}
  std::string next() {
    std::string word;
    stream >> word;
    return word;
  }
  std::string rest() {
    std::string text;
    std::getline(stream >> std::ws, text);
    return text;
  }
  std::istringstream stream;
};

Duration duration(const std::string& text) {
  std::size_t end = 0;
  const int count = std::stoi(text, &end);
  const std::string unit = text.substr(end);
  if (unit == "s") return std::chrono::seconds(count);
  if (unit == "ms") return std::chrono::milliseconds(count);
  throw std::invalid_argument("unit of " + text);
}

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
    if (line.empty() || line.starts_with("#")) return;
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

class ElectionTranscript : public testing::TestWithParam<fs::path> {};

TEST_P(ElectionTranscript, GivesItsTrace) {
  std::ifstream in(GetParam());
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto rule = text.find(kRule);
  const std::string scenario = text.substr(0, rule);
  const std::string expected = rule == std::string::npos ? "" : text.substr(rule + std::string(kRule).size());

  Player player;
  std::istringstream lines(scenario);
  for (std::string line; std::getline(lines, line);) player.play(line);

  if (std::getenv("STELLWERK_REWRITE_TRANSCRIPTS") != nullptr) {
    std::ofstream(GetParam()) << scenario << kRule << player.trace();
    return;
  }
  EXPECT_EQ(player.trace(), expected) << "run this test with STELLWERK_REWRITE_TRANSCRIPTS=1 if the change is meant";
}

std::vector<fs::path> transcripts() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(STELLWERK_TRANSCRIPTS)) {
    if (entry.path().extension() == ".txt") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

INSTANTIATE_TEST_SUITE_P(Election, ElectionTranscript, testing::ValuesIn(transcripts()),
                         [](const auto& each) { return each.param.stem().string(); });

}  // namespace
}  // namespace stellwerk::test
