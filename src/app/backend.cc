#include "app/backend.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility>

namespace stellwerk::app {
namespace {

/// For pages, folders and events: each is short, and the feed of events may rest on one.
constexpr std::size_t kWorkers = 2;
/// For job specs, of which each is bounded and may take seconds.
constexpr std::size_t kReaders = 2;

std::mt19937_64 seeded() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

jobs::Reply gone() {
  jobs::Reply reply;
  reply.kind = jobs::Reply::Kind::unavailable;
  reply.text = "Nothing happened: this master is starting or shutting down";
  return reply;
}

}  // namespace

MasterBackend::MasterBackend(Executor& executor, const loop::TurnMeter& turns, master::ViewPtr first)
    : executor_(executor),
      turns_(turns),
      workers_(std::make_unique<boost::asio::thread_pool>(kWorkers)),
      readers_(std::make_unique<boost::asio::thread_pool>(kReaders)),
      waiters_(executor, api::kWaitersMax),
      view_(std::move(first)),
      random_(seeded()) {}

MasterBackend::~MasterBackend() {
  close();
}

void MasterBackend::close() {
  attach(nullptr);
  workers_->stop();
  readers_->stop();
  workers_->join();
  readers_->join();
}

void MasterBackend::attach(master::Driver* driver) {
  driver_ = driver;
  const std::lock_guard lock(mutex_);
  liveness_ = driver != nullptr ? driver->liveness() : none_;
}

void MasterBackend::publish(master::ViewPtr view) {
  {
    const std::lock_guard lock(mutex_);
    view_ = view;
  }
  waiters_.look(*view);
}

master::ViewPtr MasterBackend::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

std::shared_ptr<const master::Liveness> MasterBackend::liveness() const {
  const std::lock_guard lock(mutex_);
  return liveness_;
}

void MasterBackend::wait_for(api::Awaited awaited, Time deadline, std::function<void(api::Waited)> done) {
  executor_.post([this, deadline, awaited = std::move(awaited), done = std::move(done)]() mutable {
    waiters_.add(*view(), std::move(awaited), deadline, std::move(done));
  });
}

void MasterBackend::on_loop(Handler done, std::function<void(master::Driver&, Handler)> ask) {
  executor_.post([this, done = std::move(done), ask = std::move(ask)]() mutable {
    if (driver_ == nullptr)
      done(gone());
    else
      ask(*driver_, std::move(done));
  });
}

void MasterBackend::request(jobs::Change change, Time deadline, Handler done) {
  on_loop(std::move(done), [change = std::move(change), deadline](master::Driver& driver, Handler handler) mutable {
    driver.request(std::move(change), deadline, std::move(handler));
  });
}

void MasterBackend::transfer(Time deadline, Handler done) {
  on_loop(std::move(done),
          [deadline](master::Driver& driver, Handler handler) { driver.transfer(deadline, std::move(handler)); });
}

void MasterBackend::end_cluster(Time deadline, Handler done) {
  on_loop(std::move(done),
          [deadline](master::Driver& driver, Handler handler) { driver.end_cluster(deadline, std::move(handler)); });
}

JobId MasterBackend::mint_job_id() {
  const std::lock_guard lock(mutex_);
  // An id that looks older than what was forgotten is refused: not ours, however far our clock is behind.
  const WallMs known = view_ && view_->state ? view_->state->evicted_up_to_ms() + 1 : 0;
  return JobId::mint(std::max(executor_.wall_ms(), known), {random_(), random_()});
}

std::string MasterBackend::mint_uuid() {
  const std::lock_guard lock(mutex_);
  return make_uuid({random_(), random_()});
}

void MasterBackend::run_off_thread(std::function<void()> work) {
  boost::asio::post(*workers_, std::move(work));
}

bool MasterBackend::run_long(std::function<void()> work) {
  if (long_work_.fetch_add(1) >= api::kLongWorkMax) {
    --long_work_;
    return false;
  }
  boost::asio::post(*readers_, [this, work = std::move(work)] {
    work();
    --long_work_;
  });
  return true;
}

}  // namespace stellwerk::app
