/// One core of a master with nothing around it but a register, files and a clock, all moved by hand:
/// every event and every effect goes into a trace.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "master/master.h"

namespace stellwerk::test {

class MasterWorld {
 public:
  MasterWorld();

  /// Beats every 100 ms; what the master asks for is answered at once unless it is held.
  void run(Duration span);
  void sleep(Duration span) { now_ += span; }
  /// The next effects of this kind (their first word: put, write, read, load, ...) wait for answer().
  void hold(const std::string& kind);
  /// Answers the oldest that is held and lets later ones of its kind through again. `how`: ok,
  /// fails, unknown (nothing happened), unknown-done, full, exists, mismatch, lost, not-sent.
  void answer(const std::string& kind, const std::string& how);

  void deliver(const std::string& text, master::Event event);
  void submit(int job, Duration limit);
  void cancel(int job, Duration limit);
  /// Bundle number `bundle`; two in a row have the same content.
  void upload(int bundle, Duration limit);
  void remove(int bundle, Duration limit);
  /// Another master writes the register: `epoch` and the commit it stands at.
  void another_claims(std::int64_t epoch);
  void another_commits(int job);
  void delete_head();
  void show_files();
  void show_takeovers();
  void damage(const std::string& name);
  void lose(const std::string& name);

  HeadReading reading() const { return {head_, version_}; }
  void say(const std::string& line) { trace.push_back(line); }
  Time now() const { return now_; }
  master::Ticket next_ticket() { return ++last_ticket_; }

  std::vector<std::string> trace;

 private:
  using Answerer = std::function<void(const std::string& how)>;
  struct Held {
    std::string kind;
    Answerer answerer;
  };

  void step(const std::string& text, master::Event event);
  void drain();
  void ask(const std::string& kind, Answerer answerer);
  void write_by_hand(const model::Head& head);

  void take(master::Join& effect);
  void take(master::Leave& effect);
  void take(master::ReadHead& effect);
  void take(master::WriteHead& effect);
  void take(master::Announce& effect);
  void take(master::LoadFile& effect);
  void take(master::GetBlob& effect);
  void take(master::PutBlob& effect);
  void take(master::ListBlobs& effect);
  void take(master::RemoveBlob& effect);
  void take(master::ProbeStorage& effect);
  void take(master::EraseCluster& effect);
  void take(master::AskPeer& effect);
  void take(master::SendLink& effect);
  void take(master::CloseLink& effect);
  void take(master::Answer& effect);
  void take(master::AnswerDeath& effect);
  void take(master::Continue& effect);
  void take(master::BeatSoon& effect);
  void take(master::Publish& effect);
  void take(master::Note& effect);
  void take(master::Exit& effect);
  void asked(const std::string& line) { trace.push_back("           " + line); }

  Time now_;
  std::map<std::string, std::string> files_;
  std::optional<std::string> head_;
  HeadVersion version_{1, HeadVersion::kAbsent};
  std::deque<std::function<void()>> due_;
  std::map<std::string, int> holds_;
  std::deque<Held> held_;
  std::string shown_;
  master::Ticket last_ticket_ = 0;
  master::Master core_;
};

}  // namespace stellwerk::test
