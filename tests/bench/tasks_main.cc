/// bench_tasks: what a worker's loop pays for the processes of tasks: each start, with none and with all others
/// running, each end when all are killed at once, and its longest turn meanwhile.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <vector>

#include "bench/latencies.h"
#include "loop/asio_executor.h"
#include "loop/turn_meter.h"
#include "tasks/descriptors.h"
#include "tasks/process_runner.h"

namespace {

using stellwerk::JsonWriter;
using stellwerk::bench::Clock;
using stellwerk::bench::Latencies;
using stellwerk::tasks::ProcessRunner;
using stellwerk::worker::TaskProcess;

struct Options {
  std::string folder;
  unsigned count = 1000;
  unsigned pause_ms = 5;
  unsigned seconds = 60;
};

struct Figures {
  Latencies start_alone;   ///< of the first tenth of all
  Latencies start_beside;  ///< of the last tenth
  Latencies end;           ///< from the signal to on_exit
};

/// Starts all and kills all; empty if all is well, else why not.
std::string measure(const Options& options, boost::asio::io_context& io, ProcessRunner& runner, Figures& figures) {
  const std::string folder = std::filesystem::absolute(options.folder).string();
  const unsigned tenth = std::max(1U, options.count / 10);
  std::vector<std::unique_ptr<TaskProcess>> all;
  unsigned ended = 0;
  Clock::time_point killed{};
  for (unsigned i = 0; i < options.count; ++i) {
    const stellwerk::worker::Launch launch{
        {"sleep", "1000"}, {{"PATH", "/usr/bin:/bin"}}, folder, folder + "/" + std::to_string(i), ""};
    const auto begin = Clock::now();
    auto started = runner.start(launch, {nullptr, [&](const auto&) {
                                           figures.end.add(Clock::now() - killed);
                                           ++ended;
                                         }});
    const auto took = Clock::now() - begin;
    if (started.has_error()) return started.error().text;
    all.push_back(std::move(*started));
    if (i < tenth) figures.start_alone.add(took);
    if (i >= options.count - tenth) figures.start_beside.add(took);
    // What was started has the processors for a moment: else it is its own beginning that the next start waits for.
    io.run_for(std::chrono::milliseconds(options.pause_ms));
  }
  killed = Clock::now();
  for (const auto& each : all) each->signal(SIGKILL);
  const auto deadline = killed + std::chrono::seconds(options.seconds);
  while (ended < options.count && Clock::now() < deadline) io.run_one_until(deadline);
  return ended == options.count ? "" : "Not all tasks ended in time";
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Starts tasks, one after the other, and kills them together; prints JSON in ms.");
  app.add_option("--folder", options.folder, "an empty directory")->required();
  app.add_option("--count", options.count)->check(CLI::Range(1, 10000));
  app.add_option("--pause-ms", options.pause_ms, "between two starts; 0: as fast as it goes")
      ->check(CLI::Range(0, 1000));
  app.add_option("--seconds", options.seconds, "for their ends at most")->check(CLI::Range(1, 600));
  CLI11_PARSE(app, argc, argv);
  const auto limit = stellwerk::tasks::raise_descriptor_limit();
  boost::asio::io_context io;
  stellwerk::loop::AsioExecutor executor(io);
  auto runner = ProcessRunner::open(io, executor, {.task_descriptors = limit.before});
  Figures figures;
  const std::string why = runner ? measure(options, io, **runner, figures) : runner.error().text;
  if (!why.empty()) {
    std::cerr << why << "\n";
    return 1;
  }
  const std::chrono::duration<double, std::milli> longest = stellwerk::loop::turn_meter(io).times().longest;
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("start_alone_ms");
  figures.start_alone.write(out);
  out.key("start_beside_ms");
  figures.start_beside.write(out);
  out.key("end_ms");
  figures.end.write(out);
  out.key("longest_turn_ms").raw(stellwerk::bench::decimal(longest.count())).end_object();
  std::cout << text << "\n";
  return 0;
}
