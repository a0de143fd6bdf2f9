#include "app/repair_writer.h"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "app/coordination_choice.h"
#include "app/damaged_register.h"
#include "coordination/system_resolver.h"
#include "journal/commit.h"
#include "loop/asio_executor.h"
#include "storage/pooled_blob_store.h"

namespace stellwerk::app {
namespace {

using journal::Commit;
using journal::CommitStep;

/// A candidate that dies with its process must not stand in a cluster's way for long.
constexpr std::chrono::seconds kSessionTimeout{10};

config::MasterOptions short_lived(config::MasterOptions options) {
  if (options.zookeeper) options.zookeeper->session_timeout = kSessionTimeout;
  return options;
}

class RepairWriter final : public CoordinationListener {
 public:
  RepairWriter(const config::MasterOptions& options, BlobStore& store, RepairOrder order, std::string id, Log log)
      : options_(short_lived(options)),
        order_(std::move(order)),
        id_(std::move(id)),
        log_(std::move(log)),
        executor_(io_),
        resolver_(executor_),
        store_(store),
        blobs_(store, executor_) {}

  Result<RepairLeftovers> run() {
    auto made = make_coordination(options_, id_, {io_, executor_, resolver_, log_, memory_, nullptr});
    if (made.has_error()) return made.error();
    coordination_ = std::move(*made);
    coordination_->start(*this);
    executor_.after(kRepairClaimMax, [this] {
      if (!claiming_) end(make_error(Errc::unavailable, "the register could not be claimed: " + state_));
    });
    executor_.after(kRepairMax, [this] {
      end(make_error(Errc::unknown,
                     "it took over " + std::to_string(kRepairMax.count()) + " min; look again with stellwerk fsck"));
    });
    io_.run();
    if (failure_) return *failure_;
    return leftovers_;
  }

 private:
  // What the coordination tells.
  void on_status(const CoordinationStatus& status) override {
    state_ = status.state + (status.detail.empty() ? "" : ", " + status.detail);
    if (status.state != "connected" || joined_) return;
    joined_ = true;
    Candidate self;
    self.id = id_;
    self.host = "stellwerk fsck";
    self.since_ms = executor_.wall_ms();
    coordination_->join(self);
    state_ = "connected, but not the first in the queue";
  }
  void on_contact(Time, Duration) override {}
  void on_may_claim(Time) override {
    if (claiming_) return;
    claiming_ = true;
    coordination_->read_head([this](const Result<HeadReading>& reading) { claim(reading); });
  }
  void on_lock_lost(bool, const std::string& why) override {
    end(make_error(commit_ ? Errc::unknown : Errc::lost, "the lock was lost: " + why));
  }
  void on_head(const HeadReading&) override {}
  void on_members(const std::vector<Candidate>& members) override {
    if (claiming_ || ended_) return;
    for (const auto& member : members) {
      if (member.id == id_ || !asked_.insert(member.id).second) continue;
      const std::string who = member.rest.empty() ? member.host : member.rest;
      if (order_.answers(member.rest))
        return end(
            make_error(Errc::refused, "masters are running (" + who + "); stop them first: bin/stop-cluster.sh"));
      order_.waits(who);
    }
  }
  void on_refused(const Error& error) override { end(error); }

  // The steps, in their order.
  void claim(const Result<HeadReading>& reading) {
    if (reading.has_error()) return end(reading.error());
    if (reading->bytes != order_.examined.bytes)
      return end(make_error(Errc::refused, "the register has changed since it was looked at; run it again"));
    commit(order_.claim, reading->version, [this](HeadVersion version) { put_files(version); });
  }

  void put_files(HeadVersion version) {
    auto put = std::make_shared<Result<void>>();
    blobs_.run([this, put] { *put = put_repair_files(store_, order_.files, order_.repaired); },
               [this, put, version] {
                 if (put->has_error()) return end(put->error());
                 commit(order_.repaired, version, [this](HeadVersion) { tidy_up(); });
               });
  }

