/// A cluster of the drill's own: ZooKeeper if this host has it, masters and workers, all in one folder.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "drill/grounds.h"
#include "drill/own_daemon.h"
#include "drill/zookeeper_here.h"

namespace stellwerk::drill {

inline constexpr int kMastersMax = 9;
inline constexpr int kWorkersMax = 32;

class OwnSite final : public Site {
 public:
  struct Setup {
    std::string program{};  ///< stellwerk
    std::string folder{};   ///< exists, ours
    int masters = 3;
    int workers = 2;
    int slots = 4;                             ///< of each worker
    std::optional<ZooKeeperHere> zookeeper{};  ///< none: type local
    int servers = 1;                           ///< of ZooKeeper
  };
  explicit OwnSite(Setup setup, Grounds grounds = {}) : setup_(std::move(setup)), grounds_(std::move(grounds)) {}
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
  /// Copies the storageDir to `storage` in the folder, where it stays when the drill has ended. Errors: failed.
  Result<void> save_storage();

  std::vector<Daemon> look() override;
  Result<void> signal(std::int64_t pid, int number) override;
  std::vector<std::int64_t> guards_of(std::int64_t pid) override;
  Result<void> start(const std::string& name) override;
  std::string unready() override;
  std::chrono::milliseconds patience() const override { return kComeBackMax; }
  std::string lacks(Fault fault) const override;
  Result<void> harm(const Harm& harm) override;
  Result<void> heal() override;
  std::int64_t container_of(std::int64_t pid) override;
  void beside(const Daemon& master, const Ask& ask) override;

 private:
  /// Where a daemon stands in the network.
  struct Place {
    std::string host{};     ///< as others name it
    std::string address{};  ///< numeric
    int entry = -1;
  };
  struct Server {
    std::string name{};
    std::string address{};
    std::uint16_t port = 0;
  };

  Result<void> prepare();
  Result<void> add_servers();
  Result<void> add_master(int number);
  Result<void> add_worker(int number);
  void add(Daemon daemon, std::vector<std::string> argv, bool container = false);
  Result<Place> place(const std::string& name);
  /// That nobody uses and no daemon of ours has, even if it does not run now.
  Result<std::uint16_t> take_port();
  std::string common_settings() const;
  std::string folder_of(const std::string& name) const { return setup_.folder + "/" + name; }
  /// The folder that the storageDir is in.
  std::string storage_parent() const { return grounds_.disk ? grounds_.disk->path() : setup_.folder; }
  Result<void> await_server(const std::string& name);
  OwnDaemon* find(const std::string& name);

  const Setup setup_;
  Grounds grounds_;
  std::vector<OwnDaemon> daemons_;
  std::vector<Server> servers_;
  std::map<std::string, Place> places_;  ///< by name
  std::set<std::uint16_t> ports_;
  bool away_ = false;  ///< the storageDir is not in its place
};

}  // namespace stellwerk::drill
