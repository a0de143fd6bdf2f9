#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/assert.h"
#include "coordination/zookeeper_coordination_connection.h"

namespace stellwerk::coordination {

using leadership::ZkSession;
namespace election = leadership::election;

namespace {

std::string session_text(std::int64_t id) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(id));
  return text;
}

std::string utc_text(WallMs wall_ms) {
  const std::time_t seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::int64_t in_ms(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace

ZookeeperCoordination::ZookeeperCoordination(Executor& executor, leadership::ZkClientFactory factory,
                                             ZookeeperOptions options, ZookeeperHooks hooks)
    : executor_(executor),
      factory_(std::move(factory)),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      paths_(options_.ns),
      election_(paths_.latch, options_.guid, options_.safeguards) {
  status_.type = "zookeeper";
}

ZookeeperCoordination::~ZookeeperCoordination() {
  for (Executor::TimerId* timer : {&wake_timer_, &prepare_timer_, &second_timer_, &head_timer_}) cancel(*timer);
}

leadership::ZkClient& ZookeeperCoordination::client() {
  STELLWERK_ASSERT(connection_ != nullptr, "ZooKeeper was asked without a client");
  return *connection_->client;
}

void ZookeeperCoordination::log(const std::string& line) const {
  if (hooks_.log) hooks_.log(line);
}

void ZookeeperCoordination::later(std::function<void()> task) {
  executor_.post([this, alive = std::weak_ptr<bool>(alive_), task = std::move(task)] {
    if (!alive.expired() && !closing_) task();
  });
}

void ZookeeperCoordination::complete(std::function<void()> done) {
  executor_.post([alive = std::weak_ptr<bool>(alive_), done = std::move(done)] {
    if (!alive.expired()) done();
  });
}

void ZookeeperCoordination::abandon_requests(const char* why) {
  const auto requests = std::move(requests_);
  requests_.clear();
  for (const auto& [id, abandon] : requests) abandon(why);
}

void ZookeeperCoordination::tell(std::function<void(CoordinationListener&)> what) {
  later([this, what = std::move(what)] { what(*listener_); });
}

void ZookeeperCoordination::cancel(Executor::TimerId& timer) {
  executor_.cancel(timer);
  timer = 0;
}

std::uint64_t ZookeeperCoordination::begin(std::function<void(const char*)> abandon) {
  requests_.emplace(++last_request_, std::move(abandon));
  return last_request_;
}

void ZookeeperCoordination::set_state(std::string state, std::string detail) {
  CoordinationStatus status = status_;
  status.state = std::move(state);
  status.detail = std::move(detail);
  status.session = session_.id == 0 ? "" : session_text(session_.id);
  status.timeout_ms = in_ms(session_.timeout);
  if (status == status_) return;
  status_ = status;
  tell([status = std::move(status)](CoordinationListener& listener) { listener.on_status(status); });
}

// ---- start, end, and what lies between

void ZookeeperCoordination::start(CoordinationListener& listener) {
  STELLWERK_ASSERT(listener_ == nullptr, "a Coordination is started once");
  listener_ = &listener;
  log("Using '" + paths_.base + "' as Zookeeper namespace.");
  connect();
}

void ZookeeperCoordination::connect() {
  connection_ = std::make_shared<Connection>(*this);
  set_state("connecting", "connecting to " + options_.servers + " since " + utc_text(executor_.wall_ms()));
  connection_->client->start(*connection_);
}

/// Lets a client go, in a later turn since it may be the one that calls.
void ZookeeperCoordination::retire(std::shared_ptr<Connection>& connection, bool end_session) {
  if (!connection) return;
  const Connection* const which = connection.get();
  retired_.push_back(std::move(connection));
  connection = nullptr;
  auto drop = [this, which, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    std::erase_if(retired_, [which](const auto& each) { return each.get() == which; });
  };
  if (end_session) {
    retired_.back()->client->close([this, drop] { executor_.post(drop); });
  } else {
    executor_.post(drop);
  }
}

void ZookeeperCoordination::connected(const ZkSession& session) {
  const bool replaced = session.id != session_.id;
  session_ = session;
  connected_ = true;
  cancel(second_timer_);
  retire(second_, true);
  log("connected to ZooKeeper: session " + session_text(session.id) + ", timeout " +
      std::to_string(in_ms(session.timeout)) + " ms");
  if (hooks_.session) hooks_.session(session);
  if (replaced) head_watch_ = 0;
  if (!prepared_) return prepare_first();
  ready();
  if (!replaced) return;
  // Another version may have been here since: look, but let the election go on.
  prepare([this](const LayoutOutcome& outcome) {
    if (outcome.kind == LayoutOutcome::Kind::refused) refuse(outcome.error);
  });
}

void ZookeeperCoordination::prepare(std::function<void(LayoutOutcome)> done) {
  prepare_layout(client(), paths_, here<LayoutOutcome>([this, done = std::move(done)](const LayoutOutcome& outcome) {
                   done(doubted(outcome));
                 }));
}

/// What was ours a moment ago is perhaps being deleted, node by node: then it soon looks otherwise again.
/// Never `unmarked`.
LayoutOutcome ZookeeperCoordination::doubted(LayoutOutcome outcome) {
  if (outcome.kind != LayoutOutcome::Kind::unmarked) {
    unmarked_since_.reset();
    return outcome;
  }
  if (!unmarked_since_) unmarked_since_ = executor_.now();
  const bool believed = !prepared_ || executor_.now() - *unmarked_since_ >= kUnmarkedPatience;
  outcome.kind = believed ? LayoutOutcome::Kind::refused : LayoutOutcome::Kind::again;
  return outcome;
}

void ZookeeperCoordination::prepare_first() {
  prepare([this](const LayoutOutcome& outcome) {
    if (outcome.kind == LayoutOutcome::Kind::refused) return refuse(outcome.error);
    if (!connected_ || prepared_) return;
    if (outcome.kind == LayoutOutcome::Kind::ready) {
      prepared_ = true;
      return ready();
    }
    set_state("connecting", outcome.error.text);
    cancel(prepare_timer_);
    prepare_timer_ = executor_.after(kRetry, [this] {
      if (connected_ && !prepared_) prepare_first();
    });
  });
}

void ZookeeperCoordination::ready() {
  ready_ = true;
  set_state("connected", "");
  step(election::SessionUp{session_.id, session_.timeout});
  tell_head_anyway_ = true;
  watch_head();
  write_announcement();
}

/// Called when the connection is lost, and again when there is more to say of what is tried.
void ZookeeperCoordination::suspended(const std::string& detail) {
  if (!connected_) return set_state(status_.state, detail);
  connected_ = false;
  ready_ = false;
  log("connection to ZooKeeper lost: " + detail);
  set_state("suspended", detail);
  step(election::Suspended{});
  cancel(second_timer_);
  second_timer_ = executor_.after(session_.timeout * kSuspendedTimeouts, [this] { ask_second_client(); });
}

/// The present client is of no use any more; its session is over or will be.
void ZookeeperCoordination::session_ended() {
  cancel(second_timer_);
  connected_ = ready_ = false;
  session_ = {};
  head_watch_ = 0;
  reading_head_ = false;
  announcing_ = false;
  retire(connection_, false);
  known_layout_.reset();
  unmarked_since_.reset();
  abandon_requests("the session has expired");
  step(election::Expired{});
}

void ZookeeperCoordination::ask_second_client() {
  if (connected_ || refused_) return;
  second_ = std::make_shared<Connection>(*this);
  second_->client->start(*second_);
}

void ZookeeperCoordination::second_connected(const ZkSession& session) {
  if (connected_) return;
  cancel(second_timer_);
  second_timer_ = executor_.after(kSecondGrace, [this, session] {
    if (connected_ || !second_ || refused_) return;
    log("ZooKeeper takes new sessions but not ours any more; dropping session " + session_text(session_.id));
    auto second = std::move(second_);
    second_ = nullptr;
    session_ended();
    connection_ = std::move(second);
    connected(session);
  });
}

void ZookeeperCoordination::second_lost() {
  cancel(second_timer_);
  retire(second_, false);
  if (!connected_ && !refused_) second_timer_ = executor_.after(kSecondGrace, [this] { ask_second_client(); });
}

void ZookeeperCoordination::refuse(const Error& error) {
  if (refused_) return;
  refused_ = true;
  log("ZooKeeper refused us: " + error.text);
  retire(second_, true);
  auto present = std::move(connection_);
  connection_ = nullptr;
  retire(present, true);
  session_ended();
  set_state("refused", error.text);
  tell([error](CoordinationListener& listener) { listener.on_refused(error); });
}

void ZookeeperCoordination::close(Handler done) {
  closing_ = true;
  for (Executor::TimerId* timer : {&wake_timer_, &prepare_timer_, &second_timer_, &head_timer_}) cancel(*timer);
  abandon_requests("shutting down");
  perform(election::Left{});
  retire(second_, true);
  // The owner may destroy us in `done`, hence in a turn that is nobody's callback.
  const auto once = std::make_shared<Handler>(std::move(done));
  const auto finish = [executor = &executor_, once] {
    if (!*once) return;
    executor->post(std::move(*once));
    *once = nullptr;
  };
  if (!connection_) return finish();
  connection_->client->close(finish);
  executor_.after(kCloseMax, finish);
}

}  // namespace stellwerk::coordination
