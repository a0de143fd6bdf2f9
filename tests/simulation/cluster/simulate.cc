/// simulate [--seed N | --from N --count N | --for SECONDS] [--span SECONDS] [--threads N] [--coverage] [--trace]
///          [--by-hand] [--twice] [--without SAFEGUARD]
/// Runs schedules and prints the failing seeds, each with the command that replays it. --span: of virtual time, in
/// which there are faults. --coverage: what all of them have reached. SIGINT or SIGTERM: what has begun is ended, and
/// the rest left.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "simulation/cluster/chaos.h"
#include "simulation/cluster/safeguards.h"

namespace {

using stellwerk::test::ChaosOptions;
using stellwerk::test::ChaosResult;

/// A handler can reach nothing else.
volatile std::sig_atomic_t stopped = 0;

struct Arguments {
  std::uint64_t from = 1;
  std::uint64_t count = 100;
  double seconds = 0;
  unsigned threads = 1;
  bool coverage = false;
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
    } else if (name == "--span") {
      args.chaos.span = std::chrono::seconds(static_cast<std::int64_t>(number()));
    } else if (name == "--threads") {
      args.threads = std::max(1U, static_cast<unsigned>(number()));
    } else if (name == "--coverage") {
      args.coverage = true;
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

std::string replay(std::uint64_t seed, const Arguments& args) {
  std::string out = "simulate --seed " + std::to_string(seed);
  const auto span = std::chrono::duration_cast<std::chrono::seconds>(args.chaos.span).count();
  if (args.chaos.span != ChaosOptions().span) out += " --span " + std::to_string(span);
  if (args.chaos.by_hand) out += " --by-hand";
  return args.without.empty() ? out : out + " --without " + args.without;
}

void report(const ChaosResult& result, const Arguments& args) {
  std::printf("seed %llu fails:\n", static_cast<unsigned long long>(result.seed));
  for (const auto& violation : result.violations) std::printf("  %s\n", violation.c_str());
  if (args.trace)
    for (const auto& line : result.log) std::printf("    %s\n", line.c_str());
  std::printf("  replay: %s\n", replay(result.seed, args).c_str());
  std::fflush(stdout);
}

/// All schedules of this process, by several threads: each takes the next seed, and the clusters share nothing.
class Campaign {
 public:
  explicit Campaign(const Arguments& args) : args_(args) {}

  void run() {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < args_.threads; ++i) threads.emplace_back([this] { work(); });
    for (std::thread& thread : threads) thread.join();
  }
  std::uint64_t failed() const { return failed_; }
  void print() const {
    std::printf("%llu schedules, %lld commits, %lld epochs, %lld attempts of tasks, %.1f s\n",
                static_cast<unsigned long long>(done_), static_cast<long long>(commits_),
                static_cast<long long>(epochs_), static_cast<long long>(attempts_), elapsed());
    if (args_.coverage) std::printf("%s", coverage_.report().c_str());
    std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(done_ - failed_),
                static_cast<unsigned long long>(failed_));
  }

 private:
  double elapsed() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }
  bool goes_on(std::uint64_t nth) const {
    if (stopped != 0) return false;
    return args_.seconds > 0 ? elapsed() < args_.seconds : nth < args_.count;
  }

  void work() {
    for (std::uint64_t nth = next_++; goes_on(nth); nth = next_++) {
      const std::uint64_t seed = args_.from + nth;
      const ChaosResult result = run_chaos(seed, args_.chaos);
      const bool repeats = !args_.twice || run_chaos(seed, args_.chaos).fingerprint == result.fingerprint;
      const std::lock_guard lock(mutex_);
      add(result, repeats);
    }
  }

  void add(const ChaosResult& result, bool repeats) {
    commits_ += result.commits;
    epochs_ += result.epochs;
    attempts_ += result.attempts;
    if (args_.coverage) coverage_.merge(result.coverage);
    if (!result.violations.empty()) report(result, args_);
    if (!repeats) std::printf("seed %llu is not repeatable\n", static_cast<unsigned long long>(result.seed));
    failed_ += result.violations.empty() && repeats ? 0 : 1;
    if (++done_ % kTellEvery != 0) return;
    std::fprintf(stderr, "%llu schedules, %llu failed, %zu situations\n", static_cast<unsigned long long>(done_),
                 static_cast<unsigned long long>(failed_), coverage_.situations());
  }

  static constexpr std::uint64_t kTellEvery = 10'000;

  const Arguments& args_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> next_ = 0;
  std::mutex mutex_;  ///< of everything below
  std::uint64_t done_ = 0;
  std::uint64_t failed_ = 0;
  std::int64_t commits_ = 0;
  std::int64_t epochs_ = 0;
  std::int64_t attempts_ = 0;
  stellwerk::test::Coverage coverage_;
};

}  // namespace

int main(int argc, char** argv) {
  const Arguments args = parse(argc, argv);
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { stopped = 1; });
  Campaign campaign(args);
  campaign.run();
  campaign.print();
  return campaign.failed() == 0 ? 0 : 1;
}
