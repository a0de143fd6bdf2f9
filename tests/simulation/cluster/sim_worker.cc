#include "simulation/cluster/sim_worker.h"

namespace stellwerk::test {

using namespace std::chrono_literals;
namespace effect = worker::effect;
namespace event = worker::event;

namespace {

constexpr std::size_t kLogLines = 400;

worker::RegistrationOptions options_of(link::Hello self, std::vector<std::string> masters, std::uint64_t seed) {
  worker::RegistrationOptions options;
  options.self = std::move(self);
  options.masters = std::move(masters);
  options.registration_timeout = std::chrono::hours(24);
  options.orphan_timeout = 0s;
  options.seed = seed;
  return options;
}

}  // namespace

/// What dies with kill -9.
struct SimWorker::Process {
  Process(SimExecutor& loop, std::unique_ptr<link::Dialer> with, worker::RegistrationOptions options)
      : executor(loop), dialer(std::move(with)), registration(std::move(options)) {}

  SimExecutor& executor;
  std::unique_ptr<link::Dialer> dialer;
  worker::Registration registration;
  std::unordered_map<worker::LinkId, std::unique_ptr<link::Link>> links;
  Executor::TimerId timer = 0;
};

SimWorker::SimWorker(SimTime& time, SimLinks& links, std::string name, std::vector<std::string> masters,
                     OnRegistered on_registered)
    : time_(time),
      links_(links),
      name_(std::move(name)),
      masters_(std::move(masters)),
      on_registered_(std::move(on_registered)) {}

SimWorker::~SimWorker() {
  kill();
}

void SimWorker::start() {
  loops_.push_back(std::make_unique<SimExecutor>(time_));
  SimExecutor& loop = *loops_.back();
  link::Hello self;
  self.worker = {name_, incarnation_ + 1, name_ + "-" + std::to_string(++incarnation_), name_, 1000, 1, "sim"};
  self.cluster = cluster_;
  self.epoch = epoch_;
  const auto seed = std::hash<std::string>{}(name_) + static_cast<std::uint64_t>(incarnation_);
  process_ = std::make_unique<Process>(loop, links_.dialer(name_, loop), options_of(std::move(self), masters_, seed));
  loop.post([this] { step(event::Tick{}); });
}

void SimWorker::kill() {
  if (!process_) return;
  process_->executor.kill();
  links_.died(process_->executor);
  process_.reset();
}

void SimWorker::pause() {
  if (process_) process_->executor.pause();
}
void SimWorker::resume() {
  if (paused()) process_->executor.resume();
}
bool SimWorker::paused() const {
  return process_ && process_->executor.paused();
}
bool SimWorker::registered() const {
  return process_ && process_->registration.registered();
}

void SimWorker::step(worker::Event event) {
  for (auto& each : process_->registration.step(time_.now(), std::move(event)))
    std::visit([this](auto& e) { take(e); }, each);
  wake();
}

void SimWorker::wake() {
  process_->executor.cancel(process_->timer);
  const Time at = process_->registration.wake_at();
  if (at != Time::max())
    process_->timer = process_->executor.at(std::max(at, time_.now() + 1us), [this] { step(event::Tick{}); });
}

void SimWorker::take(effect::Dial& effect) {
  process_->dialer->dial(effect.address, [this, id = effect.link](Result<std::unique_ptr<link::Link>> result) {
    if (result.has_error()) return step(event::Closed{id, result.error().text});
    link::Link& link = *(process_->links[id] = std::move(*result));
    link.listen({[this, id](link::Message message) {
                   step(event::Received{id, std::move(message)});
                 },
                 [this, id](const std::string& why) {
                   process_->links.erase(id);
                   step(event::Closed{id, why});
                 }});
    step(event::Dialled{id});
  });
}

void SimWorker::take(effect::Send& effect) {
  const auto at = process_->links.find(effect.link);
  if (at != process_->links.end()) at->second->send(effect.message);
}

void SimWorker::take(effect::Close& effect) {
  const auto node = process_->links.extract(effect.link);
  if (!node.empty()) node.mapped()->close();
}

void SimWorker::take(effect::Remember& effect) {
  on_registered_(effect.cluster, effect.epoch);
  cluster_ = effect.cluster;
  epoch_ = effect.epoch;
}

void SimWorker::take(effect::Note& effect) {
  if (log_.size() >= kLogLines) log_.erase(log_.begin(), log_.begin() + kLogLines / 2);
  log_.push_back(std::to_string((time_.now().time_since_epoch() - 1000s) / 1ms) + " " + name_ + " " + effect.text);
}

void SimWorker::take(effect::Exit&) {}

}  // namespace stellwerk::test
