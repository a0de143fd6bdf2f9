/// Performs what a master's core decides: the thin half of a master, the same in production and in
/// the simulator. It decides nothing.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/async_blob_store.h"
#include "base/executor.h"
#include "link/link.h"
#include "master/master.h"

namespace stellwerk::master {

/// What threads other than the loop's need to tell the truth about this moment. Times are
/// microseconds of the executor's clock.
struct Liveness {
  std::atomic<std::int64_t> beat_us{0};       ///< when the loop last turned
  std::atomic<std::int64_t> act_until_us{0};  ///< until when this master may act as leader

  /// A loop that has not turned for so long is not trusted, whatever the deadline says.
  static constexpr std::chrono::milliseconds kLateMax{500};
  bool alive(Time now) const;
  bool acting(Time now) const;
};

/// What a driver needs besides its ports. Called on the executor.
struct DriverHooks {
  std::function<void(NoteLevel, const std::string&)> log;
  /// The newest view; called before any answer that rests on it is given.
  std::function<void(ViewPtr)> publish;
  /// Asks another master's `/status`.
  std::function<void(std::string rest, std::function<void(Result<event::PeerState>)>)> ask_peer;
  /// The core has ended: the process should. Nothing follows.
  std::function<void(int code, const std::string& why)> exit;
};

/// Call only on the executor. The owner keeps the ports alive longer than the driver, closes the
/// coordination first, and destroys the driver on the executor's thread; callers that still wait
/// then are not answered.
class Driver : public CoordinationListener {
 public:
  using Handler = std::function<void(jobs::Reply)>;

  Driver(Executor& executor, Coordination& coordination, AsyncBlobStore& storage, Options options, DriverHooks hooks);
  ~Driver() override;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  /// Starts the coordination and the beat.
  void start();

  /// Each is answered once, by its deadline (a beat later at most), never from inside the call.
  void request(jobs::Change change, Time deadline, Handler done);
  void transfer(Time deadline, Handler done);
  void end_cluster(Time deadline, Handler done);
  /// A worker's guard says that it is dead. Answered once, unless this master ends; never from inside the call.
  void hear_death(link::Death death, std::function<void(DeathAnswer)> done);
  /// A worker has connected.
  void accept(std::unique_ptr<link::Link> link);
  /// SIGTERM. Ends in DriverHooks::exit.
  void stop();

  const Master& core() const { return core_; }
  /// Other threads may hold it longer than the driver lives.
  std::shared_ptr<const Liveness> liveness() const { return liveness_; }

 private:
  void on_status(const CoordinationStatus& status) override;
  void on_contact(Time sent, Duration valid_for) override;
  void on_may_claim(Time noticed) override;
  void on_lock_lost(bool session_lost, const std::string& why) override;
  void on_head(const HeadReading& reading) override;
  void on_members(const std::vector<Candidate>& members) override;
  void on_refused(const Error& error) override;

  void beat();
  void step(Event event);
  Ticket ticket_for(Handler done);

  void perform(Join& effect);
  void perform(Leave& effect);
  void perform(ReadHead& effect);
  void perform(WriteHead& effect);
  void perform(Announce& effect);
  void perform(LoadFile& effect);
  void perform(GetBlob& effect);
  void perform(PutBlob& effect);
  void perform(ListBlobs& effect);
  void perform(RemoveBlob& effect);
  void perform(ProbeStorage& effect);
  void perform(EraseCluster& effect);
  void perform(AskPeer& effect);
  void perform(SendLink& effect);
  void perform(CloseLink& effect);
  void perform(Answer& effect);
  void perform(AnswerDeath& effect);
  void perform(Continue& effect);
  void perform(BeatSoon& effect);
  void perform(Publish& effect);
  void perform(Note& effect);
  void perform(Exit& effect);

  Executor& executor_;
  Coordination& coordination_;
  AsyncBlobStore& storage_;
  DriverHooks hooks_;
  Master core_;
  const std::shared_ptr<Liveness> liveness_ = std::make_shared<Liveness>();
  Executor::TimerId beat_timer_ = 0;
  Ticket last_ticket_ = 0;
  LinkId last_link_ = 0;
  std::unordered_map<LinkId, std::unique_ptr<link::Link>> links_;
  std::unordered_map<Ticket, Handler> callers_;
  std::unordered_map<Ticket, std::function<void(DeathAnswer)>> guards_;
  /// Completions that outlive the driver find this gone and do nothing.
  std::shared_ptr<Driver*> alive_;
};

}  // namespace stellwerk::master
