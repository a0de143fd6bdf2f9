#include "master/driver.h"

#include "base/assert.h"

namespace stellwerk::master {
namespace {

std::int64_t micros(Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

bool Liveness::alive(Time now) const {
  return micros(now) - beat_us.load(std::memory_order_acquire) <=
         std::chrono::duration_cast<std::chrono::microseconds>(kLateMax).count();
}

bool Liveness::acting(Time now) const {
  return alive(now) && micros(now) < act_until_us.load(std::memory_order_acquire);
}

Driver::Driver(Executor& executor, Coordination& coordination, AsyncBlobStore& storage, Options options,
               DriverHooks hooks)
    : executor_(executor),
      coordination_(coordination),
      storage_(storage),
      hooks_(std::move(hooks)),
      core_(std::move(options)),
      alive_(std::make_shared<Driver*>(this)) {}

Driver::~Driver() {
  *alive_ = nullptr;
  executor_.cancel(beat_timer_);
}

void Driver::start() {
  hooks_.publish(core_.view());
  coordination_.start(*this);
  beat();
}

void Driver::beat() {
  beat_timer_ = executor_.after(kBeat, [this] { beat(); });
  step(event::Beat{});
}

void Driver::step(Event event) {
  const Time now = executor_.now();
  std::vector<Effect> effects = core_.step({now, executor_.wall_ms()}, std::move(event));
  liveness_->beat_us.store(micros(now), std::memory_order_release);
  liveness_->act_until_us.store(micros(core_.act_until()), std::memory_order_release);
  for (auto& effect : effects) std::visit([this](auto& e) { perform(e); }, effect);
}

Ticket Driver::ticket_for(Handler done) {
  callers_.emplace(++last_ticket_, std::move(done));
  return last_ticket_;
}

void Driver::request(jobs::Change change, Time deadline, Handler done) {
  step(event::Requested{ticket_for(std::move(done)), std::move(change), deadline});
}

void Driver::transfer(Time deadline, Handler done) {
  step(event::TransferWanted{ticket_for(std::move(done)), deadline});
}

void Driver::end_cluster(Time deadline, Handler done) {
  step(event::EndWanted{ticket_for(std::move(done)), deadline});
}

void Driver::hear_death(link::Death death, std::function<void(DeathAnswer)> done) {
  const Ticket ticket = ++last_ticket_;
  guards_.emplace(ticket, std::move(done));
  step(event::DeathTold{ticket, std::move(death)});
  guards_.erase(ticket);  // of a core that has ended
}

void Driver::accept(std::unique_ptr<link::Link> link) {
  const LinkId id = ++last_link_;
  link::Link& entered = *links_.emplace(id, std::move(link)).first->second;
  entered.listen({[this, id](link::Message message) {
                    step(event::LinkReceived{id, std::move(message)});
                  },
                  [this, id](const std::string& why) {
                    links_.erase(id);
                    step(event::LinkClosed{id, why});
                  }});
  step(event::LinkOpened{id, entered.peer()});
}

void Driver::stop() {
  step(event::StopWanted{});
}

void Driver::on_status(const CoordinationStatus& status) {
  step(event::StatusChanged{status});
}
void Driver::on_contact(Time sent, Duration valid_for) {
  step(event::Contact{sent, valid_for});
}
void Driver::on_may_claim(Time noticed) {
  step(event::MayClaim{noticed});
}
void Driver::on_lock_lost(bool session_lost, const std::string& why) {
  step(event::LockLost{session_lost, why});
}
void Driver::on_head(const HeadReading& reading) {
  step(event::HeadSeen{reading});
}
void Driver::on_members(const std::vector<Candidate>& members) {
  step(event::MembersSeen{members});
}
void Driver::on_refused(const Error& error) {
  step(event::Refused{error});
}

// Completions hold a weak way back: one that comes after the driver's end is dropped here.

void Driver::perform(Join& effect) {
  coordination_.join(effect.candidate);
}

void Driver::perform(Leave& effect) {
  coordination_.leave([alive = alive_, op = effect.op] {
    if (*alive) (*alive)->step(event::Left{op});
  });
}

void Driver::perform(ReadHead& effect) {
  coordination_.read_head([alive = alive_, op = effect.op](Result<HeadReading> result) {
    if (*alive) (*alive)->step(event::HeadRead{op, std::move(result)});
  });
}

void Driver::perform(WriteHead& effect) {
  coordination_.write_head(std::move(effect.bytes), effect.expected,
                           [alive = alive_, op = effect.op](WriteResult result) {
                             if (*alive) (*alive)->step(event::HeadWritten{op, std::move(result)});
                           });
}

void Driver::perform(Announce& effect) {
  coordination_.announce(std::move(effect.leader_json));
}

void Driver::perform(LoadFile& effect) {
  storage_.get(effect.name, [alive = alive_, op = effect.op, name = effect.name](Result<std::string> bytes) {
    if (!*alive) return;
    Driver& self = **alive;
    if (bytes.has_error()) {
      self.step(event::Loaded{op, bytes.error()});
      return;
    }
    struct Work {
      std::string bytes;
      Result<journal::DecodedFile> file{make_error(Errc::failed, "not decoded")};
    };
    auto work = std::make_shared<Work>();
    work->bytes = std::move(*bytes);
    self.storage_.run([work, name] { work->file = journal::decode_file(name, work->bytes); },
                      [alive, op, work] {
                        if (*alive) (*alive)->step(event::Loaded{op, std::move(work->file)});
                      });
  });
}

void Driver::perform(GetBlob& effect) {
  storage_.get(effect.name, [alive = alive_, op = effect.op](Result<std::string> result) {
    if (*alive) (*alive)->step(event::Got{op, std::move(result)});
  });
}

void Driver::perform(PutBlob& effect) {
  auto bytes = std::make_shared<std::atomic<std::size_t>>(0);
  auto make = [make = std::move(effect.make), bytes] {
    std::string made = make();
    bytes->store(made.size());
    return made;
  };
  storage_.put(effect.name, std::move(make), [alive = alive_, op = effect.op, bytes](PutResult result) {
    if (*alive) (*alive)->step(event::Put{op, std::move(result), bytes->load()});
  });
}

void Driver::perform(ListBlobs& effect) {
  storage_.list(effect.prefix, [alive = alive_, op = effect.op](Result<std::vector<BlobInfo>> result) {
    if (*alive) (*alive)->step(event::Listed{op, std::move(result)});
  });
}

void Driver::perform(RemoveBlob& effect) {
  storage_.remove(effect.name, [alive = alive_, op = effect.op](Result<void> result) {
    if (*alive) (*alive)->step(event::Removed{op, std::move(result)});
  });
}

void Driver::perform(ProbeStorage& effect) {
  storage_.probe([alive = alive_, op = effect.op](Result<void> result) {
    if (*alive) (*alive)->step(event::Probed{op, std::move(result)});
  });
}

void Driver::perform(EraseCluster& effect) {
  coordination_.erase_cluster([alive = alive_, op = effect.op](Result<void> result) {
    if (*alive) (*alive)->step(event::Erased{op, std::move(result)});
  });
}

void Driver::perform(AskPeer& effect) {
  hooks_.ask_peer(effect.rest, [alive = alive_, op = effect.op](Result<event::PeerState> result) {
    if (*alive) (*alive)->step(event::PeerAnswered{op, std::move(result)});
  });
}

void Driver::perform(SendLink& effect) {
  const auto at = links_.find(effect.link);
  if (at != links_.end()) at->second->send(effect.message);
}

void Driver::perform(CloseLink& effect) {
  const auto node = links_.extract(effect.link);
  if (!node.empty()) node.mapped()->close();
}

void Driver::perform(Answer& effect) {
  const auto it = callers_.find(effect.ticket);
  STELLWERK_ASSERT(it != callers_.end(), "every caller is answered once");
  executor_.post([done = std::move(it->second), reply = std::move(effect.reply)] { done(reply); });
  callers_.erase(it);
}

void Driver::perform(AnswerDeath& effect) {
  const auto node = guards_.extract(effect.ticket);
  STELLWERK_ASSERT(!node.empty(), "every guard is answered once");
  executor_.post([done = std::move(node.mapped()), answer = std::move(effect.answer)] { done(answer); });
}

void Driver::perform(Continue&) {
  executor_.post([alive = alive_] {
    if (*alive) (*alive)->step(event::Slice{});
  });
}

void Driver::perform(BeatSoon&) {
  executor_.cancel(beat_timer_);
  beat_timer_ = executor_.after(kBeatSoon, [this] { beat(); });
}

void Driver::perform(Publish&) {
  hooks_.publish(core_.view());
}
void Driver::perform(Note& effect) {
  hooks_.log(effect.level, effect.text);
}
void Driver::perform(Exit& effect) {
  hooks_.exit(effect.code, effect.why);
}

}  // namespace stellwerk::master
