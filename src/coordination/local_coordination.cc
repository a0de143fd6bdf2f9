#include "coordination/local_coordination.h"

#include <utility>

#include "base/assert.h"
#include "coordination/local_worker.h"

namespace stellwerk::coordination {

/// The worker, and its events carried to the loop.
class LocalCoordination::Worker : public LocalEvents {
 public:
  Worker(LocalCoordination& owner, LocalPlace place, LocalMode mode)
      : owner_(owner),
        executor_(owner.executor_),
        alive_(owner.alive_),
        thread_(executor_, std::move(place), mode, *this) {}

  void submit(LocalWorker::Work work) { thread_.submit(std::move(work)); }

  void status(const std::string& state, const std::string& detail) override {
    tell([state, detail](LocalCoordination& c) {
      const char* type = c.mode_ == LocalMode::queue ? "local" : "none";
      c.listener_->on_status({type, state, "", 0, detail});
    });
  }
  void contact(std::uint64_t term, Time sent) override {
    tell([term, sent](LocalCoordination& c) {
      if (c.tells(term)) c.listener_->on_contact(sent, kLocalContactValid);
    });
  }
  void may_claim(std::uint64_t term) override {
    tell([term](LocalCoordination& c) {
      if (c.tells(term)) c.listener_->on_may_claim(c.executor_.now());
    });
  }
  void lock_lost(std::uint64_t term, const std::string& why) override {
    tell([term, why](LocalCoordination& c) {
      if (!c.tells(term)) return;
      c.in_queue_ = false;
      c.listener_->on_lock_lost(false, why);
    });
  }
  void head(const HeadReading& reading) override {
    tell([reading](LocalCoordination& c) { c.listener_->on_head(reading); });
  }
  void members(const std::vector<Candidate>& members) override {
    tell([members](LocalCoordination& c) { c.listener_->on_members(members); });
  }
  void refused(const Error& error) override {
    tell([error](LocalCoordination& c) { c.listener_->on_refused(error); });
  }

 private:
  void tell(std::function<void(LocalCoordination&)> what) {
    executor_.post([&owner = owner_, alive = alive_, what = std::move(what)] {
      if (*alive && !owner.closed_) what(owner);
    });
  }

  LocalCoordination& owner_;
  Executor& executor_;
  std::shared_ptr<bool> alive_;
  LocalWorker thread_;
};

LocalCoordination::LocalCoordination(Executor& executor, LocalPlace place, LocalMode mode)
    : executor_(executor), place_(std::move(place)), mode_(mode) {}

LocalCoordination::~LocalCoordination() {
  *alive_ = false;
  for (const auto& [id, operation] : operations_) executor_.cancel(operation.timer);
}

void LocalCoordination::start(CoordinationListener& listener) {
  STELLWERK_ASSERT(listener_ == nullptr, "start() is called once");
  listener_ = &listener;
  worker_ = std::make_unique<Worker>(*this, place_, mode_);
}

template <class T>
void LocalCoordination::ask(std::function<T(LocalSession&)> work, T if_late, Duration limit,
                            std::function<void(T)> done) {
  STELLWERK_ASSERT(worker_ != nullptr && !closed_, "start() comes first, close() last");
  const std::uint64_t id = next_operation_++;
  const auto shared_done = std::make_shared<std::function<void(T)>>(std::move(done));
  Operation operation;
  operation.expire = [shared_done, if_late = std::move(if_late)] { (*shared_done)(if_late); };
  operation.timer = executor_.after(limit, [this, id] {
    const auto late = operations_.extract(id);
    if (!late.empty()) late.mapped().expire();
  });
  operations_.emplace(id, std::move(operation));
  worker_->submit([this, id, work = std::move(work), weak = std::weak_ptr(shared_done), alive = alive_,
                   &executor = executor_](LocalSession& session) {
    executor.post([this, id, weak, alive, answer = work(session)] {
      if (!*alive) return;
      const auto asked = operations_.extract(id);
      if (asked.empty()) return;
      executor_.cancel(asked.mapped().timer);
      (*weak.lock())(answer);
    });
  });
}

void LocalCoordination::join(const Candidate& candidate) {
  STELLWERK_ASSERT(worker_ != nullptr && !closed_, "start() comes first, close() last");
  if (in_queue_) return;
  in_queue_ = true;
  ++term_;
  worker_->submit([candidate, term = term_](LocalSession& session) { session.join(candidate, term); });
}

void LocalCoordination::leave(Handler done) {
  in_queue_ = false;
  ask<bool>(
      [](LocalSession& session) {
        session.leave();
        return true;
      },
      true, kLocalOperationTimeout, [done = std::move(done)](bool) { done(); });
}

void LocalCoordination::read_head(ReadHandler done) {
  ask<Result<HeadReading>>([](LocalSession& session) { return session.read_head(); },
                           make_error(Errc::unavailable, "the disk did not answer within 10 s"), kLocalOperationTimeout,
                           std::move(done));
}

void LocalCoordination::write_head(std::string bytes, HeadVersion expected, WriteHandler done) {
  std::string refusal;
  if (bytes.size() > kHeadBytesMax)
    refusal =
        "a head of " + std::to_string(bytes.size()) + " bytes is over the limit of " + std::to_string(kHeadBytesMax);
  else if (!in_queue_)
    refusal = "this master is not in the queue";
  ask<WriteResult>(
      [bytes = std::move(bytes), expected, refusal](LocalSession& session) {
        if (!refusal.empty()) return WriteResult{WriteOutcome::mismatch, {}, refusal};
        return session.write_head(bytes, expected);
      },
      {WriteOutcome::unknown, {}, "the disk did not answer within 10 s"}, kLocalOperationTimeout, std::move(done));
}

void LocalCoordination::announce(std::string leader_json) {
  STELLWERK_ASSERT(worker_ != nullptr && !closed_, "start() comes first, close() last");
  worker_->submit([json = std::move(leader_json)](LocalSession& session) { session.announce(json); });
}

void LocalCoordination::erase_cluster(std::function<void(Result<void>)> done) {
  in_queue_ = false;
  ask<Result<void>>([](LocalSession& session) { return session.erase_cluster(); },
                    make_error(Errc::unknown, "the disk did not answer within 10 s"), kLocalOperationTimeout,
                    std::move(done));
}

void LocalCoordination::expire_all() {
  for (auto& [id, operation] : std::exchange(operations_, {})) {
    executor_.cancel(operation.timer);
    operation.expire();
  }
}

void LocalCoordination::close(Handler done) {
  in_queue_ = false;
  ask<bool>(
      [](LocalSession& session) {
        session.close();
        return true;
      },
      true, kLocalCloseTimeout,
      [this, done = std::move(done)](bool) {
        expire_all();
        done();
      });
  closed_ = true;
}

}  // namespace stellwerk::coordination
