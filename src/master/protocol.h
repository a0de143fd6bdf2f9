/// What goes into a master's core and what comes out: plain values, no behaviour.
///
/// The core is `step(now, event) -> effects` (master/master.h). The driver performs the effects in
/// their order through the ports and reports each operation's end, once, with its id; ends of
/// operations that nobody waits for any more are dropped in Master::step.
#pragma once

#include <stellwerk/blob_store.h>
#include <stellwerk/coordination.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "jobs/changes.h"
#include "journal/journal_file.h"
#include "link/death.h"
#include "link/message.h"
#include "model/head.h"

namespace stellwerk::master {

/// Tells one operation from all others of this process. 0 is none.
using OpId = std::uint64_t;
/// Tells one waiting caller from all others of this process; given out by the driver.
using Ticket = std::uint64_t;

/// Tells one worker's connection from all others of this process; given out by the driver.
using LinkId = std::uint64_t;

enum class NoteLevel { debug, info, warn, error };

// ---- effects ----

/// Stand for election.
struct Join {
  Candidate candidate;
};
struct Leave {
  OpId op = 0;
};
struct ReadHead {
  OpId op = 0;
};
struct WriteHead {
  OpId op = 0;
  std::string bytes;
  HeadVersion expected;
};
struct Announce {
  std::string leader_json;
};
/// Get and decode a journal file, off the loop.
struct LoadFile {
  OpId op = 0;
  std::string name;
};
struct GetBlob {
  OpId op = 0;
  std::string name;
};
/// `make` is pure and runs off the loop.
struct PutBlob {
  OpId op = 0;
  std::string name;
  std::function<std::string()> make;
};
struct ListBlobs {
  OpId op = 0;
  std::string prefix;
};
struct RemoveBlob {
  OpId op = 0;
  std::string name;
};
struct ProbeStorage {
  OpId op = 0;
};
/// Removes every trace of the cluster from the coordination.
struct EraseCluster {
  OpId op = 0;
};
/// Ask the master at `rest` how far it is.
struct AskPeer {
  OpId op = 0;
  std::string rest;
};
/// On a worker's connection. One that is over takes nothing.
struct SendLink {
  LinkId link = 0;
  link::Message message;
};
/// What was sent still goes out; nothing is told of this connection any more.
struct CloseLink {
  LinkId link = 0;
};
struct Answer {
  Ticket ticket = 0;
  jobs::Reply reply;
};
/// What the word of a worker's guard comes to.
struct DeathAnswer {
  enum class Kind {
    settled,    ///< nothing of that process is recorded as running: it need not be said again
    taken,      ///< what it ran is being recorded as ended; to be said again, because that may yet be lost
    unknown,    ///< no such worker is known
    elsewhere,  ///< nothing happened: this master does not lead now
    refused,    ///< nothing happened: it is about another cluster
  };
  Kind kind = Kind::elsewhere;
  std::string text;
};
struct AnswerDeath {
  Ticket ticket = 0;
  DeathAnswer answer;
};
/// Send event::Slice in a later turn: there is more to do than fits into one.
struct Continue {};
/// Send the next event::Beat after kBeatSoon.
struct BeatSoon {};
/// The view changed (Master::view()): show it before anything that follows.
struct Publish {};
struct Note {
  NoteLevel level = NoteLevel::info;
  std::string text;
};
/// End the process; nothing follows.
struct Exit {
  int code = 0;
  std::string why;
};

using Effect = std::variant<Join, Leave, ReadHead, WriteHead, Announce, LoadFile, GetBlob, PutBlob, ListBlobs,
                            RemoveBlob, ProbeStorage, EraseCluster, AskPeer, SendLink, CloseLink, Answer, AnswerDeath,
                            Continue, BeatSoon, Publish, Note, Exit>;

// ---- events ----

namespace event {

/// At least every kBeat while the loop turns; drives every deadline and pause.
struct Beat {};
struct Slice {};
struct StatusChanged {
  CoordinationStatus status;
};
struct Contact {
  Time sent;
  Duration valid_for;
};
struct MayClaim {
  Time noticed;  ///< see CoordinationListener
};
struct LockLost {
  bool session_lost = false;
  std::string why;
};
struct HeadSeen {
  HeadReading reading;
};
struct MembersSeen {
  std::vector<Candidate> members;
};
struct Refused {
  Error error;
};

struct Left {
  OpId op = 0;
};
struct HeadRead {
  OpId op = 0;
  Result<HeadReading> result;
};
struct HeadWritten {
  OpId op = 0;
  WriteResult result;
};
struct Loaded {
  OpId op = 0;
  Result<journal::DecodedFile> result;
};
struct Got {
  OpId op = 0;
  Result<std::string> result;
};
struct Put {
  OpId op = 0;
  PutResult result;
  std::size_t bytes = 0;
};
struct Listed {
  OpId op = 0;
  Result<std::vector<BlobInfo>> result;
};
struct Removed {
  OpId op = 0;
  Result<void> result;
};
struct Probed {
  OpId op = 0;
  Result<void> result;
};
struct Erased {
  OpId op = 0;
  Result<void> result;
};
/// What the peer's `/status` says: how far it has applied, and whether it may lead.
struct PeerState {
  model::Position applied;
  bool eligible = false;
};
struct PeerAnswered {
  OpId op = 0;
  Result<PeerState> result;
};

/// A worker has connected.
struct LinkOpened {
  LinkId link = 0;
  std::string peer;  ///< "address:port"
};
struct LinkReceived {
  LinkId link = 0;
  link::Message message;
};
struct LinkClosed {
  LinkId link = 0;
  std::string why;
};

/// A worker's guard says that it is dead. Answered at once, unless this core has ended.
struct DeathTold {
  Ticket ticket = 0;
  link::Death death;
};
/// A caller's wish. Answered once, at `deadline` at the latest.
struct Requested {
  Ticket ticket = 0;
  jobs::Change change;
  Time deadline;
};
/// POST /leader/transfer.
struct TransferWanted {
  Ticket ticket = 0;
  Time deadline;
};
/// DELETE /cluster.
struct EndWanted {
  Ticket ticket = 0;
  Time deadline;
};
/// SIGTERM: give up the lock, finish what is under way, exit 0.
struct StopWanted {};

}  // namespace event

using Event =
    std::variant<event::Beat, event::Slice, event::StatusChanged, event::Contact, event::MayClaim, event::LockLost,
                 event::HeadSeen, event::MembersSeen, event::Refused, event::Left, event::HeadRead, event::HeadWritten,
                 event::Loaded, event::Got, event::Put, event::Listed, event::Removed, event::Probed, event::Erased,
                 event::PeerAnswered, event::LinkOpened, event::LinkReceived, event::LinkClosed, event::DeathTold,
                 event::Requested, event::TransferWanted, event::EndWanted, event::StopWanted>;

/// How often a driver sends event::Beat.
inline constexpr std::chrono::milliseconds kBeat{100};
/// How long an epoch's first commit waits for a change that goes along.
inline constexpr std::chrono::milliseconds kBeatSoon{5};

/// Where the parts of a core put their effects. Order is the order of doing.
class Outbox {
 public:
  OpId next_op() { return ++last_op_; }
  template <class T>
  void push(T effect) {
    effects_.emplace_back(std::move(effect));
  }
  void note(NoteLevel level, std::string text) { effects_.emplace_back(Note{level, std::move(text)}); }
  std::vector<Effect> take() { return std::exchange(effects_, {}); }

 private:
  OpId last_op_ = 0;
  std::vector<Effect> effects_;
};

/// The two clocks of one step.
struct Clocks {
  Time now;
  WallMs wall = 0;
};

}  // namespace stellwerk::master
