/// Connects a worker to masters.
#pragma once

#include <boost/asio/io_context.hpp>

#include "link/link.h"

namespace stellwerk::websocket {

/// On one loop, which the owner keeps alive longer than this and than every link that it made. Names are looked up
/// on a thread of the loop's own, one after the other: one that hangs holds up the others, but not numbers.
class WebSocketDialer : public link::Dialer {
 public:
  explicit WebSocketDialer(boost::asio::io_context& io) : io_(io) {}

  void dial(const std::string& address, Done done) override;

 private:
  boost::asio::io_context& io_;
};

}  // namespace stellwerk::websocket
