/// simulate [--seed N | --from N --count N | --for SECONDS] [--trace] [--by-hand] [--twice] [--without SAFEGUARD]
/// Runs schedules and prints the failing seeds, each with the command that replays it.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "simulation/cluster/chaos.h"
#include "simulation/cluster/safeguards.h"

namespace {

using stellwerk::test::ChaosOptions;
using stellwerk::test::ChaosResult;

struct Arguments {
  std::uint64_t from = 1;
  std::uint64_t count = 100;
  double seconds = 0;
  bool trace = false;
  bool twice = false;
  std::string without;
  ChaosOptions chaos;
};

Arguments parse(int argc, char** argv) {
  Arguments args;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtod(argv[++i], nullptr) : 0.0; };
    if (name == "--seed") {
      args.from = static_cast<std::uint64_t>(number());
      args.count = 1;
      args.trace = true;
    } else if (name == "--from") {
      args.from = static_cast<std::uint64_t>(number());
    } else if (name == "--count") {
      args.count = static_cast<std::uint64_t>(number());
    } else if (name == "--for") {
      args.seconds = number();
    } else if (name == "--trace") {
      args.trace = true;
    } else if (name == "--by-hand") {
      args.chaos.by_hand = true;
    } else if (name == "--without" && i + 1 < argc && stellwerk::test::switch_off(args.chaos, argv[i + 1])) {
      args.without = argv[++i];
    } else if (name == "--twice") {
      args.twice = true;
    } else {
      std::fprintf(stderr, "simulate: %s is not known; see the top of tests/simulation/cluster/simulate.cc\n", argv[i]);
      std::exit(1);
    }
  }
  return args;
}

void report(const ChaosResult& result, const Arguments& args) {
  std::printf("seed %llu fails:\n", static_cast<unsigned long long>(result.seed));
  for (const auto& violation : result.violations) std::printf("  %s\n", violation.c_str());
  if (args.trace)
    for (const auto& line : result.log) std::printf("    %s\n", line.c_str());
  std::printf("  replay: simulate --seed %llu%s%s%s\n", static_cast<unsigned long long>(result.seed),
              args.chaos.by_hand ? " --by-hand" : "", args.without.empty() ? "" : " --without ", args.without.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments args = parse(argc, argv);
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  std::uint64_t run = 0;
  std::uint64_t failed = 0;
  std::int64_t commits = 0;
  std::int64_t epochs = 0;
  std::int64_t attempts = 0;
  for (std::uint64_t seed = args.from; args.seconds > 0 ? elapsed() < args.seconds : run < args.count; ++seed, ++run) {
    const ChaosResult result = run_chaos(seed, args.chaos);
    commits += result.commits;
    epochs += result.epochs;
    attempts += result.attempts;
    bool bad = !result.violations.empty();
    if (bad) report(result, args);
    if (args.twice && run_chaos(seed, args.chaos).fingerprint != result.fingerprint) {
      std::printf("seed %llu is not repeatable\n", static_cast<unsigned long long>(seed));
      bad = true;
    }
    failed += bad ? 1 : 0;
  }
  std::printf("%llu schedules, %lld commits, %lld epochs, %lld attempts of tasks, %.1f s\n",
              static_cast<unsigned long long>(run), static_cast<long long>(commits), static_cast<long long>(epochs),
              static_cast<long long>(attempts), elapsed());
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(run - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}
