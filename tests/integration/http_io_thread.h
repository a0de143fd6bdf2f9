/// A loop on a thread of its own, for clients in tests.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

namespace stellwerk::http {

class IoThread {
 public:
  IoThread() : work_(boost::asio::make_work_guard(io)), thread_([this] { io.run(); }) {}
  /// Runs what is left to the end.
  ~IoThread() {
    work_.reset();
    thread_.join();
  }

  boost::asio::io_context io{1};

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace stellwerk::http
