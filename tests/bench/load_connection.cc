#include "bench/load_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

namespace stellwerk::bench {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kHeadBytesMax = 16 * 1024;
constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::string_view kLength = "\r\nContent-Length: ";

template <class Number>
bool parse(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

/// Status and length of the body of a complete head.
bool parse_head(std::string_view head, int& status, std::size_t& length) {
  const auto at = head.find(kLength);
  return head.starts_with("HTTP/1.1 ") && parse(head.substr(9, 3), status) && at != std::string_view::npos &&
         parse(head.substr(at + kLength.size()), length);
}

}  // namespace

boost::system::error_code LoadConnection::connect(const asio::ip::tcp::endpoint& server) {
  boost::system::error_code error;
  socket_.connect(server, error);
  if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
  if (!error) socket_.non_blocking(true, error);
  if (!error) read();
  return error;
}

void LoadConnection::fail(const std::string& why) {
  if (broken_) return;
  broken_ = true;
  hooks_.broken(why);
}

void LoadConnection::send(std::string_view request) {
  boost::system::error_code error;
  const std::size_t sent = socket_.write_some(asio::buffer(request), error);
  if (error && error != asio::error::would_block) return fail("sending: " + error.message());
  if (sent == request.size()) return;
  unsent_.assign(request.substr(sent));
  asio::async_write(socket_, asio::buffer(unsent_), [this](const boost::system::error_code& failed, std::size_t) {
    if (failed && failed != asio::error::operation_aborted) fail("sending: " + failed.message());
  });
}

void LoadConnection::read() {
  socket_.async_read_some(asio::buffer(buffer_), [this](const boost::system::error_code& error, std::size_t bytes) {
    if (error == asio::error::operation_aborted) return;
    if (error) return fail("reading: " + error.message());
    on_read(bytes);
    if (!broken_) read();
  });
}

void LoadConnection::on_read(std::size_t bytes) {
  std::string_view data(buffer_.data(), bytes);
  if (!in_body_) {
    head_ += data;
    const auto end = head_.find(kEnd);
    if (end == std::string::npos) {
      if (head_.size() > kHeadBytesMax) fail("the head of an answer has no end");
      return;
    }
    if (!parse_head(std::string_view(head_).substr(0, end), status_, body_left_))
      return fail("an answer without status or Content-Length");
    data.remove_prefix(data.size() - (head_.size() - end - kEnd.size()));
    head_.clear();
    in_body_ = true;
  }
  if (data.size() > body_left_) return fail("more than one answer to a request");
  body_left_ -= data.size();
  if (body_left_ > 0) return;
  in_body_ = false;
  hooks_.answered(status_);
}

}  // namespace stellwerk::bench
