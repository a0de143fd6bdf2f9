#include <poll.h>
#include <sys/socket.h>
#include <zookeeper/zookeeper.h>

#include <array>

#include "guard/act.h"

namespace stellwerk::guard {
namespace {

using State = ZookeeperLink::State;

class RemovePlace : public Act {
 public:
  RemovePlace(Session session, Place place, std::size_t first, std::function<bool()> still_wanted, Time now)
      : session_id_(session.id),
        place_(std::move(place)),
        still_wanted_(std::move(still_wanted)),
        until_(now + kActMax),
        link_(std::move(session), ZookeeperLink::Mode::own, first) {}

  ~RemovePlace() override {
    // Otherwise our own session would stay until its timeout.
    if (link_.state() == State::connected && link_.handle().connected()) link_.handle().request_close();
  }

  Wait wait(Time now) override {
    Wait wait = link_.wait(now);
    wait.max = std::min(wait.max, std::max(until_ - now, Duration(0)));
    return wait;
  }

  void turn(Time now, short revents) override {
    link_.turn(now, revents);
    if (link_.state() == State::failed || link_.state() == State::expired)
      finish(false, link_.why());
    else if (link_.state() == State::connected)
      go_on();
    if (!outcome_ && now >= until_) finish(false, "no server has answered in time");
  }

  std::size_t next_server() const override { return link_.server(); }

 private:
  enum class Step { begin, looking, looked, removing, done };

  void go_on() {
    if (step_ == Step::begin) look_at_lock();
    if (step_ == Step::looked) remove();
  }

  void look_at_lock() {
    step_ = Step::looking;
    const zookeeper::Handle::Call call(link_.handle());
    const int rc = zoo_aexists(call.zh, place_.lock.c_str(), 0, &RemovePlace::lock_seen, this);
    if (rc != ZOK) finish(false, zerror(rc));
  }

  static void lock_seen(int rc, const Stat* stat, const void* data) {
    auto& self = *static_cast<RemovePlace*>(const_cast<void*>(data));
    self.lock_is_ours_ = rc == ZOK && stat->ephemeralOwner == self.session_id_;
    self.lock_version_ = rc == ZOK ? stat->version : -1;
    self.step_ = Step::looked;
  }

  void remove() {
    if (!still_wanted_()) return finish(false, "the master turns again");
    step_ = Step::removing;
    zoo_delete_op_init(&ops_[0], place_.candidate.c_str(), -1);
    if (lock_is_ours_) zoo_delete_op_init(&ops_[1], place_.lock.c_str(), lock_version_);
    const zookeeper::Handle::Call call(link_.handle());
    const int rc =
        zoo_amulti(call.zh, lock_is_ours_ ? 2 : 1, ops_.data(), results_.data(), &RemovePlace::removed, this);
    if (rc != ZOK) finish(false, zerror(rc));
  }

  static void removed(int rc, const void* data) {
    auto& self = *static_cast<RemovePlace*>(const_cast<void*>(data));
    const int candidate = self.results_[0].err;
    if (rc == ZOK || candidate == ZNONODE) return self.finish(true, {});
    // Only the announcement stands in the way: it was renewed or removed in between.
    if (self.lock_is_ours_ && rc != ZNOAUTH && rc != ZCONNECTIONLOSS) {
      self.lock_is_ours_ = false;
      self.step_ = Step::looked;
      return;
    }
    self.finish(false, zerror(rc));
  }

  void finish(bool gone, std::string why) {
    step_ = Step::done;
    if (!outcome_) outcome_ = Outcome{gone, std::move(why)};
  }

  const std::int64_t session_id_;
  const Place place_;
  const std::function<bool()> still_wanted_;
  const Time until_;
  Step step_ = Step::begin;
  bool lock_is_ours_ = false;
  int lock_version_ = -1;
  std::array<zoo_op_t, 2> ops_{};
  std::array<zoo_op_result_t, 2> results_{};
  /// Last, so that its completions, which its end runs, find the rest.
  ZookeeperLink link_;
};

}  // namespace

std::unique_ptr<Act> remove_place(Session session, Place place, std::size_t first_server,
                                  std::function<bool()> still_wanted, Time now) {
  return std::make_unique<RemovePlace>(std::move(session), std::move(place), first_server, std::move(still_wanted),
                                       now);
}

}  // namespace stellwerk::guard
