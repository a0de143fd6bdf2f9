/// One connection: reads requests, has them answered one after the other, writes the answers.
/// Internal to the server. Lives on one worker's thread; every method is called there.
///
/// An idle connection holds no buffers: it waits until its socket is readable and then borrows the
/// worker's. Requests that arrive early wait in `in_` up to a limit, then in the kernel.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/router.h"
#include "http/worker.h"

namespace stellwerk::http {

class Exchange;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = Worker::Clock;

  Connection(Worker& worker, boost::asio::ip::tcp::socket socket);
  ~Connection();

  void start(Worker::Connections::iterator self);
  /// An answer that came after its handler returned; ignored if it is not waited for any more.
  void on_answer(const Exchange& exchange, Response response);
  void on_tick(Clock::time_point now);
  void on_gate_closed();
  void close();
  bool is_due(Clock::time_point now) const noexcept { return now >= deadline_ && state_ != State::closed; }
  /// Of its answer, until its client has read it.
  bool keeps_memory() const noexcept { return lease_.held(); }
  bool keeps_file() const noexcept { return file_.held(); }
  /// With nothing to be done here.
  bool waits_for_client() const noexcept {
    return state_ == State::body || (state_ == State::writing && write_armed_once_);
  }

 private:
  enum class State {
    head,       ///< waiting for a request, or in the middle of its head
    body,       ///< reading its body
    handling,   ///< waiting for its answer
    writing,    ///< the answer waits for the client to read
    streaming,  ///< the answer's source has nothing at the moment
    lingering,  ///< all is said; reading on so that the client gets to see it
    closed,
  };

  // connection.cc: reading
  bool is_reading() const noexcept { return state_ == State::head || state_ == State::body; }
  bool wants_input() const noexcept;
  void arm_read();
  void on_readable(boost::system::error_code error);
  void on_end_of_input();
  void feed(std::string_view data);
  void consume(std::string& held, std::string_view data);
  bool take_head(std::string_view& data);
  bool take_body(std::string_view& data);
  void resume();
  void on_deadline();

  // connection_serve.cc: from a head to an answer
  void on_head(bool body_is_there);
  std::optional<Response> refuse_early();
  std::optional<Response> refuse_body();
  Response options_answer(const std::string& allow);
  std::size_t body_bytes_max() const;
  void dispatch();
  void on_bad_request();
  void refuse(Response response);

  // connection_write.cc
  void answer(Response response);
  void take_file();
  void release_leases() noexcept;
  void write();
  bool write_some();
  void arm_write();
  void hold_answer();
  bool pull();
  void send_piece();
  void send_heartbeat();
  void on_wake(std::uint64_t stream);
  void finish();
  void linger();
  void begin_active();
  void end_active();

  ServerState& shared() noexcept { return worker_.state(); }
  const ServerOptions& options() noexcept { return worker_.state().options; }
  void set_deadline(std::chrono::milliseconds from_now) { deadline_ = Clock::now() + from_now; }
  void note_progress(std::size_t bytes);

  Worker& worker_;
  boost::asio::ip::tcp::socket socket_;
  Worker::Connections::iterator self_;
  std::shared_ptr<const Peer> peer_;

  State state_ = State::head;
  bool read_armed_ = false;
  /// This answer had to wait for its client, so progress is asked for.
  bool write_armed_once_ = false;
  bool end_of_input_ = false;
  bool resume_posted_ = false;
  bool active_ = false;
  /// The request's head has begun, so its deadline counts instead of the idle one.
  bool head_timed_ = false;
  /// The handler keeps the exchange, or did at some time: it cannot be used again.
  bool exchange_escaped_ = false;
  /// The source's last piece is in `out_`.
  bool source_done_ = false;
  bool keep_alive_ = true;
  bool chunked_ = false;
  /// What it means depends on the state; see on_deadline().
  Clock::time_point deadline_{};
  std::size_t progress_bytes_ = 0;
  std::size_t lingered_bytes_ = 0;
  /// Tells wakes of this answer's source from those of an earlier one.
  std::uint64_t stream_ = 0;

  std::shared_ptr<Exchange> exchange_;
  const Route* route_ = nullptr;
  std::string in_;
  /// What is being written: `head_left_`, then `body_left_`. The head is in the worker's buffer while
  /// it is written at once and in `out_` when it has to wait; the body is in `response_` or `out_`.
  std::string out_;
  std::string_view head_left_;
  std::string_view body_left_;
  Response response_;
  AnswerLease lease_;
  FileLease file_;
};

}  // namespace stellwerk::http
