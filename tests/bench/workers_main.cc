/// bench_workers: many workers in one process, each with its own connection and the production's core and driver, and
/// with tasks that are no processes. Says in one line of JSON each when all of them are registered in an epoch.
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "bench/fake_tasks.h"
#include "loop/asio_executor.h"
#include "loop/turn_meter.h"
#include "tasks/descriptors.h"
#include "websocket/dialer.h"
#include "worker/driver.h"

namespace {

using stellwerk::JsonWriter;
using stellwerk::Time;
using stellwerk::bench::FakeTasks;

struct Options {
  std::vector<std::string> masters;
  unsigned workers = 1000;
  unsigned slots = 10;
};

/// Who is registered in the newest epoch.
class Roll {
 public:
  Roll(const Options& options, stellwerk::Executor& executor, boost::asio::io_context& io)
      : options_(options), executor_(executor), io_(io), epochs_(options.workers) {}

  void registered(std::size_t worker, std::int64_t epoch) {
    if (epoch > epoch_) {
      epoch_ = epoch;
      here_ = 0;
      first_ = executor_.now();
    }
    if (std::exchange(epochs_[worker], epoch) == epoch || epoch != epoch_) return;
    if (++here_ == options_.workers) tell();
  }

 private:
  void tell() {
    const auto ms = [](stellwerk::Duration span) { return span / std::chrono::milliseconds(1); };
    std::string text;
    JsonWriter out(text);
    out.begin_object().member("epoch", epoch_).member("workers", static_cast<std::int64_t>(here_));
    // As time.monotonic_ns() has it nowhere: the wall, for who reads it in another process.
    out.member("at_ms", executor_.wall_ms()).member("first_to_last_ms", ms(executor_.now() - first_));
    out.member("longest_turn_ms", static_cast<std::int64_t>(stellwerk::loop::turn_meter(io_).times().longest /
                                                            std::chrono::milliseconds(1)));
    out.end_object();
    std::cout << text << std::endl;
  }

  const Options& options_;
  stellwerk::Executor& executor_;
  boost::asio::io_context& io_;
  std::vector<std::int64_t> epochs_;
  std::int64_t epoch_ = 0;
  std::size_t here_ = 0;
  Time first_{};
};

stellwerk::worker::WorkerOptions options_of(const Options& options, std::size_t number) {
  stellwerk::worker::WorkerOptions out;
  auto& self = out.registration.self.worker;
  self.id = "bench-" + std::to_string(number);
  self.incarnation = 1;
  self.process = self.id;
  self.host = "localhost";
  self.pid = 1;
  self.slots = options.slots;
  self.version = "bench";
  out.registration.masters = options.masters;
  out.registration.seed = number;
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Runs many workers against masters until it is killed.");
  app.add_option("--masters", options.masters, "their ports for workers, address:port")->required()->delimiter(',');
  app.add_option("--workers", options.workers)->check(CLI::Range(1, 10000));
  app.add_option("--slots", options.slots, "of each")->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  stellwerk::tasks::raise_descriptor_limit();
  boost::asio::io_context io;
  stellwerk::loop::AsioExecutor executor(io);
  stellwerk::websocket::WebSocketDialer dialer(io);
  FakeTasks tasks(executor);
  Roll roll(options, executor, io);
  std::vector<std::unique_ptr<stellwerk::worker::Driver>> drivers;
  for (std::size_t i = 0; i < options.workers; ++i) {
    stellwerk::worker::DriverHooks hooks;
    hooks.log = [](stellwerk::worker::NoteLevel level, const std::string& text) {
      if (level == stellwerk::worker::NoteLevel::error) std::cerr << text << "\n";
    };
    hooks.measure = [] { return stellwerk::model::WorkerLoad{}; };
    hooks.registered = [&roll, i](const auto& at) { roll.registered(i, at.epoch); };
    hooks.exit = [](int, const std::string& why) { std::cerr << why << "\n"; };
    drivers.push_back(std::make_unique<stellwerk::worker::Driver>(
        executor, stellwerk::worker::DriverPorts{dialer, tasks, tasks, tasks, tasks}, options_of(options, i),
        std::move(hooks)));
    drivers.back()->start();
  }
  io.run();
  return 0;
}
