/// One HTTP thread: its loop, its connections, and what they share. Internal to the server.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/server_state.h"

namespace stellwerk::http {

class Connection;
class Exchange;

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  using Clock = std::chrono::steady_clock;
  using Connections = std::list<std::shared_ptr<Connection>>;

  /// Bytes that one read takes at most.
  static constexpr std::size_t kReadBytes = 64 * 1024;

  explicit Worker(std::shared_ptr<ServerState> state);
  ~Worker();

  void start();
  /// Closes every connection, ends the thread and drops what is left. Not from the thread itself.
  void stop();

  /// Runs `task` on the thread. From any thread. After stop() it is dropped unrun.
  template <class Task>
  void post(Task task) {
    const std::lock_guard lock(mutex_);
    if (!stopped_) boost::asio::post(*io_, std::move(task));
  }
  bool on_thread() const noexcept { return std::this_thread::get_id() == thread_id_; }
  /// Good until stop().
  boost::asio::io_context& io() noexcept { return *io_; }
  ServerState& state() noexcept { return *state_; }

  /// The rest only on the thread.
  /// Takes over a new connection; it counts in ServerState::connections already.
  void adopt(boost::asio::ip::tcp::socket socket);
  /// One that waits: closed ones are set waiting first.
  void remove(Connections::iterator connection) { waiting_.erase(connection); }
  /// A connection waits for a whole request from the moment it is opened, and from the end of each answer; it is served
  /// in between.
  void set_served(Connections::iterator connection) { served_.splice(served_.begin(), waiting_, connection); }
  void set_waiting(Connections::iterator connection) { waiting_.splice(waiting_.begin(), served_, connection); }
  /// Closes the connection that has waited longest for a whole head, or else the one whose client has longest not sent
  /// its body or read its answer. False: there is none on this thread but `newcomer`.
  bool make_room(const Connection& newcomer);
  /// What an answer keeps while its client does not read it.
  using Keeps = bool (Connection::*)() const noexcept;
  /// Cuts the client off whose answer has kept that for longest. False: there is none on this thread but `who`.
  bool drop_reader(Keeps what, const Connection& who);
  /// The gate was closed: streams end.
  void on_gate_closed();

  char* read_buffer() noexcept { return read_buffer_.data(); }
  std::string& head_buffer() noexcept { return head_buffer_; }
  std::string_view date_line() const noexcept { return date_line_; }

  /// An empty exchange for one request.
  std::shared_ptr<Exchange> take_exchange();
  /// Gives back one that nobody else holds.
  void recycle(std::shared_ptr<Exchange> exchange);

 private:
  void run();
  void arm_tick();
  void on_tick();
  bool drop_served(Keeps what, const Connection& who);

  const std::shared_ptr<ServerState> state_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::unique_ptr<boost::asio::io_context> io_;
  std::unique_ptr<boost::asio::steady_timer> tick_;
  const std::chrono::milliseconds tick_period_;
  std::thread thread_;
  std::thread::id thread_id_;
  Connections waiting_;  ///< who has waited longest is last
  Connections served_;   ///< the request that is oldest is last
  std::vector<std::shared_ptr<Exchange>> spare_exchanges_;
  std::vector<char> read_buffer_;
  std::string head_buffer_;
  std::string date_line_;
};

}  // namespace stellwerk::http