  void tidy_up() {
    stands_ = true;
    auto left = std::make_shared<RepairLeftovers>();
    blobs_.run([this, left] { *left = tidy_after_repair(store_, order_.files, order_.repaired); },
               [this, left] {
                 leftovers_.insert(leftovers_.end(), left->begin(), left->end());
                 end(std::nullopt);
               });
  }

  // One write of the head, settled whatever becomes of it.
  void commit(const model::Head& next, HeadVersion expected, std::function<void(HeadVersion)> then) {
    commit_.emplace(journal::CommitPlan{next, expected, std::nullopt});
    then_ = std::move(then);
    perform(commit_->start());
  }

  void perform(CommitStep step) {
    if (ended_) return;
    switch (step) {
      case CommitStep::put_segment: return;  // there is none in these
      case CommitStep::write_head:
        return coordination_->write_head(model::encode_head(commit_->plan().next), commit_->plan().expected,
                                         [this](const WriteResult& result) { perform(commit_->on_write(result)); });
      case CommitStep::read_head:
        return coordination_->read_head(
            [this](const Result<HeadReading>& reading) { perform(commit_->on_read(reading)); });
      case CommitStep::wait: executor_.after(commit_->backoff(), [this] { perform(commit_->on_wake()); }); return;
      case CommitStep::finished: break;
    }
    const auto& done = commit_->end();
    if (done.result == journal::CommitResult::committed) return then_(done.version);
    end(make_error(
        done.fate == journal::Fate::unknown ? Errc::unknown : Errc::refused,
        "the register was not written: " + (done.why.text.empty() ? "somebody else wrote it" : done.why.text)));
  }

  void end(std::optional<Error> failure) {
    if (ended_) return;
    ended_ = true;
    if (failure && stands_)
      leftovers_.push_back(failure->text);
    else
      failure_ = std::move(failure);
    executor_.post([this] { coordination_->close([this] { io_.stop(); }); });
  }

  const config::MasterOptions options_;
  const RepairOrder order_;
  const std::string id_;
  const Log log_;
  boost::asio::io_context io_{1};
  loop::AsioExecutor executor_;
  coordination::SystemResolver resolver_;
  coordination::MemoryRegister memory_;
  BlobStore& store_;
  storage::PooledBlobStore blobs_;
  std::unique_ptr<Coordination> coordination_;
  std::string state_ = "connecting";
  std::set<std::string> asked_;  ///< members that were asked whether they live
  bool joined_ = false;
  bool claiming_ = false;
  bool stands_ = false;  ///< the repair; what follows is tidying
  bool ended_ = false;
  std::optional<Commit> commit_;
  std::function<void(HeadVersion)> then_;
  std::optional<Error> failure_;
  RepairLeftovers leftovers_;
};

/// Under the lock from the claim to the end: a master that waits sees a whole head, and may not lead by it yet.
Result<RepairLeftovers> write_over_damaged(const config::MasterOptions& options, BlobStore& store,
                                           const RepairOrder& order) {
  auto damaged = DamagedRegister::hold(options);
  if (damaged.has_error()) return damaged.error();
  // Files that no head names would count for the next who makes the register anew.
  const auto claimed = damaged->write_over(model::encode_head(order.claim), *order.over_damaged);
  if (claimed.has_error()) return claimed.error();
  if (const auto put = put_repair_files(store, order.files, order.repaired); put.has_error()) return put.error();
  if (const auto written = damaged->write(model::encode_head(order.repaired), *claimed); written.has_error())
    return written.error();
  return tidy_after_repair(store, order.files, order.repaired);
}

}  // namespace

Result<RepairLeftovers> write_repair(const config::MasterOptions& options, BlobStore& store, RepairOrder order,
                                     const std::string& id) {
  if (order.over_damaged) return write_over_damaged(options, store, order);
  auto log = Log::open("", "OFF");
  if (log.has_error()) return log.error();
  return RepairWriter(options, store, std::move(order), id, std::move(*log)).run();
}

}  // namespace stellwerk::app
