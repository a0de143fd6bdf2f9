/// A cluster of the drill's own: ZooKeeper if this host has it, masters and workers, all in one folder.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "drill/child.h"
#include "drill/site.h"
#include "drill/zookeeper_here.h"

namespace stellwerk::drill {

inline constexpr int kMastersMax = 9;
inline constexpr int kWorkersMax = 32;

class OwnSite final : public Site {
 public:
  struct Setup {
    std::string program{};  ///< stellwerk
    std::string folder{};   ///< exists, empty, ours
    int masters = 3;
    int workers = 2;
    int slots = 4;                             ///< of each worker
    std::optional<ZooKeeperHere> zookeeper{};  ///< none: type local
  };
  explicit OwnSite(Setup setup) : setup_(std::move(setup)) {}
  /// Ends all of it, and what it left.
  ~OwnSite() override;
  OwnSite(const OwnSite&) = delete;
  OwnSite& operator=(const OwnSite&) = delete;

  /// Starts everything; does not wait for a leader. Errors: failed.
  Result<void> start_all();
  /// Ends workers and masters in order, leaves ZooKeeper. Blocks.
  void end_daemons();
  /// Runs stellwerk fsck; empty: nothing is wrong.
  std::string fsck();

  std::vector<Daemon> look() override;
  Result<void> signal(std::int64_t pid, int number) override;
  std::vector<std::int64_t> guards_of(std::int64_t pid) override;
  Result<void> start(const std::string& name) override;
  std::chrono::milliseconds patience() const override { return kComeBackMax; }

 private:
  struct Member {
    Daemon daemon{};
    Child::Command command{};
    Child child{};
    std::uint16_t port = 0;  ///< of ZooKeeper
  };
  Result<void> prepare();
  Result<void> add_zookeeper();
  Result<void> add_master(int number);
  Result<void> add_worker(int number);
  Result<void> await_zookeeper(Member& member);
  /// That nobody uses and no daemon of ours has, even if it does not run now.
  Result<std::uint16_t> take_port();
  std::string common_settings() const;
  Member* find(const std::string& name);
  Result<void> launch(Member& member);

  const Setup setup_;
  std::vector<Member> members_;
  std::set<std::uint16_t> ports_;
};

}  // namespace stellwerk::drill
