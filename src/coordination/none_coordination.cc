#include "coordination/none_coordination.h"

#include <utility>

#include "base/assert.h"
#include "coordination/local_coordination.h"
#include "coordination/local_file_system.h"

namespace stellwerk::coordination {
namespace {

constexpr Duration kContactValid = std::chrono::seconds(10);
constexpr Duration kContactInterval = std::chrono::seconds(1);

}  // namespace

std::unique_ptr<Coordination> make_single_coordination(Executor& executor, LocalPlace place) {
  return std::make_unique<LocalCoordination>(executor, std::move(place), LocalMode::single);
}

std::optional<std::string> single_master_warning(const LocalPlace& place) {
  const auto kind = file_system_of(place.storage_dir);
  if (!kind || kind->local) return std::nullopt;
  return "high-availability.type is NONE and " + place.storage_dir + " is on " + kind->name +
         ", which other hosts may share: nothing keeps a master of another host from using it at the same time; set "
         "type zookeeper if there can be one";
}

MemoryCoordination::~MemoryCoordination() {
  *alive_ = false;
  executor_.cancel(timer_);
}

void MemoryCoordination::later(std::function<void()> task) {
  executor_.post([alive = alive_, task = std::move(task)] {
    if (*alive) task();
  });
}

void MemoryCoordination::start(CoordinationListener& listener) {
  STELLWERK_ASSERT(listener_ == nullptr, "start() is called once");
  listener_ = &listener;
  later([this] {
    if (closed_) return;
    listener_->on_status({"none", "connected", "", 0, ""});
    listener_->on_head(memory_.head);
  });
}

void MemoryCoordination::join(const Candidate& candidate) {
  if (candidate_) return;
  candidate_ = candidate;
  later([this, id = candidate.id] {
    if (closed_ || !candidate_) return;
    tell_members();
    contact();
    listener_->on_may_claim(executor_.now());
  });
}

void MemoryCoordination::tell_members() {
  listener_->on_members(candidate_ ? std::vector<Candidate>{*candidate_} : std::vector<Candidate>{});
}

void MemoryCoordination::contact() {
  executor_.cancel(timer_);
  if (closed_ || !candidate_) return;
  timer_ = executor_.after(kContactInterval, [this] { contact(); });
  listener_->on_contact(executor_.now(), kContactValid);
}

void MemoryCoordination::leave(Handler done) {
  candidate_.reset();
  later([this, done = std::move(done)] {
    if (!closed_) tell_members();
    done();
  });
}

void MemoryCoordination::read_head(ReadHandler done) {
  later([this, done = std::move(done)] { done(memory_.head); });
}

WriteResult MemoryCoordination::write(std::string bytes, HeadVersion expected) {
  if (bytes.size() > kHeadBytesMax)
    return {WriteOutcome::mismatch, {}, "the head is over the limit of " + std::to_string(kHeadBytesMax) + " bytes"};
  const bool matches = expected.absent() ? memory_.head.version.absent() : expected == memory_.head.version;
  if (!matches) return {WriteOutcome::mismatch, {}, "another head stands"};
  if (expected.absent()) memory_.head.version = {++memory_.generation, 0};
  ++memory_.head.version.version;
  memory_.head.bytes = std::move(bytes);
  return {WriteOutcome::ok, memory_.head.version, {}};
}

void MemoryCoordination::write_head(std::string bytes, HeadVersion expected, WriteHandler done) {
  const bool in_queue = candidate_.has_value();
  later([this, bytes = std::move(bytes), expected, in_queue, done = std::move(done)] {
    if (!in_queue) return done({WriteOutcome::mismatch, {}, "this master is not in the queue"});
    const WriteResult result = write(bytes, expected);
    if (result.outcome == WriteOutcome::ok && !closed_)
      later([this] {
        if (!closed_) listener_->on_head(memory_.head);
      });
    done(result);
  });
}

void MemoryCoordination::announce(std::string) {}

void MemoryCoordination::erase_cluster(std::function<void(Result<void>)> done) {
  candidate_.reset();
  later([this, done = std::move(done)] {
    memory_.head = {};
    if (!closed_) {
      listener_->on_head(memory_.head);
      tell_members();
    }
    done({});
  });
}

void MemoryCoordination::close(Handler done) {
  candidate_.reset();
  closed_ = true;
  later(std::move(done));
}

}  // namespace stellwerk::coordination
