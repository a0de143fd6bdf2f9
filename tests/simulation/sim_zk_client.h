/// The client library of the simulated ZooKeeper: the ZkClient contract, to the letter.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "simulation/sim_zookeeper.h"

namespace stellwerk::test {

/// Make it through SimZookeeper::factory(). Must not be destroyed from inside one of its callbacks,
/// because the real one must not either.
class SimZkClient : public leadership::ZkClient {
 public:
  SimZkClient(SimZookeeper& zookeeper, SimExecutor& executor, SimZkLink& link, Duration timeout);
  ~SimZkClient() override;
  SimZkClient(const SimZkClient&) = delete;
  SimZkClient& operator=(const SimZkClient&) = delete;

  void start(leadership::ZkClientListener& listener) override;
  void create(std::string path, std::string data, leadership::ZkMode mode, Handler done) override;
  void remove(std::string path, std::int32_t version, Handler done) override;
  void exists(std::string path, Watch watch, Handler done) override;
  void get(std::string path, Watch watch, Handler done) override;
  void list(std::string path, Watch watch, Handler done) override;
  void set(std::string path, std::string data, std::int32_t version, Handler done) override;
  void multi(std::vector<leadership::ZkOp> ops, Handler done) override;
  void sync(std::string path, Handler done) override;
  void close(std::function<void()> done) override;

 private:
  enum class State { idle, connecting, connected, over, closing, closed };
  struct Pending {
    Handler done;
    Watch watch;
    Executor::TimerId deadline = 0;
  };

  void connect();
  void reconnect_later();
  void lose_connection(const std::string& why);
  void receive(const SimZkMessage& message);
  void accepted(const SimZkMessage& message);
  void answered(const SimZkMessage& message);
  void fired(const SimZkWatch& watch, leadership::ZkChange change);
  void ask(SimZkRequest request, Watch watch, Handler done);
  void read(SimZkVerb verb, std::string path, Watch watch, Handler done);
  void write(SimZkVerb verb, std::vector<leadership::ZkOp> ops, Handler done);
  void refuse(Handler done, leadership::ZkCode code);
  void arm_ping();
  void drop_connection();
  void complete_all(leadership::ZkCode code);
  void finish_close();
  void later(std::function<void()> task);
  template <class Function>
  void call(Function function);

  SimZookeeper& zookeeper_;
  SimExecutor& executor_;
  SimZkLink& link_;
  const Duration asked_timeout_;
  leadership::ZkClientListener* listener_ = nullptr;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  int calling_ = 0;

  State state_ = State::idle;
  std::shared_ptr<SimZkConnection> connection_;
  leadership::ZkSession session_;
  std::int64_t last_zxid_ = 0;
  std::uint64_t next_xid_ = 1;
  std::map<std::uint64_t, Pending> pending_;
  std::multimap<SimZkWatch, Watch> watches_;
  Executor::TimerId timer_ = 0;  ///< connecting: give up; connected: ping
  std::string last_error_ = "none";
  std::function<void()> closed_;
};

}  // namespace stellwerk::test
