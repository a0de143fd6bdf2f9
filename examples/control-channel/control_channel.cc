// A task that speaks the control channel: a socket on which both sides write one JSON object per line.
//
//   g++ -std=c++20 -o control-channel control_channel.cc
//
// It works in steps of a second and says what it does: "hello", "ready", a "progress" after each step, which
// curl localhost:8081/jobs/JOBID/vertices/VERTEXID shows. Told to "stop", it finishes the step it is at and
// ends with 0. Nothing but the standard library and POSIX is needed; docs/job-spec.md describes the channel.

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kStep{1000};
/// Stellwerk's own lines are far shorter; whoever sends a longer one is not Stellwerk.
constexpr std::size_t kLineBytesMax = std::size_t{64} << 10;

/// The "type" of a message. That is all that this program wants to know, so no JSON parser is needed.
std::string type_of(const std::string& line) {
  const std::string key = "\"type\"";
  const std::size_t at = line.find(key);
  if (at == std::string::npos) return {};
  const std::size_t begin = line.find('"', at + key.size());
  if (begin == std::string::npos) return {};
  return line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
}

class Channel {
 public:
  explicit Channel(int descriptor) : descriptor_(descriptor) {
    ::fcntl(descriptor_, F_SETFD, FD_CLOEXEC);  // no program that this one starts shall speak on it
  }

  /// One JSON object, without the end of its line. A worker that does not listen any more is no fault of ours.
  void say(std::string message) const {
    message += '\n';
    for (std::size_t sent = 0; sent < message.size();) {
      const ssize_t more = ::send(descriptor_, message.data() + sent, message.size() - sent, MSG_NOSIGNAL);
      if (more < 0 && errno != EINTR) return;
      sent += more > 0 ? static_cast<std::size_t>(more) : 0;
    }
  }

  /// The next line, if one comes before that time.
  std::optional<std::string> hear(Clock::time_point until) {
    while (heard_.find('\n') == std::string::npos) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
      pollfd wait{descriptor_, POLLIN, 0};
      const int ready = ::poll(&wait, 1, static_cast<int>(std::max<long long>(left, 0)));
      if (ready == 0) return std::nullopt;
      if (ready > 0) receive();
    }
    std::string line = heard_.substr(0, heard_.find('\n'));
    heard_.erase(0, line.size() + 1);
    return line;
  }

 private:
  void receive() {
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) return;
    if (got <= 0 || heard_.size() > kLineBytesMax) {
      std::fputs("the worker is gone; nobody would know how this ends\n", stderr);
      std::exit(EXIT_FAILURE);
    }
    heard_.append(buffer.data(), static_cast<std::size_t>(got));
  }

  int descriptor_;
  std::string heard_;  ///< what came behind the last line that was taken
};

}  // namespace

int main(int count, char** arguments) {
  const char* const descriptor = std::getenv("STELLWERK_CONTROL_FD");
  const int steps = count == 2 ? std::atoi(arguments[1]) : 0;
  if (descriptor == nullptr || steps < 1) {
    std::fputs("usage: control-channel STEPS, as the task of a job\n", stderr);
    return EXIT_FAILURE;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // whole lines at once, also into a pipe
  std::signal(SIGTERM, SIG_IGN);                  // it comes with "stop", which says the same
  Channel channel(std::atoi(descriptor));
  channel.say(R"({"type":"hello","words":["ready"]})");
  channel.say(R"({"type":"ready"})");
  bool stop = false;
  for (int step = 1; step <= steps && !stop; ++step) {
    std::printf("step %d of %d\n", step, steps);
    const auto end = Clock::now() + kStep;
    while (const auto line = channel.hear(end)) stop = stop || type_of(*line) == "stop";
    channel.say(R"({"type":"progress","text":"step )" + std::to_string(step) + " of " + std::to_string(steps) +
                R"("})");
    if (stop) std::printf("told to stop; step %d is done, and so am I\n", step);
  }
  return EXIT_SUCCESS;
}
