/// A cluster that runs already, on this host: its processes are found through its masters, and hit like our own. What
/// ends is started again by whoever runs the cluster.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/host.h"
#include "drill/site.h"

namespace stellwerk::drill {

class TargetSite final : public Site {
 public:
  /// Asks `masters`, which must all answer. Errors: unavailable, somebody does not answer; refused, a process is not
  /// one of ours on this host, with which.
  static Result<std::unique_ptr<TargetSite>> find(cli::Host& host, const std::vector<http::Endpoint>& masters);

  std::vector<Daemon> look() override;
  Result<void> signal(std::int64_t pid, int number) override;
  std::vector<std::int64_t> guards_of(std::int64_t pid) override;
  Result<void> start(const std::string& name) override;
  std::string unready() override { return ""; }
  std::chrono::milliseconds patience() const override { return kStartAgainMax; }
  std::string lacks(Fault fault) const override;
  Result<void> harm(const Harm& harm) override;
  Result<void> heal() override { return {}; }
  std::int64_t container_of(std::int64_t) override { return 0; }
  void beside(const Daemon& master, const Ask& ask) override { ask(master.rest); }

 private:
  explicit TargetSite(cli::Host& host) : host_(host) {}
  /// New numbers for what was started again.
  void find_again();
  Result<std::vector<Daemon>> workers_of(const http::Endpoint& master);

  cli::Host& host_;
  std::vector<Daemon> daemons_;
  cli::Milliseconds asked_{};
};

}  // namespace stellwerk::drill
