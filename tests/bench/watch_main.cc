/// bench_watch: when ZooKeeper gave up a leader's lock, seen from outside on the clock that all
/// processes of a host share.
#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/latencies.h"
#include "bench/zookeeper_probe.h"

int main(int argc, char** argv) {
  std::string server;
  std::string folder;
  unsigned seconds = 60;
  CLI::App app("Says who is first among the nodes of a folder, then when that node is gone (ms of CLOCK_MONOTONIC).");
  app.add_option("--zookeeper", server, "host:port")->required();
  app.add_option("--folder", folder, "such as /stellwerk/default/leader/latch")->required();
  app.add_option("--seconds", seconds, "how long to wait at most")->check(CLI::Range(1, 600));
  CLI11_PARSE(app, argc, argv);
  stellwerk::bench::ZooKeeperProbe zookeeper;
  if (!zookeeper.connect(server)) {
    std::cerr << "No connection to " << server << "\n";
    return 1;
  }
  const auto first = zookeeper.first_child(folder);
  if (!first) {
    std::cerr << "No node below " << folder << "\n";
    return 1;
  }
  if (!zookeeper.watch(folder + "/" + *first)) {
    std::cerr << *first << " cannot be watched\n";
    return 1;
  }
  std::cout << "first " << *first << std::endl;
  if (!zookeeper.wait_until_gone(std::chrono::seconds(seconds))) {
    std::cerr << *first << " is still there\n";
    return 1;
  }
  const auto now = stellwerk::bench::Clock::now().time_since_epoch();
  std::cout << "gone " << stellwerk::bench::decimal(std::chrono::duration<double, std::milli>(now).count()) << "\n";
  return 0;
}
