#include "coordination/local_session.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "coordination/local_file_system.h"

namespace stellwerk::coordination {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectAgain{250};
constexpr milliseconds kFirstLook{1};
constexpr milliseconds kLastLook{64};
/// Whoever is first and finds the lock taken waits for somebody who dies or is no candidate.
constexpr milliseconds kLockedLook{50};
constexpr char kAnnouncement[] = "LEADER";

bool is_shared(const std::string& folder, std::string& name) {
  const auto kind = file_system_of(folder);
  if (!kind || kind->local) return false;
  name = kind->name;
  return true;
}

/// Differs from every earlier one, unless a clock was set back by exactly the time since.
std::int64_t new_generation() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

LocalSession::LocalSession(LocalPlace place, LocalMode mode, LocalEvents& events, LocalWatch& watch)
    : place_(std::move(place)), mode_(mode), events_(events), watch_(watch) {}

milliseconds LocalSession::turn(LocalWatch::Seen seen, Time now) {
  const milliseconds idle = std::chrono::duration_cast<milliseconds>(kLocalVerifyInterval);
  if (over_) return idle;
  if (!connection_) {
    if (!erased_) connect(now);
    if (!connection_) return erased_ ? idle : kConnectAgain;
    seen = {true, true};
  }
  if (now >= verify_at_) {
    verify_at_ = now + kLocalVerifyInterval;
    verify(now);
    seen = {true, true};
  } else if (seen.queue) {
    next_look_ = kFirstLook;
  }
  if (connection_ && seen.head) look_at_head();
  if (connection_ && (seen.queue || next_look_ > milliseconds::zero())) look_at_queue(now);

  if (!connection_) return kConnectAgain;
  const auto until_verify = std::chrono::ceil<milliseconds>(verify_at_ - now);
  if (next_look_ == milliseconds::zero()) return std::max(until_verify, milliseconds(1));
  const milliseconds wait = next_look_;
  next_look_ = next_look_ < kLastLook ? next_look_ * 2 : milliseconds::zero();
  return std::min(wait, std::max(until_verify, milliseconds(1)));
}

void LocalSession::say(const std::string& state, const std::string& detail) {
  if (state == state_ && detail == detail_) return;
  state_ = state;
  detail_ = detail;
  events_.status(state, detail);
}

void LocalSession::refuse(const Error& error) {
  over_ = true;
  disconnect();
  say("refused", error.text);
  events_.refused(error);
}

void LocalSession::connect(Time now) {
  std::string shared;
  if (mode_ == LocalMode::queue && is_shared(place_.storage_dir, shared))
    return refuse(
        make_error(Errc::refused, "high-availability.type local needs a file system of this host alone, and " +
                                      place_.storage_dir + " is on " + shared +
                                      "; use a local folder, or type zookeeper for masters on several hosts"));
  auto folder = LocalFolder::open(place_, LocalFolder::IfMissing::make);
  if (!folder) return say("connecting", folder.error().text);
  auto lock = LocalLock::open(*folder);
  if (!lock) return say("connecting", lock.error().text);
  auto connection = std::make_unique<Connection>(std::move(*folder), std::move(*lock));
  if (const auto head = connection->head.read(); !head && head.error().code == Errc::damaged)
    return say("connecting", head.error().text);
  if (mode_ == LocalMode::single && !take_single_lock(*connection, now)) return;

  connection_ = std::move(connection);
  connection_->folder.sweep_unfinished();
  watch_.watch(connection_->folder.path());
  verify_at_ = now;
  told_head_.reset();
  told_members_.reset();
  say("connected", "");
  if (candidate_) enter_queue();
}

bool LocalSession::take_single_lock(Connection& connection, Time now) {
  const int taken = connection.lock.try_take();
  if (taken == 1) {
    connection.lock.write_holder(holder_json());
    return true;
  }
  if (taken < 0) {
    say("connecting", local_error(-taken, "locking", connection.folder.path()).text);
    return false;
  }
  if (!waiting_since_) waiting_since_ = now;
  const std::string holder = LocalLock::read_holder(connection.folder);
  const auto view = connection.queue.look();
  const std::string rest = view && !view->members.empty() ? ", " + view->members.front().rest : "";
  const std::string who = "another master uses " + place_.storage_dir + "/" + place_.cluster + " (" +
                          (holder.empty() ? "pid unknown" : holder) + rest + ")";
  if (now - *waiting_since_ < kSingleMasterPatience) {
    say("connecting", who + "; waiting whether it ends");
    return false;
  }
  refuse(make_error(Errc::refused, who + ", and high-availability.type NONE means one master; stop it, set another "
                                         "high-availability.cluster-id, or set type local or zookeeper"));
  return false;
}

void LocalSession::disconnect() {
  watch_.unwatch();
  connection_.reset();
}

std::string LocalSession::holder_json() const {
  return "pid " + std::to_string(::getpid());
}

void LocalSession::join(const Candidate& candidate, std::uint64_t term) {
  candidate_ = candidate;
  term_ = term;
  may_claim_ = false;
  erased_ = false;
  if (connection_) enter_queue();
}

void LocalSession::enter_queue() {
  const auto entered = connection_->queue.enter(*candidate_);
  if (!entered) {
    say("connecting", entered.error().text);
    disconnect();
    return;
  }
  next_look_ = kFirstLook;
}

/// The lock first: the next in line looks when it sees the candidate go.
void LocalSession::leave() {
  candidate_.reset();
  may_claim_ = false;
  if (!connection_) return;
  if (mode_ == LocalMode::queue) connection_->lock.give_back();
  connection_->queue.leave();
  next_look_ = kFirstLook;
}

void LocalSession::close() {
  if (connection_) {
    connection_->lock.give_back();
    connection_->queue.leave();
  }
  candidate_.reset();
  over_ = true;
  disconnect();
}

void LocalSession::lose(const std::string& why) {
  if (connection_) {
    connection_->lock.give_back();
    connection_->queue.leave();
  }
  disconnect();
  if (!candidate_) return;
  candidate_.reset();
  may_claim_ = false;
  events_.lock_lost(term_, why);
}

void LocalSession::verify(Time now) {
  const int folder = connection_->folder.is_still_there();
  const int lock = folder == 1 ? connection_->lock.is_still_there(connection_->folder) : 1;
  if (folder < 0 || lock < 0)
    return say("suspended", local_error(-std::min(folder, lock), "looking at", place_.folder()).text);
  if (folder == 0) return lose(place_.folder() + " was removed, replaced or unmounted");
  if (lock == 0) return lose(place_.folder() + "/" + LocalLock::kName + " was removed or replaced by hand");
  say("connected", "");
  if (candidate_ && connection_->queue.is_in()) events_.contact(term_, now);
}

void LocalSession::look_at_head() {
  auto reading = connection_->head.read();
  if (!reading && reading.error().code == Errc::damaged) return stand_aside(reading.error());
  if (!reading || told_head_ == *reading) return;
  told_head_ = *reading;
  events_.head(*reading);
}

/// Until `stellwerk fsck` has written a head over the one that is not whole.
void LocalSession::stand_aside(const Error& error) {
  if (candidate_) lose(error.text);
  disconnect();
  say("connecting", error.text);
}

void LocalSession::look_at_queue(Time now) {
  const auto view = connection_->queue.look();
  if (!view) return;
  if (connection_->queue.is_in() && !view->own_present)
    return lose("our candidate in " + place_.folder() + " was removed by hand");
  if (told_members_ != view->members) {
    told_members_ = view->members;
    events_.members(view->members);
  }
  claim_if_first(*view, now);
}

void LocalSession::claim_if_first(const LocalQueue::View& view, Time now) {
  if (!candidate_ || may_claim_ || !view.own_first) return;
  if (connection_->lock.try_take() != 1) {
    next_look_ = next_look_ == milliseconds::zero() ? kLockedLook : std::min(next_look_, kLockedLook);
    return;
  }
  // Whoever took a lock on a file that is no longer there has nothing.
  if (connection_->lock.is_still_there(connection_->folder) != 1)
    return lose(place_.folder() + "/" + LocalLock::kName + " was removed or replaced by hand");
  connection_->lock.write_holder(holder_json());
  may_claim_ = true;
  events_.contact(term_, now);
  events_.may_claim(term_);
}

Result<HeadReading> LocalSession::read_head() {
  if (connection_) return connection_->head.read();
  auto folder = LocalFolder::open(place_, LocalFolder::IfMissing::leave);
  if (folder) return LocalHead(*folder).read();
  if (erased_ && folder.error().code == Errc::not_found) return HeadReading{};
  return make_error(Errc::unavailable, folder.error().text);
}

WriteResult LocalSession::write_head(const std::string& bytes, HeadVersion expected) {
  if (!connection_ || state_ != "connected")
    return {WriteOutcome::not_sent, {}, "not connected: " + (detail_.empty() ? place_.folder() : detail_)};
  if (!connection_->queue.is_in()) return {WriteOutcome::mismatch, {}, "this master is not in the queue"};
  return connection_->head.write(bytes, expected, new_generation());
}

void LocalSession::announce(const std::string& leader_json) {
  if (connection_) connection_->folder.replace(kAnnouncement, leader_json);
}

Result<void> LocalSession::erase_cluster() {
  auto folder = LocalFolder::open(place_, LocalFolder::IfMissing::leave);
  if (!folder && folder.error().code == Errc::not_found) return {};
  if (!folder) return make_error(Errc::unavailable, folder.error().text);
  if (connection_) connection_->queue.leave();
  candidate_.reset();
  may_claim_ = false;
  if (auto erased = LocalQueue(*folder).erase(); !erased) return erased.error();
  folder->remove(kAnnouncement);
  folder->remove(LocalLock::kName);
  if (const auto rest = folder->names("~"))
    for (const auto& name : *rest) folder->remove(name);
  if (auto erased = LocalHead(*folder).erase(); !erased) return erased.error();
  erased_ = true;
  disconnect();
  if (const int rc = folder->remove_folder(); rc < 0)
    return make_error(Errc::unknown, local_error(-rc, "removing", folder->path()).text);
  told_head_ = HeadReading{};
  events_.head(HeadReading{});
  events_.members({});
  return {};
}

}  // namespace stellwerk::coordination
