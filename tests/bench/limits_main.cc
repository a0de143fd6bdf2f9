/// bench_limits: what no master can beat on this machine: one durable file as the journal writes it, one
/// write to ZooKeeper, and the one after the other.
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>

#include "bench/latencies.h"
#include "bench/zookeeper_probe.h"
#include "storage/storage_location.h"

namespace {

using stellwerk::JsonWriter;
using stellwerk::bench::Clock;
using stellwerk::bench::Latencies;

struct Options {
  std::string storage;
  std::string zookeeper;
  std::size_t file_bytes = 1500;
  std::size_t head_bytes = 500;
  unsigned count = 200;
};

struct Limits {
  Latencies put;
  Latencies zookeeper;
  Latencies both;
};

bool measure(const Options& options, Limits& limits) {
  const auto location = stellwerk::storage::parse_storage_location(options.storage, "bench-limits");
  if (location.has_error()) return false;
  const auto store = stellwerk::storage::make_blob_store(*location);
  stellwerk::bench::ZooKeeperProbe zookeeper;
  const bool asked = !options.zookeeper.empty();
  if (asked && !(zookeeper.connect(options.zookeeper) &&
                 zookeeper.prepare("/bench-limits-" + std::to_string(Clock::now().time_since_epoch().count()))))
    return false;
  const std::string file(options.file_bytes, 'x');
  const std::string head(options.head_bytes, 'x');
  for (unsigned i = 0; i < options.count; ++i) {
    const auto begin = Clock::now();
    const auto put = store->put("journal/file-" + std::to_string(i), file);
    if (put.outcome != stellwerk::PutOutcome::ok) return false;
    const auto stored = Clock::now();
    limits.put.add(stored - begin);
    if (!asked) continue;
    if (!zookeeper.commit(head)) return false;
    const auto end = Clock::now();
    limits.zookeeper.add(end - stored);
    limits.both.add(end - begin);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Measures a durable put and a write to ZooKeeper, one after the other; prints JSON in ms.");
  app.add_option("--storage", options.storage, "an absolute, empty directory")->required();
  app.add_option("--zookeeper", options.zookeeper, "host:port; without it only the put");
  app.add_option("--file-bytes", options.file_bytes);
  app.add_option("--head-bytes", options.head_bytes)->check(CLI::Range(1, 65536));
  app.add_option("--count", options.count)->check(CLI::Range(1, 100000));
  CLI11_PARSE(app, argc, argv);
  Limits limits;
  if (!measure(options, limits)) {
    std::cerr << "The storage or ZooKeeper did not do what was asked\n";
    return 1;
  }
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("put_ms");
  limits.put.write(out);
  out.key("zookeeper_ms");
  limits.zookeeper.write(out);
  out.key("both_ms");
  limits.both.write(out);
  out.end_object();
  std::cout << text << "\n";
  return 0;
}
