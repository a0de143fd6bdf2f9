/// Writing answers: at once if the client reads, piece by piece if it does not or if there is no end.
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "http/answer.h"
#include "http/connection.h"
#include "http/exchange.h"

namespace stellwerk::http {
namespace {

/// Bytes asked of a source at a time.
constexpr std::size_t kPieceBytes = 64 * 1024;
/// Pieces that one connection sends before the others get their turn.
constexpr int kPiecesPerTurn = 16;
/// Length of a chunk's size line: eight digits and CR LF.
constexpr std::size_t kSizeLineBytes = 10;

void write_size_line(std::string& piece) {
  std::size_t size = piece.size() - kSizeLineBytes;
  for (std::size_t i = kSizeLineBytes - 2; i-- > 0; size >>= 4) piece[i] = "0123456789abcdef"[size & 0xf];
  piece[kSizeLineBytes - 2] = '\r';
  piece[kSizeLineBytes - 1] = '\n';
}

}  // namespace

void Connection::begin_active() {
  if (active_) return;
  active_ = true;
  shared().begin_active();
  worker_.set_served(self_);
}

void Connection::end_active() {
  if (!active_) return;
  active_ = false;
  shared().end_active();
  worker_.set_waiting(self_);
}

void Connection::answer(Response response) {
  begin_active();
  const Request& request = exchange_->message;
  response_ = std::move(response);
  take_file();
  if (options().decorate) options().decorate(request, response_);
  keep_alive_ = request.keep_alive && !response_.close && !end_of_input_ && !shared().gate_closed;
  std::string& head = worker_.head_buffer();
  head.clear();
  const RenderedBody body = render_answer({request, shared().cors, worker_.date_line(), keep_alive_}, response_, head);
  keep_alive_ = keep_alive_ && !body.until_close;
  chunked_ = body.chunked;
  source_done_ = !body.from_source;
  head_left_ = head;
  body_left_ = body.bytes;
  state_ = State::writing;
  progress_bytes_ = 0;
  if (body.from_source) {
    const std::uint64_t stream = ++stream_;
    std::get<std::unique_ptr<BodySource>>(response_.body)
        ->attach([worker = worker_.weak_from_this(), self = weak_from_this(), stream] {
          const auto alive = worker.lock();
          if (alive == nullptr) return;
          alive->post([self, stream] {
            if (const auto connection = self.lock()) connection->on_wake(stream);
          });
        });
  }
  write();
}

void Connection::write() {
  for (int pieces = 0; write_some(); ++pieces) {
    if (source_done_) return finish();
    if (pieces == kPiecesPerTurn) {
      if (!write_armed_once_) set_deadline(options().progress_deadline);
      worker_.post([self = shared_from_this()] {
        if (self->state_ != State::writing) return;
        self->write();
        self->resume();
      });
      return;
    }
    if (!pull()) return;
  }
}

bool Connection::write_some() {
  while (!head_left_.empty() || !body_left_.empty()) {
    // The interface of the system call is older than const; it does not write through these.
    std::array<iovec, 2> parts{{{const_cast<char*>(head_left_.data()), head_left_.size()},
                                {const_cast<char*>(body_left_.data()), body_left_.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        arm_write();
      } else {
        close();
      }
      return false;
    }
    const std::size_t from_head = std::min(static_cast<std::size_t>(sent), head_left_.size());
    head_left_.remove_prefix(from_head);
    body_left_.remove_prefix(static_cast<std::size_t>(sent) - from_head);
    if (write_armed_once_) note_progress(static_cast<std::size_t>(sent));
  }
  return true;
}

void Connection::arm_write() {
  if (!head_left_.empty()) {
    // The worker's buffer is for the next connection.
    std::string kept(head_left_);
    out_.swap(kept);
    head_left_ = out_;
  }
  if (!write_armed_once_) {
    set_deadline(options().progress_deadline);
    hold_answer();
    if (state_ == State::closed) return;
  }
  write_armed_once_ = true;
  socket_.async_wait(boost::asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (self->state_ != State::writing) return;
                       if (error) return self->close();
                       self->write();
                       self->resume();
                     });
}

/// This thread's own clients make the room, and this one only where there is none else: all threads have their share of
/// those that do not read.
void Connection::hold_answer() {
  if (!lease_.held()) {
    if (const auto* page = std::get_if<std::shared_ptr<const Page>>(&response_.body))
      lease_.share(*page);
    else if (const auto* text = std::get_if<std::string>(&response_.body))
      lease_.take(text->capacity());
    else
      lease_.take(out_.capacity());
  }
  while (lease_.over_limit())
    if (!worker_.drop_reader(&Connection::keeps_memory, *this)) return close();
}

/// An answer with a source of known length is read from a file.
void Connection::take_file() {
  const auto* source = std::get_if<std::unique_ptr<BodySource>>(&response_.body);
  if (source == nullptr || !(*source)->length()) return;
  while (!file_.take())
    if (!worker_.drop_reader(&Connection::keeps_file, *this)) {
      response_ = unavailable_response(
          "Too many files are being read; " + std::to_string(options().files_max) + " are allowed at a time",
          options().retry_after);
      return;
    }
}

void Connection::release_leases() noexcept {
  lease_.release();
  file_.release();
}

bool Connection::pull() {
  BodySource& source = *std::get<std::unique_ptr<BodySource>>(response_.body);
  out_.assign(chunked_ ? kSizeLineBytes : 0, '0');
  const std::size_t empty = out_.size();
  BodySource::Pull result = BodySource::Pull::end;
  // A stream without an end must not hold up a shutdown.
  if (!shared().gate_closed || source.length()) result = source.pull(out_, kPieceBytes);
  if (result == BodySource::Pull::broken) {
    close();
    return false;
  }
  if (result == BodySource::Pull::wait && out_.size() == empty) {
    if (end_of_input_) {
      close();
      return false;
    }
    state_ = State::streaming;
    write_armed_once_ = false;
    lease_.release();
    set_deadline(options().stream_heartbeat);
    arm_read();
    return false;
  }
  source_done_ = result == BodySource::Pull::end;
  send_piece();
  return true;
}

void Connection::send_piece() {
  if (chunked_) {
    if (out_.size() > kSizeLineBytes) {
      write_size_line(out_);
      out_ += "\r\n";
    } else {
      out_.clear();
    }
    if (source_done_) out_ += "0\r\n\r\n";
  }
  body_left_ = out_;
  state_ = State::writing;
}

void Connection::send_heartbeat() {
  const std::string_view text = std::get<std::unique_ptr<BodySource>>(response_.body)->heartbeat();
  set_deadline(options().stream_heartbeat);
  if (text.empty()) return;
  out_.assign(chunked_ ? kSizeLineBytes : 0, '0');
  out_ += text;
  send_piece();
  write();
  resume();
}

void Connection::on_wake(std::uint64_t stream) {
  if (state_ != State::streaming || stream != stream_) return;
  if (pull()) write();
  resume();
}

void Connection::on_gate_closed() {
  on_wake(stream_);
}

void Connection::finish() {
  end_active();
  response_ = {};
  release_leases();
  std::string().swap(out_);
  write_armed_once_ = false;
  if (!exchange_escaped_) {
    exchange_->clear();
    worker_.recycle(std::move(exchange_));
  }
  exchange_.reset();
  exchange_escaped_ = false;
  route_ = nullptr;
  if (!keep_alive_) return linger();
  state_ = State::head;
  head_timed_ = false;
  set_deadline(options().idle_deadline);
}

void Connection::linger() {
  boost::system::error_code error;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
  if (error || end_of_input_) return close();
  state_ = State::lingering;
  std::string().swap(in_);
  set_deadline(options().linger_deadline);
  arm_read();
}

}  // namespace stellwerk::http
