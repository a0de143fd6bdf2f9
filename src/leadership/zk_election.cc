#include "leadership/zk_election.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "leadership/candidate_json.h"

namespace stellwerk::leadership {

using namespace election;

namespace {

constexpr std::size_t kNotedMax = 32;

bool maybe_later(ZkCode code) {
  return code == ZkCode::unknown || code == ZkCode::not_sent || code == ZkCode::expired;
}

/// At its end ZooKeeper's counter stands still, and names no longer tell who came first.
bool numbers_differ(const std::string& own) {
  const auto parsed = parse_candidate_name(own);
  return parsed && parsed->sequence < std::numeric_limits<std::int32_t>::max();
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

ZkElection::ZkElection(std::string latch, std::string guid, Safeguards safeguards)
    : latch_(std::move(latch)), guid_(std::move(guid)), safeguards_(safeguards) {}

Effects ZkElection::step(Time now, const Event& event) {
  now_ = now;
  effects_.clear();
  listed_now_ = false;
  std::visit([this](const auto& each) { on(each); }, event);
  proceed();
  return std::move(effects_);
}

std::optional<Time> ZkElection::wake_at() const {
  std::optional<Time> wake;
  const auto consider = [&wake](Time when) { wake = wake ? std::min(*wake, when) : when; };
  if (leaving_) consider(leave_by_);
  if (!connected_ || refused_) return wake;
  if (hold_until_ > now_) consider(hold_until_);
  if (!own_.empty() && !leaving_ && own_op_ == 0) {
    consider(std::max({hold_until_, now_, last_proof_ + timeout_ / kProbePart}));
  }
  return wake;
}

// ---- the session

void ZkElection::on(const SessionUp& event) {
  if (session_ != 0 && event.id != session_ && safeguards_.compare_session) {
    session_over("the servers gave another session instead of resuming ours");
  }
  session_ = event.id;
  timeout_ = event.timeout;
  connected_ = true;
  hold_until_ = now_;
  synced_ = Time{};
  own_verified_ = false;
  look_again_ = true;
}

void ZkElection::on(const Suspended&) {
  connected_ = false;
  if (create_op_ != 0) {
    note("suspended, outcome of create unknown");
    maybe_created_ = safeguards_.adopt_own;
  }
  forget_operations();
}

void ZkElection::on(const Expired&) {
  session_over("the session has expired");
}

void ZkElection::session_over(const std::string& why) {
  connected_ = false;
  session_ = 0;
  maybe_created_ = false;
  list_watch_ = 0;
  forget_operations();
  if (leaving_) {
    own_is_no_more();
    left();
  } else if (!own_.empty()) {
    lose(true, why);
  }
}

void ZkElection::forget_operations() {
  syncs_.clear();
  prepare_op_ = create_op_ = list_op_ = own_op_ = before_op_ = stray_op_ = delete_op_ = 0;
  noticed_.reset();
  member_ops_.clear();
  if (before_watch_ == 0) before_name_.clear();
}

void ZkElection::lose(bool session_lost, std::string why) {
  wanted_.reset();
  own_is_no_more();
  emit(Candidacy{});
  note("lost the place in the queue: " + why);
  emit(LockLost{session_lost, std::move(why)});
  look_again_ = true;
}

void ZkElection::own_is(const std::string& name) {
  own_ = name;
  own_verified_ = false;
  maybe_created_ = false;
  last_proof_ = Time{};
  if (!leaving_) emit(Candidacy{path_of(name)});
}

void ZkElection::own_is_no_more() {
  own_.clear();
  own_verified_ = false;
  told_may_claim_ = false;
  before_name_.clear();
  own_op_ = before_op_ = 0;
  noticed_.reset();
  own_watch_ = before_watch_ = 0;
}

// ---- what the owner asks

void ZkElection::on(const Join& event) {
  if (in_queue()) return;
  wanted_ = event.candidate;
}

void ZkElection::on(const Leave&) {
  wanted_.reset();
  told_may_claim_ = false;
  emit(Candidacy{});
  if (session_ == 0) {
    left();
  } else if (!leaving_) {
    leaving_ = true;
    leave_by_ = now_ + timeout_;
  }
}

void ZkElection::on(const Tick&) {
  if (!leaving_ || now_ < leave_by_) return;
  note("the servers could not be told that we leave; dropping the session");
  emit(GiveUpSession{});
  session_over("given up");
}

void ZkElection::on(const Proved& event) {
  if (in_queue()) prove(event.sent);
}

void ZkElection::on(const CandidateGone&) {
  if (in_queue()) lose(false, "our candidate is gone from the queue");
}

void ZkElection::prove(Time sent) {
  if (sent <= last_proof_) return;
  last_proof_ = sent;
  emit(Contact{sent, timeout_});
}

// ---- replies

void ZkElection::on(const Replied& event) {
  const OpId op = event.op;
  const ZkReply& reply = event.reply;
  if (const auto it = syncs_.find(op); it != syncs_.end()) {
    if (reply.code == ZkCode::ok) synced_ = std::max(synced_, it->second);
    syncs_.erase(it);
  } else if (const auto member = member_ops_.find(op); member != member_ops_.end()) {
    const std::string name = member->second;
    member_ops_.erase(member);
    member_read(name, reply);
  } else if (op == prepare_op_) {
    prepared(reply);
  } else if (op == create_op_) {
    created(reply);
  } else if (op == list_op_) {
    listed(op, reply);
  } else if (op == own_op_) {
    verified(op, reply);
  } else if (op == before_op_) {
    predecessor_seen(op, reply);
  } else if (op == stray_op_) {
    stray_seen(reply);
  } else if (op == delete_op_) {
    deleted(reply);
  }
}

void ZkElection::on(const WatchFired& event) {
  if (!noticed_ && (event.op == list_watch_ || event.op == before_watch_)) noticed_ = now_;
  if (event.op == list_watch_) {
    list_watch_ = 0;
    look_again_ = true;
  } else if (event.op == own_watch_) {
    own_watch_ = 0;
    own_verified_ = false;
  } else if (event.op == before_watch_) {
    before_watch_ = 0;
    look_again_ = true;
    const std::string name = std::exchange(before_name_, {});
    if (event.change == ZkChange::deleted) predecessor_left(name);
  }
}

/// The queue grows at its end only, so what was listed before us is still all there is: no list is waited for.
void ZkElection::predecessor_left(const std::string& name) {
  if (!numbers_differ(own_)) return;
  drop_name(name);
  listed_now_ = true;
}

/// For replies that nobody can do anything about but try again, or tell an operator.
void ZkElection::failed(const ZkReply& reply, const std::string& what) {
  hold_until_ = now_ + kElectionRetry;
  if (maybe_later(reply.code)) return;
  // Once the queue was read nothing is wrong with our names: the library says so, too, when it gives up a connection.
  const bool wrong_name = reply.code == ZkCode::bad_argument && !read_once_;
  if (reply.code != ZkCode::no_auth && !wrong_name) {
    note("could not " + what + ": " + to_string(reply.code));
    return;
  }
  refused_ = true;
  emit(Refused{make_error(Errc::refused, "ZooKeeper refuses to " + what + ": " + to_string(reply.code) +
                                             "; check high-availability.zookeeper.client.acl and the node's ACL")});
}

void ZkElection::prepared(const ZkReply& reply) {
  prepare_op_ = 0;
  if (reply.code != ZkCode::ok) return failed(reply, "make " + latch_);
  parents_missing_ = false;
  look_again_ = true;
}

void ZkElection::created(const ZkReply& reply) {
  create_op_ = 0;
  switch (reply.code) {
    case ZkCode::ok:
      own_is(last_part(reply.path));
      note("made candidate " + own_);
      look_again_ = true;
      return;
    case ZkCode::no_node: parents_missing_ = true; return;
    case ZkCode::unknown:
      note("outcome of create unknown");
      maybe_created_ = safeguards_.adopt_own;
      look_again_ = true;
      break;
    default: break;
  }
  failed(reply, "create a candidate below " + latch_);
}

void ZkElection::listed(OpId op, const ZkReply& reply) {
  list_op_ = 0;
  const bool fresh = synced_ >= list_sent_ || !safeguards_.sync_before_list;
  if (reply.code == ZkCode::ok && fresh) {
    if (list_watches_) list_watch_ = op;
    return take_names(reply.children);
  }
  if (reply.code == ZkCode::no_node && fresh) {
    parents_missing_ = wanted_.has_value();
    return take_names({});
  }
  look_again_ = true;
  // A list that was answered has set its watch all the same.
  if (reply.code == ZkCode::ok) {
    if (list_watches_) list_watch_ = op;
    hold_until_ = now_ + kElectionRetry;
    return;
  }
  failed(reply, "list " + latch_);
}

void ZkElection::take_names(const std::vector<std::string>& names) {
  read_once_ = true;
  listed_now_ = true;
  std::vector<CandidateName> candidates;
  for (const std::string& name : names) {
    if (auto parsed = parse_candidate_name(name)) {
      candidates.push_back(std::move(*parsed));
    } else if (noted_.size() < kNotedMax && noted_.insert(name).second) {
      note("ignoring " + path_of(name) + ", which is not a candidate's name");
    }
  }
  order_ = in_queue_order(std::move(candidates));
  const auto listed = [this](const std::string& name) {
    return std::any_of(order_.begin(), order_.end(), [&](const CandidateName& each) { return each.text == name; });
  };
  std::erase_if(impostors_, [&](const std::string& name) { return !listed(name); });
  std::erase_if(doomed_, [&](const std::string& name) { return !listed(name); });
  std::erase_if(members_, [&](const auto& each) { return !listed(each.first); });
  if (!own_.empty() && !listed(own_)) own_verified_ = false;
}

void ZkElection::verified(OpId op, const ZkReply& reply) {
  own_op_ = 0;
  if (reply.code == ZkCode::no_node) return lose(false, "our candidate is gone from the queue");
  if (reply.code != ZkCode::ok) return failed(reply, "look at candidate " + own_);
  if (reply.stat.ephemeral_owner != session_ && safeguards_.compare_session) {
    return lose(true, "our candidate belongs to a former session");
  }
  if (own_watches_) own_watch_ = op;
  own_verified_ = true;
  if (synced_ >= own_sent_) return prove(own_sent_);
  hold_until_ = now_ + kElectionRetry;
}

void ZkElection::predecessor_seen(OpId op, const ZkReply& reply) {
  before_op_ = 0;
  const std::string name = before_name_;
  if (reply.code == ZkCode::ok && reply.stat.ephemeral_owner != 0) {
    before_watch_ = op;
    noticed_.reset();
    note("waiting behind " + name);
    return;
  }
  before_name_.clear();
  if (reply.code == ZkCode::ok) {
    ignore_impostor(name);
  } else if (reply.code == ZkCode::no_node) {
    look_again_ = true;
  } else {
    failed(reply, "look at candidate " + name);
  }
}

void ZkElection::stray_seen(const ZkReply& reply) {
  stray_op_ = 0;
  if (reply.code == ZkCode::no_node) return drop_name(stray_name_);
  if (reply.code != ZkCode::ok) return failed(reply, "look at candidate " + stray_name_);
  const bool ours = reply.stat.ephemeral_owner == session_;
  if (!ours || !wanted_ || leaving_ || !own_.empty()) {
    doomed_.insert(stray_name_);
    return;
  }
  own_is(stray_name_);
  note("adopts its candidate " + own_);
  listed_now_ = true;
}

void ZkElection::deleted(const ZkReply& reply) {
  delete_op_ = 0;
  const bool gone = reply.code == ZkCode::ok || reply.code == ZkCode::no_node;
  if (!gone && maybe_later(reply.code)) return failed(reply, "delete candidate " + delete_name_);
  drop_name(delete_name_);
  if (delete_name_ == own_) {
    if (!gone) emit(GiveUpSession{});
    own_is_no_more();
  } else if (gone) {
    note("deleted its older candidate " + delete_name_);
  } else {
    note("could not delete its older candidate " + delete_name_ + ": " + to_string(reply.code));
  }
}

/// A node that was made by hand would hold up the queue for ever.
void ZkElection::ignore_impostor(const std::string& name) {
  if (!impostors_.insert(name).second) return;
  note("ignoring " + path_of(name) + ", which no session owns");
  listed_now_ = true;
}

void ZkElection::drop_name(const std::string& name) {
  std::erase_if(order_, [&](const CandidateName& each) { return each.text == name; });
  doomed_.erase(name);
}

void ZkElection::member_read(const std::string& name, const ZkReply& reply) {
  if (maybe_later(reply.code)) {
    hold_until_ = now_ + kElectionRetry;
    return;
  }
  const auto parsed = parse_candidate_name(name);
  if (reply.code == ZkCode::no_node || !parsed) {
    // It has just left; the list's watch tells.
    members_.erase(name);
    drop_name(name);
    return;
  }
  if (reply.code == ZkCode::ok && reply.stat.ephemeral_owner == 0) return ignore_impostor(name);
  auto candidate = reply.code == ZkCode::ok ? decode_candidate(reply.data) : make_error(Errc::damaged, "unreadable");
  if (!candidate) note("cannot read candidate " + name + ": " + candidate.error().text);
  members_[name] = candidate ? std::move(*candidate) : unreadable_candidate(parsed->guid);
}

}  // namespace stellwerk::leadership
