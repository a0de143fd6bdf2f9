/// A few masters' coordination over one simulated ZooKeeper, without anything above it: what the
/// transcripts, the random runs and the tests of the driver play in.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "coordination/zookeeper_coordination.h"
#include "leadership/deadline.h"
#include "simulation/sim_zookeeper.h"
#include "support/sim_executor.h"

namespace stellwerk::test {

inline constexpr const char* kElectionNamespace = "/stellwerk/default";
inline constexpr Duration kElectionTimeout = std::chrono::seconds(10);

class ElectionWorld;

/// One process. Writes down what it is told.
class ElectionMaster : public CoordinationListener {
 public:
  ElectionMaster(ElectionWorld& world, std::string name, const std::string& guid, leadership::Safeguards safeguards);
  ~ElectionMaster() override;

  void start();
  void join();
  void leave();
  void close();
  void kill();
  /// Writes `bytes` against the newest head it knows of; false: a write is under way, or none is known.
  bool write(const std::string& bytes);
  void read();

  bool acting() const;

  void on_status(const CoordinationStatus& status) override;
  void on_contact(Time sent, Duration valid_for) override;
  void on_may_claim(Time noticed) override;
  void on_lock_lost(bool session_lost, const std::string& why) override;
  void on_head(const HeadReading& reading) override;
  void on_members(const std::vector<Candidate>& members) override;
  void on_refused(const Error& error) override;

  ElectionWorld& world;
  const std::string name;
  SimExecutor executor;
  std::unique_ptr<coordination::ZookeeperCoordination> coordination;
  leadership::Deadline deadline;

  bool closed = false;
  bool may_claim = false;
  bool in_queue = false;  ///< asked to join, and neither left nor lost since
  int contacts = 0;
  std::optional<HeadReading> head;
  CoordinationStatus status;
  std::vector<Candidate> members;
  std::optional<WriteResult> wrote;
  std::string candidate;
  /// Ask to join again this long after a loss; zero: do not.
  Duration join_again{};

 private:
  void say(const std::string& text);
  void beat();
  bool writing_ = false;
};

class ElectionWorld {
 public:
  explicit ElectionWorld(std::uint64_t seed, SimZkOptions options = {}, leadership::Safeguards safeguards = {});

  ElectionMaster& master(const std::string& name);
  /// A new process, with a new guid, in place of the one that is there.
  ElectionMaster& restart(const std::string& name);
  std::map<std::string, std::unique_ptr<ElectionMaster>>& masters() { return masters_; }
  /// "[  123] a text", ms since the beginning.
  void say(const std::string& who, const std::string& text);
  std::vector<std::string> latch() const;

  SimTime time;
  std::mt19937_64 random;
  SimZookeeper zookeeper;
  std::vector<std::string> trace;

 private:
  std::unique_ptr<ElectionMaster> make(const std::string& name);

  const leadership::Safeguards safeguards_;
  const Time began_;
  std::map<std::string, int> incarnations_;
  std::map<std::string, std::unique_ptr<ElectionMaster>> masters_;
};

}  // namespace stellwerk::test
