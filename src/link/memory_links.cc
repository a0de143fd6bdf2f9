#include "link/memory_links.h"

#include <array>
#include <deque>
#include <optional>
#include <utility>

#include "base/assert.h"

namespace stellwerk::link {
namespace {

constexpr const char* kClosed = "the other side has closed it";

/// Both ends of one connection.
struct Pipe {
  struct End {
    std::optional<Handler> handler;  ///< as soon as it listens
    bool open = true;
    std::deque<std::string> waiting;  ///< for it to listen
    std::size_t unread = 0;           ///< bytes on their way to it
    std::string lost;                 ///< why, if the other end reads too slowly
    std::string peer;
  };
  explicit Pipe(Executor& on) : executor(on) {}
  Executor& executor;
  std::array<End, 2> ends;
};

class MemoryLink : public Link {
 public:
  MemoryLink(std::shared_ptr<Pipe> pipe, std::size_t side) : pipe_(std::move(pipe)), side_(side) {}
  ~MemoryLink() override { end(); }
  MemoryLink(const MemoryLink&) = delete;
  MemoryLink& operator=(const MemoryLink&) = delete;

  void listen(Handler handler) override {
    STELLWERK_ASSERT(!mine().handler, "once");
    mine().handler = std::move(handler);
    for (auto& text : std::exchange(mine().waiting, {})) arrive(pipe_, side_, std::move(text));
    if (!mine().lost.empty()) return hear_end(pipe_, side_, mine().lost);
    if (!theirs().open || !theirs().lost.empty()) hear_end(pipe_, side_, kClosed);
  }

  void send(const Message& message) override {
    if (!mine().open || !theirs().open || !mine().lost.empty()) return;
    std::string text = encode(message);
    theirs().unread += text.size();
    if (theirs().unread > kUnsentBytesMax) return lose();
    arrive(pipe_, 1 - side_, std::move(text));
  }

  void close() override { end(); }
  const std::string& peer() const override { return pipe_->ends[side_].peer; }

 private:
  Pipe::End& mine() { return pipe_->ends[side_]; }
  Pipe::End& theirs() { return pipe_->ends[1 - side_]; }

  void end() {
    if (!std::exchange(mine().open, false)) return;
    hear_end(pipe_, 1 - side_, kClosed);
  }

  /// The other end reads too slowly.
  void lose() {
    mine().lost = "it reads too slowly: " + std::to_string(theirs().unread) + " bytes wait for it";
    hear_end(pipe_, 1 - side_, kClosed);
    hear_end(pipe_, side_, mine().lost);
  }

  static void arrive(const std::shared_ptr<Pipe>& pipe, std::size_t side, std::string text) {
    if (!pipe->ends[side].handler) return pipe->ends[side].waiting.push_back(std::move(text));
    pipe->executor.post([pipe, side, text = std::move(text)] {
      Pipe::End& to = pipe->ends[side];
      to.unread -= text.size();
      if (!to.open) return;
      auto message = decode(text);
      STELLWERK_ASSERT(message.has_value(), "what encode() makes can be read");
      const auto handler = to.handler->on_message;  // it may end the link
      if (handler) handler(std::move(*message));
    });
  }

  /// After all that was sent before.
  static void hear_end(const std::shared_ptr<Pipe>& pipe, std::size_t side, const std::string& why) {
    pipe->executor.post([pipe, side, why] {
      Pipe::End& to = pipe->ends[side];
      if (!to.handler || !std::exchange(to.open, false)) return;
      const auto handler = to.handler->on_closed;
      if (handler) handler(to.peer + ": " + why);
    });
  }

  const std::shared_ptr<Pipe> pipe_;
  const std::size_t side_;
};

}  // namespace

void MemoryLinks::dial(const std::string& address, Done done) {
  auto held = std::make_shared<Done>(std::move(done));
  const auto door = doors_.find(address);
  if (address.rfind(':') == std::string::npos || door == doors_.end()) {
    const bool invalid = address.rfind(':') == std::string::npos;
    auto error = invalid ? make_error(Errc::invalid, "\"" + address + "\" is no address; host:port is one")
                         : make_error(Errc::unavailable, address + ": nobody listens there");
    executor_.post([held, error] { (*held)(error); });
    return;
  }
  auto pipe = std::make_shared<Pipe>(executor_);
  pipe->ends[0].peer = address;
  pipe->ends[1].peer = "memory:" + std::to_string(++dialled_);
  executor_.post([pipe, on_link = door->second, held] {
    on_link(std::make_unique<MemoryLink>(pipe, 1));
    (*held)(std::unique_ptr<Link>(std::make_unique<MemoryLink>(pipe, 0)));
  });
}

}  // namespace stellwerk::link
