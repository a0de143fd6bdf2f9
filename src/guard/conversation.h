/// One request to one master, and its answer, in short turns and with a deadline.
#pragma once

#include <netinet/in.h>
#include <poll.h>

#include <optional>
#include <string>

#include "base/file_descriptor.h"
#include "guard/word.h"

namespace stellwerk::guard::worker_mode {

/// "10.0.0.7:6123" or "[::1]:6123". False: it is none.
bool parse_address(const std::string& text, sockaddr_storage& out, socklen_t& size);

/// The owner polls for wait(), then calls turn(), until there is a reply.
class Conversation {
 public:
  /// From the first packet to the answer.
  static constexpr Duration kMax = std::chrono::seconds(2);

  Conversation(std::string master, std::string request, Time now);

  const std::string& master() const { return master_; }
  pollfd wait() const;
  Time until() const { return until_; }
  void turn(Time now, short revents);
  const std::optional<Reply>& reply() const { return reply_; }

 private:
  void connect();
  void write();
  void read();
  void fail(const std::string& why);

  const std::string master_;
  const Time until_;
  std::string unsent_;
  std::string received_;
  FileDescriptor socket_;
  std::optional<Reply> reply_;
};

}  // namespace stellwerk::guard::worker_mode
