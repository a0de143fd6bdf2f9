/// Debian's real ZooKeeper server as a child process, for tests: standalone or as member of an ensemble.
#pragma once

#include <stellwerk/result.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_dir.h"
#include "support/zookeeper_snapshot.h"

namespace stellwerk::test {

struct ZooKeeperServerOptions {
  int tick_ms = 100;  ///< sessions expire on whole ticks
  int session_timeout_min_ms = 200;
  int session_timeout_max_ms = 60'000;
};

/// One server on 127.0.0.1. Its ports and its data stay the same over stop and start. Every wait has a
/// deadline; an error is the sentence for the test's failure, with the end of the server's log.
/// The destructor kills it. It dies with the test's process, too.
class ZooKeeperServer {
 public:
  explicit ZooKeeperServer(ZooKeeperServerOptions options = {});
  ~ZooKeeperServer();
  ZooKeeperServer(const ZooKeeperServer&) = delete;
  ZooKeeperServer& operator=(const ZooKeeperServer&) = delete;

  /// launch() and await_serving().
  Result<void> start();
  Result<void> launch();
  Result<void> await_serving();
  /// SIGKILL, and waits for the end. Nothing happens if it does not run.
  void kill();
  /// SIGSTOP and SIGCONT: frozen, its sockets stay open and say nothing.
  void freeze();
  void thaw();

  /// Copies the data aside, and puts a copy back in its place. Only while it does not run.
  void save_data(const std::string& name);
  void restore_data(const std::string& name);
  void wipe_data();
  /// Between two starts, see there.
  Result<void> set_versions(const std::string& node, NodeVersions versions);

  std::uint16_t port() const { return client_port_; }
  std::string address() const;
  /// A four-letter command's answer ("mntr", "srvr", "cons"); empty if there is none within 2 s.
  std::string ask(const std::string& command) const;
  bool leads() const;

 private:
  friend class ZooKeeperEnsemble;
  void write_configuration();
  std::string end_of_log() const;
  bool wait_for_exit(int milliseconds) const;

  ZooKeeperServerOptions options_;
  TempDir directory_;
  std::uint16_t client_port_ = 0;
  std::uint16_t peer_port_ = 0;
  std::uint16_t election_port_ = 0;
  int id_ = 0;                        ///< 0: standalone
  std::vector<std::string> members_;  ///< "server.N=..." lines of the ensemble
  pid_t pid_ = -1;
  int pidfd_ = -1;
};

/// Three servers that elect a leader among themselves.
class ZooKeeperEnsemble {
 public:
  explicit ZooKeeperEnsemble(ZooKeeperServerOptions options = {});

  Result<void> start();
  std::string quorum() const;  ///< "127.0.0.1:p1,127.0.0.1:p2,127.0.0.1:p3"
  ZooKeeperServer& server(std::size_t index) { return *servers_[index]; }
  std::size_t size() const { return servers_.size(); }
  /// The server that this session is connected to, by its own "cons"; size() if none says so.
  std::size_t server_of(std::int64_t session) const;

 private:
  std::vector<std::unique_ptr<ZooKeeperServer>> servers_;
};

}  // namespace stellwerk::test
