/// The inside of make_zookeeper_client(): one session of the real client.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordination/zookeeper_client.h"
#include "coordination/zookeeper_requests.h"
#include "coordination/zookeeper_servers.h"
#include "loop/fd_watch.h"
#include "zookeeper/handle.h"

namespace stellwerk::coordination {

using ZooKeeperHandle = zookeeper::Handle;

/// One session. Everything happens in turns: an event or a timer begins one, it takes what there is,
/// looks at what became of the connection, and arms the next. Nothing else touches the library, except
/// that requests are queued and then followed by a turn.
class ZooKeeperClient : public leadership::ZkClient {
 public:
  ZooKeeperClient(boost::asio::io_context& io, Executor& executor, ZooKeeperOptions options, Resolver& resolver,
                  ZooKeeperLog log);
  ~ZooKeeperClient() override;

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
  enum class Link { none, attaching, attached };

  // Turns.
  void schedule_turn();
  void turn(bool readable, bool writable);
  bool take_input(bool readable, bool writable);
  bool observe();
  bool judge();
  void look_up_names();
  void tell_servers();
  bool connect();
  void wait();
  void wait_without_connection();
  void arm_timer(Time when);

  // What became of the connection.
  void attached();
  void link_failed();
  void give_up(const std::string& why);
  void tell_detail(bool at_once);
  std::optional<std::string> overdue(Time now) const;
  Time next_deadline(Time now, Duration library_wait) const;

  // The end.
  void end_session();
  void refuse(Error error);
  bool closing_turn();
  void say_goodbye();
  void read_goodbye();
  void finish_close();

  void later(std::function<void()> task);
  ZooKeeperHandle* ready();
  Duration timeout() const { return session_.id != 0 ? session_.timeout : options_.session_timeout; }

  Executor& executor_;
  const ZooKeeperOptions options_;
  Resolver& resolver_;
  const ZooKeeperLog log_;
  leadership::ZkClientListener* listener_ = nullptr;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< what was posted looks here first

  ZooKeeperServers servers_{{}, 0};
  ZooKeeperRequests requests_;
  std::unique_ptr<ZooKeeperHandle> handle_;  ///< after requests_: it completes them when it ends
  loop::FdWatch watch_;
  Executor::TimerId timer_ = 0;
  bool turn_scheduled_ = false;

  Link link_ = Link::none;
  leadership::ZkSession session_;  ///< id 0 until the first connection
  bool over_ = false;              ///< expired, refused or closed: only `done` may still come
  std::string given_up_;           ///< our reason, when it was us who ended the connection
  Time attempt_until_{};           ///< while attaching
  Time heard_{};                   ///< while attached: when the last message came
  std::optional<Time> late_since_;

  WallMs since_wall_ = 0;  ///< without a connection since
  Time since_{};
  bool trouble_ = false;  ///< somebody has refused us or was not found since then
  std::string told_;      ///< the last detail
  Time told_at_{};

  std::function<void()> closed_;  ///< set while closing
  bool goodbye_ = false;          ///< the library is not called any more
  Time close_until_{};
};

/// "0x10000a3f", as servers print it.
std::string zookeeper_session_text(std::int64_t id);

}  // namespace stellwerk::coordination
