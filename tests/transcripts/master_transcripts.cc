/// Plays every file of master/: the core of one master, every event and every effect.
///
///     leading                      a new cluster whose leader we are; how it came to that is not shown
///     run 5s                       time passes, with a beat every 100 ms
///     sleep 20s                    time passes without a beat: the process is stopped
///     connected | suspended        what the coordination says
///     contact 10s | may claim | lost REASON | head | members NAME...
///     submit N [5s] | cancel N [5s] | upload N [5s] | remove N [5s] | transfer | end | stop
///     another claims EPOCH | another commits N | head deleted
///     link N opens | link N breaks | link N says {JSON}    a worker's connection
///     hold KIND                    the next put, write, read, load, probe, list, peer, beat waits for
///     answer KIND HOW              ok, fails, unknown, unknown-done, full, exists, mismatch, lost, not-sent
///     damage FILE | lose FILE | files | takeovers
#include <gtest/gtest.h>

#include "transcripts/master_world.h"
#include "transcripts/transcript.h"

namespace stellwerk::test {
namespace {

namespace event = master::event;

class Player {
 public:
  void play(const std::string& line) {
    world_.say("> " + line);
    Words words(line);
    const std::string first = words.next();
    if (first == "leading") return lead();
    if (first == "run") return world_.run(duration(words.next()));
    if (first == "sleep") return world_.sleep(duration(words.next()));
    if (first == "hold") return world_.hold(words.next());
    if (first == "files") return world_.show_files();
    if (first == "takeovers") return world_.show_takeovers();
    if (first == "damage") return world_.damage(words.next());
    if (first == "lose") return world_.lose(words.next());
    if (first == "answer") {
      const std::string kind = words.next();
      return world_.answer(kind, words.next());
    }
    if (first == "another") return another(words);
    if (first == "link") return worker(words);
    if (first == "submit" || first == "cancel" || first == "upload" || first == "remove") return caller(first, words);
    if (first == "transfer" || first == "end" || first == "stop") return wish(first);
    coordination(first, words);
  }

  std::string trace() const {
    std::string out;
    for (const std::string& line : world_.trace) out += line + "\n";
    return out;
  }

 private:
  void lead() {
    for (const char* line : {"connected", "run 1s", "contact 10s", "may claim", "run 100ms"}) play(line);
    world_.trace = {"> leading"};
  }

  void worker(Words& words) {
    const auto link = static_cast<master::LinkId>(std::stoll(words.next()));
    const std::string what = words.next();
    const std::string name = "link " + std::to_string(link) + " " + what;
    if (what == "opens") return world_.deliver(name, event::LinkOpened{link, "10.0.0.9:40000"});
    if (what == "breaks") return world_.deliver(name, event::LinkClosed{link, "10.0.0.9:40000: it is gone"});
    auto message = link::decode(words.rest());
    ASSERT_TRUE(message) << message.error().text;
    world_.deliver(name, event::LinkReceived{link, std::move(*message)});
  }

  void another(Words& words) {
    const std::string what = words.next();
    const int number = std::stoi(words.next());
    if (what == "claims") return world_.another_claims(number);
    if (what == "commits") return world_.another_commits(number);
    throw std::invalid_argument("another " + what);
  }

  void caller(const std::string& what, Words& words) {
    const int job = std::stoi(words.next());
    const std::string limit = words.next();
    const Duration span = duration(limit.empty() ? "5s" : limit);
    if (what == "submit") return world_.submit(job, span);
    if (what == "cancel") return world_.cancel(job, span);
    what == "upload" ? world_.upload(job, span) : world_.remove(job, span);
  }

  void wish(const std::string& what) {
    const Time deadline = world_.now() + std::chrono::seconds(5);
    if (what == "transfer") return world_.deliver(what, event::TransferWanted{world_.next_ticket(), deadline});
    if (what == "end") return world_.deliver(what, event::EndWanted{world_.next_ticket(), deadline});
    world_.deliver(what, event::StopWanted{});
  }

  void coordination(const std::string& what, Words& words) {
    if (what == "connected" || what == "suspended") {
      CoordinationStatus status;
      status.type = "zookeeper";
      status.state = what;
      return world_.deliver(what, event::StatusChanged{status});
    }
    if (what == "contact") return world_.deliver(what, event::Contact{world_.now(), duration(words.next())});
    if (what == "may") return world_.deliver("may claim", event::MayClaim{world_.now()});
    if (what == "lost") return world_.deliver(what, event::LockLost{true, words.rest()});
    if (what == "members") return members(words);
    if (what != "head") throw std::invalid_argument(what);
    if (words.next() == "deleted") return world_.delete_head();
    world_.deliver("head seen", event::HeadSeen{world_.reading()});
  }

  void members(Words& words) {
    std::vector<Candidate> members;
    for (std::string name = words.next(); !name.empty(); name = words.next()) {
      Candidate member;
      member.id = name == "us" ? "11111111-1111-4111-8111-111111111111" : name;
      member.rest = "http://" + name + ":8081";
      members.push_back(member);
    }
    world_.deliver("members", event::MembersSeen{members});
  }

  MasterWorld world_;
};

class MasterTranscript : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(MasterTranscript, GivesItsTrace) {
  Player player;
  expect_transcript(
      GetParam(), [&](const std::string& line) { player.play(line); }, [&] { return player.trace(); });
}

INSTANTIATE_TEST_SUITE_P(Master, MasterTranscript, testing::ValuesIn(transcripts(STELLWERK_TRANSCRIPTS)),
                         [](const auto& each) { return each.param.stem().string(); });

}  // namespace
}  // namespace stellwerk::test
