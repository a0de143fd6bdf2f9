/// A descriptor that a loop waits for.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "base/file_descriptor.h"

namespace stellwerk::tasks {

using Watched = boost::asio::posix::stream_descriptor;

/// Closes `descriptor` if the system has no room to watch it, and throws boost::system::system_error.
inline Watched adopt(boost::asio::io_context& io, FileDescriptor descriptor) {
  Watched watched(io);
  boost::system::error_code error;
  watched.assign(descriptor.get(), error);
  if (error) throw boost::system::system_error(error);
  descriptor.release();
  return watched;
}

}  // namespace stellwerk::tasks
