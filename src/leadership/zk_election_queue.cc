#include <algorithm>
#include <utility>

#include "leadership/candidate_json.h"
#include "leadership/zk_election.h"

namespace stellwerk::leadership {

using namespace election;

/// Asks for whatever is wanted and not under way. Called after every event, so that nothing
/// depends on which one of them made it necessary.
void ZkElection::proceed() {
  if (!connected_ || refused_ || now_ < hold_until_) return;
  if (create_op_ != 0 || prepare_op_ != 0) return;
  if (leaving_ && !own_.empty()) return remove(own_);
  if (leaving_ && !maybe_created_ && delete_op_ == 0 && stray() == nullptr) left();
  if (!own_.empty() && own_op_ == 0 && (!own_verified_ || probe_is_due())) verify();
  if (parents_missing_ && wanted_) {
    prepare_op_ = next_op();
    return emit(Prepare{prepare_op_});
  }
  const bool usable = listed_now_ || (!look_again_ && list_op_ == 0);
  if (look_again_ && list_op_ == 0) look();
  if (usable && !own_.empty()) take_place();
  if (list_op_ != 0) return;
  read_members();
  if (!settle_strays()) return;
  if (leaving_) left();
  if (wanted_ && own_.empty()) create();
}

void ZkElection::left() {
  leaving_ = false;
  note("left the queue");
  emit(Left{});
}

OpId ZkElection::sync() {
  const OpId op = next_op();
  syncs_[op] = now_;
  emit(Sync{op, latch_});
  return op;
}

void ZkElection::look() {
  look_again_ = false;
  list_sent_ = now_;
  if (safeguards_.sync_before_list) sync();
  list_op_ = next_op();
  list_watches_ = list_watch_ == 0;
  emit(List{list_op_, latch_, list_watches_});
}

void ZkElection::create() {
  note("joining: create candidate");
  create_op_ = next_op();
  emit(Create{create_op_, latch_ + "/" + candidate_prefix(guid_), encode_candidate(*wanted_)});
}

void ZkElection::verify() {
  own_sent_ = now_;
  sync();
  own_op_ = next_op();
  own_watches_ = own_watch_ == 0;
  emit(Exists{own_op_, path_of(own_), own_watches_});
}

void ZkElection::remove(const std::string& name) {
  if (delete_op_ != 0) return;
  delete_name_ = name;
  delete_op_ = next_op();
  emit(Delete{delete_op_, path_of(name)});
}

/// The newest node with our guid that is not our candidate: left over by a create whose reply was
/// lost, or by a former session.
const CandidateName* ZkElection::stray() const {
  if (!safeguards_.adopt_own) return nullptr;
  const auto is_stray = [this](const CandidateName& each) { return each.guid == guid_ && each.text != own_; };
  const auto doomless = std::find_if(order_.rbegin(), order_.rend(), [&](const CandidateName& each) {
    return is_stray(each) && !doomed_.contains(each.text);
  });
  if (doomless != order_.rend()) return &*doomless;
  const auto any = std::find_if(order_.rbegin(), order_.rend(), is_stray);
  return any == order_.rend() ? nullptr : &*any;
}

/// Adopts or deletes our own left-over nodes; says whether there are none any more.
bool ZkElection::settle_strays() {
  if (stray_op_ != 0 || delete_op_ != 0) return false;
  const CandidateName* const found = stray();
  if (found == nullptr) {
    maybe_created_ = false;
    return true;
  }
  const bool adoptable = wanted_ && !leaving_ && own_.empty() && !doomed_.contains(found->text);
  if (adoptable) {
    stray_name_ = found->text;
    stray_op_ = next_op();
    emit(Exists{stray_op_, path_of(stray_name_), false});
  } else {
    remove(found->text);
  }
  return false;
}

/// The nearest candidate before ours, or nothing if we are the first.
const CandidateName* ZkElection::predecessor() const {
  const CandidateName* nearest = nullptr;
  for (const CandidateName& each : order_) {
    if (each.text == own_) return nearest;
    if (each.guid == guid_ && safeguards_.skip_own) continue;
    if (!impostors_.contains(each.text)) nearest = &each;
  }
  return nullptr;
}

void ZkElection::take_place() {
  const bool listed =
      std::any_of(order_.begin(), order_.end(), [this](const CandidateName& each) { return each.text == own_; });
  if (!listed || leaving_ || told_may_claim_ || before_op_ != 0) return;
  const CandidateName* const before = predecessor();
  if (before == nullptr) {
    if (!own_verified_) return;
    told_may_claim_ = true;
    note("first in the queue with " + own_);
    return emit(MayClaim{std::exchange(noticed_, std::nullopt).value_or(now_)});
  }
  if (before_watch_ != 0 && before_name_ == before->text) {
    noticed_.reset();
    return;
  }
  before_watch_ = 0;
  before_name_ = before->text;
  before_op_ = next_op();
  emit(Exists{before_op_, path_of(before_name_), true});
}

void ZkElection::read_members() {
  std::size_t seen = 0;
  bool complete = true;
  for (const CandidateName& each : order_) {
    if (++seen > kMembersMax) break;
    if (impostors_.contains(each.text) || members_.contains(each.text)) continue;
    complete = false;
    const bool asked =
        std::any_of(member_ops_.begin(), member_ops_.end(), [&](const auto& op) { return op.second == each.text; });
    if (asked || member_ops_.size() >= kMemberReadsMax) continue;
    const OpId op = next_op();
    member_ops_[op] = each.text;
    emit(Get{op, path_of(each.text)});
  }
  if (complete) show_members();
}

void ZkElection::show_members() {
  std::vector<Candidate> members;
  for (const CandidateName& each : order_) {
    const auto it = members_.find(each.text);
    if (it != members_.end() && !impostors_.contains(each.text)) members.push_back(it->second);
  }
  if (members == shown_) return;
  shown_ = members;
  emit(Members{std::move(members)});
}

}  // namespace stellwerk::leadership
