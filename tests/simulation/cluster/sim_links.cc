#include "simulation/cluster/sim_links.h"

#include "base/assert.h"

namespace stellwerk::test {

using namespace std::chrono_literals;

class SimLinks::SimLink : public link::Link {
 public:
  SimLink(SimLinks& links, PipePtr pipe, int side) : links_(links), pipe_(std::move(pipe)), side_(side) {}
  ~SimLink() override { links_.end(pipe_, side_); }
  SimLink(const SimLink&) = delete;
  SimLink& operator=(const SimLink&) = delete;

  void listen(link::Handler handler) override {
    pipe_->ends[side_].handler = std::move(handler);
    for (auto& each : std::exchange(pipe_->ends[side_].before, {})) pipe_->ends[side_].on->post(std::move(each));
  }
  void send(const link::Message& message) override { links_.send(pipe_, side_, encode(message)); }
  void close() override { links_.end(pipe_, side_); }
  const std::string& peer() const override { return pipe_->ends[side_].peer; }

 private:
  SimLinks& links_;
  const PipePtr pipe_;
  const int side_;
};

class SimLinks::SimDialer : public link::Dialer {
 public:
  SimDialer(SimLinks& links, std::string worker, SimExecutor& owner)
      : links_(links), worker_(std::move(worker)), owner_(owner) {}
  void dial(const std::string& address, Done done) override { links_.dial(worker_, owner_, address, std::move(done)); }

 private:
  SimLinks& links_;
  const std::string worker_;
  SimExecutor& owner_;
};

/// What never arrived holds its own connection.
SimLinks::~SimLinks() {
  for (const auto& weak : pipes_) {
    const auto pipe = weak.lock();
    if (!pipe) continue;
    pipe->held.clear();
    for (End& end : pipe->ends) end.before.clear();
  }
}

Duration SimLinks::delay() {
  return Duration(std::uniform_int_distribution<std::int64_t>(100, 1500)(random_));
}

void SimLinks::listen(const std::string& address, SimExecutor& owner, OnLink on_link) {
  doors_[address] = {&owner, std::move(on_link)};
}

std::unique_ptr<link::Dialer> SimLinks::dialer(const std::string& worker, SimExecutor& owner) {
  return std::make_unique<SimDialer>(*this, worker, owner);
}

void SimLinks::dial(const std::string& worker, SimExecutor& owner, const std::string& address,
                    link::Dialer::Done done) {
  struct Call {
    link::Dialer::Done done;
    bool over = false;
  };
  auto call = std::make_shared<Call>(Call{std::move(done)});
  const auto fail = [call, address](const std::string& why) {
    if (!std::exchange(call->over, true)) call->done(make_error(Errc::unavailable, address + ": " + why));
  };
  owner.after(link::Dialer::kDialMax, [fail] { fail("no answer"); });
  if (partitions_.contains({worker, address})) return;
  const auto door = doors_.find(address);
  if (door == doors_.end() || door->second.owner->killed()) {
    owner.after(delay(), [fail] { fail("refused"); });
    return;
  }
  auto pipe = std::make_shared<Pipe>();
  pipe->worker = worker;
  pipe->address = address;
  pipe->ends[0].on = &owner;
  pipe->ends[0].peer = address;
  pipe->ends[1].on = door->second.owner;
  pipe->ends[1].peer = worker;
  std::erase_if(pipes_, [](const auto& each) { return each.expired(); });
  pipes_.push_back(pipe);
  // As with a handshake: a process that hangs takes nobody, and somebody who gave up is taken and gone.
  door->second.owner->after(delay(), [this, pipe, call, on_link = door->second.on_link] {
    on_link(std::make_unique<SimLink>(*this, pipe, 1));
    pipe->ends[0].on->after(delay(), [this, pipe, call] {
      auto link = std::make_unique<SimLink>(*this, pipe, 0);
      if (!std::exchange(call->over, true)) call->done(std::unique_ptr<link::Link>(std::move(link)));
    });
  });
}

void SimLinks::send(const PipePtr& pipe, int from, std::string text) {
  if (!pipe->ends[from].open) return;
  pass(pipe, 1 - from, [this, pipe, to = 1 - from, text = std::move(text)] {
    hear(pipe, to, [text](const link::Handler& handler) {
      auto message = link::decode(text);
      STELLWERK_ASSERT(message.has_value(), "what encode() makes can be read");
      handler.on_message(std::move(*message));
    });
  });
}

void SimLinks::end(const PipePtr& pipe, int side) {
  if (!std::exchange(pipe->ends[side].open, false)) return;
  pass(pipe, 1 - side, [this, pipe, to = 1 - side] {
    hear(pipe, to, [pipe, to](const link::Handler& handler) {
      pipe->ends[to].open = false;
      handler.on_closed(pipe->ends[to].peer + ": the other side has closed it");
    });
  });
}

void SimLinks::pass(const PipePtr& pipe, int to, std::function<void()> what) {
  if (parted(*pipe)) {
    pipe->held.push_back([this, pipe, to, what = std::move(what)] { pass(pipe, to, what); });
    return;
  }
  End& end = pipe->ends[to];
  end.last = std::max(end.last, time_.now() + delay());
  time_.at(end.last, std::move(what));
}

/// On its executor, if it is still there and has not ended the connection itself.
void SimLinks::hear(const PipePtr& pipe, int side, std::function<void(const link::Handler&)> what) {
  End& end = pipe->ends[side];
  auto told = [pipe, side, what = std::move(what)] {
    if (!pipe->ends[side].open) return;
    const link::Handler handler = *pipe->ends[side].handler;  // it may end the link
    what(handler);
  };
  if (end.handler)
    end.on->post(std::move(told));
  else
    end.before.push_back(std::move(told));
}

void SimLinks::partition(const std::string& worker, const std::string& address, bool on) {
  if (on) {
    partitions_.insert({worker, address});
    return;
  }
  if (partitions_.erase({worker, address}) == 0) return;
  for (const auto& weak : std::vector(pipes_)) {
    const auto pipe = weak.lock();
    if (!pipe || pipe->worker != worker || pipe->address != address) continue;
    for (auto& each : std::exchange(pipe->held, {})) each();
  }
}

void SimLinks::heal() {
  for (const auto& [worker, address] : std::set(partitions_)) partition(worker, address, false);
}

void SimLinks::cut(const std::string& worker) {
  for (const auto& weak : std::vector(pipes_)) {
    const auto pipe = weak.lock();
    if (!pipe || pipe->worker != worker) continue;
    for (const int side : {0, 1}) {
      if (!pipe->ends[side].open) continue;
      hear(pipe, side, [pipe, side](const link::Handler& handler) {
        pipe->ends[side].open = false;
        handler.on_closed(pipe->ends[side].peer + ": reset");
      });
    }
  }
}

void SimLinks::died(const SimExecutor& owner) {
  for (const auto& weak : std::vector(pipes_)) {
    const auto pipe = weak.lock();
    if (!pipe) continue;
    for (const int side : {0, 1})
      if (pipe->ends[side].on == &owner) end(pipe, side);
  }
}

}  // namespace stellwerk::test
