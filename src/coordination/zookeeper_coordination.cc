#include "coordination/zookeeper_coordination.h"

#include "base/assert.h"
#include "coordination/zookeeper_coordination_connection.h"
#include "coordination/zookeeper_erase.h"

namespace stellwerk::coordination {

using leadership::ZkClient;
using leadership::ZkCode;
using leadership::ZkMode;
using leadership::ZkReply;
namespace election = leadership::election;

// ---- the recipe's effects

void ZookeeperCoordination::step(const election::Event& event) {
  const auto effects = election_.step(executor_.now(), event);
  for (const auto& effect : effects) {
    std::visit([this](const auto& each) { perform(each); }, effect);
  }
  arm_wake();
}

void ZookeeperCoordination::arm_wake() {
  cancel(wake_timer_);
  const auto when = election_.wake_at();
  if (when && !closing_) wake_timer_ = executor_.at(*when, [this] { step(election::Tick{}); });
}

ZkClient::Handler ZookeeperCoordination::reply_to(OpId op) {
  return here<ZkReply>([this, op](const ZkReply& reply) { step(election::Replied{op, reply}); });
}

ZkClient::Watch ZookeeperCoordination::watch_of(OpId op, bool wanted) {
  if (!wanted) return nullptr;
  return [this, op, from = std::weak_ptr<Connection>(connection_)](leadership::ZkChange change) {
    const auto connection = from.lock();
    if (connection && connection == connection_) step(election::WatchFired{op, change});
  };
}

void ZookeeperCoordination::perform(const election::Prepare& effect) {
  prepare([this, op = effect.op](const LayoutOutcome& outcome) {
    if (outcome.kind == LayoutOutcome::Kind::refused) return refuse(outcome.error);
    ZkReply reply;
    reply.code = outcome.kind == LayoutOutcome::Kind::ready ? ZkCode::ok : ZkCode::unknown;
    step(election::Replied{op, reply});
  });
}

void ZookeeperCoordination::perform(const election::Create& effect) {
  client().create(effect.path, effect.data, ZkMode::ephemeral_sequential, reply_to(effect.op));
}

void ZookeeperCoordination::perform(const election::Sync& effect) {
  client().sync(effect.path, reply_to(effect.op));
}

void ZookeeperCoordination::perform(const election::List& effect) {
  client().list(effect.path, watch_of(effect.op, effect.watch), reply_to(effect.op));
}

void ZookeeperCoordination::perform(const election::Exists& effect) {
  client().exists(effect.path, watch_of(effect.op, effect.watch), reply_to(effect.op));
}

void ZookeeperCoordination::perform(const election::Get& effect) {
  client().get(effect.path, nullptr, reply_to(effect.op));
}

void ZookeeperCoordination::perform(const election::Delete& effect) {
  client().remove(effect.path, -1, reply_to(effect.op));
}

void ZookeeperCoordination::perform(const election::Candidacy& effect) {
  candidate_path_ = effect.path;
  if (hooks_.candidate) hooks_.candidate(candidate_path_);
}

void ZookeeperCoordination::perform(const election::MayClaim& effect) {
  leads_ = true;
  tell([effect](CoordinationListener& listener) { listener.on_may_claim(effect.noticed); });
}

void ZookeeperCoordination::perform(const election::LockLost& effect) {
  leads_ = false;
  withdraw_announcement();
  tell([effect](CoordinationListener& listener) { listener.on_lock_lost(effect.session_lost, effect.why); });
}

void ZookeeperCoordination::perform(const election::Contact& effect) {
  tell([effect](CoordinationListener& listener) { listener.on_contact(effect.sent, effect.valid_for); });
}

void ZookeeperCoordination::perform(const election::Members& effect) {
  tell([effect](CoordinationListener& listener) { listener.on_members(effect.members); });
}

void ZookeeperCoordination::perform(const election::Left&) {
  for (auto& done : leave_handlers_) complete(std::move(done));
  leave_handlers_.clear();
}

void ZookeeperCoordination::perform(const election::GiveUpSession&) {
  // The recipe knows; what is left is to let client and callers know.
  auto present = std::move(connection_);
  connection_ = nullptr;
  retire(present, true);
  session_ended();
  connect();
}

void ZookeeperCoordination::perform(const election::Refused& effect) {
  refuse(effect.error);
}

void ZookeeperCoordination::perform(const election::Note& effect) {
  log(effect.text);
}

// ---- the queue

void ZookeeperCoordination::join(const Candidate& candidate) {
  step(election::Join{candidate});
}

void ZookeeperCoordination::leave(Handler done) {
  if (done) leave_handlers_.push_back(std::move(done));
  leads_ = false;
  withdraw_announcement();
  step(election::Leave{});
}

// ---- the head

void ZookeeperCoordination::read_head(ReadHandler done) {
  const auto fail = [this, done](Errc code, const std::string& why) {
    complete([done, error = make_error(code, "cannot read " + paths_.head + " in ZooKeeper: " + why)] { done(error); });
  };
  if (!ready_) return fail(Errc::unavailable, "no connection");
  const auto request = begin([fail](const char* why) { fail(Errc::unavailable, why); });
  coordination::read_head(client(), paths_, true, nullptr, [this, request, done, fail](const HeadRead& read) {
    if (!finish(request)) return;
    if (read.code == ZkCode::no_auth) return fail(Errc::refused, to_string(read.code));
    if (read.code != ZkCode::ok) return fail(Errc::unavailable, to_string(read.code));
    if (read.newer) {
      fail(Errc::refused, read.newer->text);
      return refuse(*read.newer);
    }
    known_layout_ = read.reading.version;
    complete([done, reading = read.reading] { done(reading); });
  });
}

void ZookeeperCoordination::write_head(std::string bytes, HeadVersion expected, WriteHandler done) {
  STELLWERK_ASSERT(!writing_, "two writes of the head at a time");
  writing_ = true;
  const auto answer = [this, done = std::move(done)](WriteResult result) {
    complete([this, done, result = std::move(result)] {
      writing_ = false;
      done(result);
    });
  };
  if (bytes.size() > kHeadBytesMax) {
    return answer({WriteOutcome::mismatch, {}, "a head of " + std::to_string(bytes.size()) + " bytes is too large"});
  }
  if (!ready_) return answer({WriteOutcome::not_sent, {}, "no connection to ZooKeeper"});
  if (candidate_path_.empty()) return answer({WriteOutcome::mismatch, {}, "we are not in the queue"});
  if (known_layout_ && !same_layout(*known_layout_, expected)) {
    return answer({WriteOutcome::mismatch, {}, "the version that is expected is of a cluster that was deleted"});
  }
  const auto ops = head_write(paths_, candidate_path_, std::move(bytes), expected);
  if (ops.empty()) return answer({WriteOutcome::mismatch, {}, "no head ever has the version that is expected"});
  const auto request = begin([this, answer](const char* why) {
    answer({closing_ ? WriteOutcome::unknown : WriteOutcome::lost, {}, why});
  });
  client().multi(ops, [this, request, ops, expected, answer, sent = executor_.now()](const ZkReply& reply) {
    if (finish(request)) answer(written(head_written(ops, reply, expected), sent));
  });
}

WriteResult ZookeeperCoordination::written(const HeadWritten& written, Time sent) {
  if (written.result.outcome == WriteOutcome::ok) step(election::Proved{sent});
  if (written.candidate_gone) step(election::CandidateGone{});
  if (written.layout_gone && connected_) {
    prepare([this](const LayoutOutcome& outcome) {
      if (outcome.kind == LayoutOutcome::Kind::refused) refuse(outcome.error);
    });
  }
  return written.result;
}

ZkClient::Watch ZookeeperCoordination::head_watch(std::uint64_t watch) {
  return [this, watch, from = std::weak_ptr<Connection>(connection_)](leadership::ZkChange) {
    const auto connection = from.lock();
    if (!connection || connection != connection_) return;
    if (head_watch_ == watch) head_watch_ = 0;
    watch_head();
  };
}

/// Reads the head for the listener and leaves a watch behind, so that the newest is never missed.
void ZookeeperCoordination::watch_head() {
  if (!ready_) return;
  head_changed_ = true;
  if (reading_head_) return;
  reading_head_ = true;
  head_changed_ = false;
  const std::uint64_t watch = head_watch_ == 0 ? ++last_watch_ : 0;
  coordination::read_head(client(), paths_, false, watch == 0 ? nullptr : head_watch(watch),
                          here<HeadRead>([this, watch](const HeadRead& read) { head_seen(read, watch); }));
}

void ZookeeperCoordination::head_seen(const HeadRead& read, std::uint64_t watch) {
  reading_head_ = false;
  if (read.code != ZkCode::ok) {
    if (read.layout_gone && ready_) {
      prepare([this](const LayoutOutcome& outcome) {
        if (outcome.kind == LayoutOutcome::Kind::refused) return refuse(outcome.error);
        retry_head();
      });
    } else {
      retry_head();
    }
    return;
  }
  if (read.newer) return refuse(*read.newer);
  known_layout_ = read.reading.version;
  unmarked_since_.reset();
  if (read.reading.bytes) {
    if (watch != 0) head_watch_ = watch;
    tell_head(read.reading);
  } else if (head_watch_ != 0) {
    tell_head(read.reading);
  } else {
    watch_absent_head(read.reading);
  }
  if (head_changed_) watch_head();
}

void ZookeeperCoordination::watch_absent_head(const HeadReading& absent) {
  reading_head_ = true;
  const std::uint64_t watch = ++last_watch_;
  client().exists(paths_.head, head_watch(watch), here<ZkReply>([this, watch, absent](const ZkReply& reply) {
                    reading_head_ = false;
                    const bool known = reply.code == ZkCode::ok || reply.code == ZkCode::no_node;
                    if (!known) return retry_head();
                    head_watch_ = watch;
                    if (reply.code == ZkCode::no_node) tell_head(absent);
                    if (reply.code == ZkCode::ok || head_changed_) watch_head();
                  }));
}

void ZookeeperCoordination::retry_head() {
  cancel(head_timer_);
  if (ready_) head_timer_ = executor_.after(kRetry, [this] { watch_head(); });
}

void ZookeeperCoordination::tell_head(const HeadReading& reading) {
  if (!tell_head_anyway_ && reading == told_head_) return;
  tell_head_anyway_ = false;
  told_head_ = reading;
  tell([reading](CoordinationListener& listener) { listener.on_head(reading); });
}

// ---- for people

void ZookeeperCoordination::announce(std::string leader_json) {
  announcement_ = std::move(leader_json);
  write_announcement();
}

/// Best effort: what fails is tried again at the next connection or announcement only.
void ZookeeperCoordination::write_announcement() {
  if (!ready_ || !leads_ || announcement_.empty() || announcing_) return;
  announcing_ = true;
  client().exists(paths_.announcement, nullptr, here<ZkReply>([this](const ZkReply& there) {
                    announcing_ = false;
                    if (!ready_ || !leads_ || candidate_path_.empty()) return;
                    std::vector<leadership::ZkOp> ops{leadership::ZkCheck{candidate_path_, -1}};
                    const bool ours = there.code == ZkCode::ok && there.stat.ephemeral_owner == session_.id;
                    if (ours) {
                      ops.emplace_back(leadership::ZkSet{paths_.announcement, announcement_, -1});
                    } else {
                      if (there.code == ZkCode::ok) ops.emplace_back(leadership::ZkDelete{paths_.announcement, -1});
                      ops.emplace_back(leadership::ZkCreate{paths_.announcement, announcement_, ZkMode::ephemeral});
                    }
                    client().multi(std::move(ops), here<ZkReply>([this](const ZkReply& reply) {
                                     if (reply.code == ZkCode::ok) return;
                                     log("could not write " + paths_.announcement + ": " + to_string(reply.code));
                                   }));
                  }));
}

void ZookeeperCoordination::withdraw_announcement() {
  if (announcement_.empty()) return;
  announcement_.clear();
  if (!ready_) return;
  client().exists(paths_.announcement, nullptr, here<ZkReply>([this](const ZkReply& there) {
                    const bool ours = there.code == ZkCode::ok && there.stat.ephemeral_owner == session_.id;
                    if (ours && ready_ && announcement_.empty()) {
                      client().remove(paths_.announcement, there.stat.version, [](const ZkReply&) {});
                    }
                  }));
}

void ZookeeperCoordination::erase_cluster(std::function<void(Result<void>)> done) {
  const auto answer = [this, done = std::move(done)](const Result<void>& result) {
    complete([done, result] { done(result); });
  };
  if (!ready_) return answer(make_error(Errc::unavailable, "no connection to ZooKeeper"));
  leave(nullptr);
  const auto request = begin([answer](const char* why) { answer(make_error(Errc::unknown, why)); });
  erase_namespace(client(), paths_, [this, request, answer](const Result<void>& result) {
    if (finish(request)) answer(result);
  });
}

}  // namespace stellwerk::coordination
