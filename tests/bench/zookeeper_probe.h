/// ZooKeeper's C client, called one request at a time: what a write costs without Stellwerk.
#pragma once

#include <zookeeper/zookeeper.h>

#include <chrono>
#include <optional>
#include <string>

namespace stellwerk::bench {

/// Every call blocks up to kAnswerMax; after one that failed the probe is of no more use.
class ZooKeeperProbe {
 public:
  static constexpr std::chrono::seconds kAnswerMax{30};

  ZooKeeperProbe() = default;
  ~ZooKeeperProbe();
  ZooKeeperProbe(const ZooKeeperProbe&) = delete;
  ZooKeeperProbe& operator=(const ZooKeeperProbe&) = delete;

  bool connect(const std::string& server);
  /// An ephemeral node and a persistent one, as a master's candidate and head.
  bool prepare(const std::string& root);
  /// What a commit asks of ZooKeeper: check(candidate), set(head, expected version) in one multi.
  bool commit(const std::string& bytes);
  /// The only child of `folder` whose name is the lowest by its sequence.
  std::optional<std::string> first_child(const std::string& folder);
  /// Watches a node from now on. False: it is not there, or there was no answer.
  bool watch(const std::string& path);
  /// Waits until the watched node is gone. False: not within `limit`.
  bool wait_until_gone(std::chrono::seconds limit);

 private:
  bool turn_until(const bool& done, std::chrono::milliseconds limit);
  bool answered(int sent);

  zhandle_t* handle_ = nullptr;
  std::string candidate_;
  std::string head_;
  int version_ = 0;

  bool connected_ = false;
  bool changed_ = false;
  bool done_ = false;
  int rc_ = 0;
  std::optional<std::string> found_;
};

}  // namespace stellwerk::bench
