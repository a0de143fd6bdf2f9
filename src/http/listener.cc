#include "http/listener.h"

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <optional>

namespace stellwerk::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

/// Waiting connections that the kernel keeps for us.
constexpr int kBacklog = 4096;
constexpr int kAcceptedAtOnceMax = 32;
/// After a failed accept (no descriptors left) the next one waits this long.
constexpr std::chrono::milliseconds kAcceptRetry{100};
/// So long the next one waits where there are too many: the threads that they are for make room meanwhile.
constexpr std::chrono::milliseconds kFullPause{5};
/// Failed accepts are reported at most this often, also when some succeed in between.
constexpr std::chrono::minutes kReportPause{1};
/// Ports named one by one in an error.
constexpr std::size_t kPortsNamedMax = 8;

Result<std::vector<asio::ip::address>> resolve(asio::io_context& io, const std::vector<std::string>& names) {
  std::vector<asio::ip::address> out;
  const auto add = [&](const asio::ip::address& address) {
    if (std::find(out.begin(), out.end(), address) == out.end()) out.push_back(address);
  };
  for (const std::string& name : names) {
    error_code error;
    const auto address = asio::ip::make_address(name, error);
    if (!error) {
      add(address);
      continue;
    }
    Tcp::resolver resolver(io);
    const auto found = resolver.resolve(name, "", Tcp::resolver::passive, error);
    if (error)
      return make_error(Errc::invalid, "Cannot listen on \"" + name +
                                           "\": it is neither an address nor a known name (" + error.message() + ")");
    for (const auto& entry : found) add(entry.endpoint().address());
  }
  if (out.empty()) return make_error(Errc::invalid, "Cannot listen: no address is given");
  return out;
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string describe(const std::vector<PortRange>& ranges) {
  std::string out;
  for (const PortRange& range : ranges) {
    if (!out.empty()) out += ",";
    out += std::to_string(range.first);
    if (range.last != range.first) out += "-" + std::to_string(range.last);
  }
  return out;
}

}  // namespace

struct Listener::Door {
  Door(asio::io_context& io) : acceptor(io), retry(io) {}
  Tcp::acceptor acceptor;
  asio::steady_timer retry;
  std::optional<std::chrono::steady_clock::time_point> reported;
};

Listener::Listener(asio::io_context& io) : io_(io) {}
Listener::~Listener() = default;

error_code Listener::bind_all(const std::vector<asio::ip::address>& addresses, std::uint16_t port) {
  doors_.clear();
  port_ = port;
  for (const auto& address : addresses) {
    auto door = std::make_unique<Door>(io_);
    Tcp::acceptor& acceptor = door->acceptor;
    const Tcp::endpoint endpoint(address, port_);
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only(!address.is_unspecified()), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(kBacklog, error);
    if (!error) acceptor.non_blocking(true, error);
    // A name such as localhost may stand for an address that this machine does not have.
    const bool missing =
        error == asio::error::address_family_not_supported || error == boost::system::errc::address_not_available;
    if (missing && addresses.size() > 1) continue;
    if (error) return error;
    port_ = acceptor.local_endpoint(error).port();
    if (error) return error;
    doors_.push_back(std::move(door));
  }
  return doors_.empty() ? error_code(asio::error::address_family_not_supported) : error_code();
}

Result<std::unique_ptr<Listener>> Listener::open(asio::io_context& io, const ServerOptions& options) {
  const auto addresses = resolve(io, options.addresses);
  if (addresses.has_error()) return addresses.error();
  std::unique_ptr<Listener> listener(new Listener(io));
  listener->addresses_ = options.addresses;
  std::vector<std::string> busy;
  std::size_t busy_count = 0;
  for (const PortRange& range : options.ports) {
    for (std::uint32_t port = range.first; port <= range.last; ++port) {
      const error_code error = listener->bind_all(*addresses, static_cast<std::uint16_t>(port));
      if (!error) return listener;
      if (error != asio::error::address_in_use)
        return make_error(Errc::failed, options.ports_key + ": cannot listen on port " + std::to_string(port) + " of " +
                                            join(options.addresses) + ": " + error.message());
      if (++busy_count <= kPortsNamedMax) busy.push_back(std::to_string(port));
    }
  }
  if (busy_count > kPortsNamedMax) busy.push_back(std::to_string(busy_count - kPortsNamedMax) + " more");
  return make_error(Errc::conflict, options.ports_key + ": no port of \"" + describe(options.ports) + "\" is free on " +
                                        join(options.addresses) + "; in use: " + join(busy));
}

void Listener::start(NextLoop next_loop, OnSocket on_socket, std::function<void(std::string_view)> report) {
  next_loop_ = std::move(next_loop);
  on_socket_ = std::move(on_socket);
  report_ = std::move(report);
  for (const auto& door : doors_) accept(*door);
}

void Listener::accept(Door& door) {
  door.acceptor.async_accept(next_loop_(), [this, &door](error_code error, Socket socket) {
    if (closed_) return;
    // Whoever comes with a crowd is not let wait a turn of the loop for each before.
    for (int taken = 1; !error; ++taken) {
      if (!on_socket_(std::move(socket))) return accept_later(door, kFullPause);
      if (closed_ || taken == kAcceptedAtOnceMax) break;
      socket = door.acceptor.accept(next_loop_(), error);
    }
    if (closed_) return;
    if (!error || error == asio::error::would_block || error == asio::error::try_again) return accept(door);
    // The client may be gone again already; everything else is worth a word.
    const auto now = std::chrono::steady_clock::now();
    const bool told = door.reported && now - *door.reported < kReportPause;
    if (error != asio::error::connection_aborted && !told) {
      door.reported = now;
      report_("Cannot accept connections: " + error.message());
    }
    accept_later(door, kAcceptRetry);
  });
}

void Listener::accept_later(Door& door, std::chrono::milliseconds pause) {
  door.retry.expires_after(pause);
  door.retry.async_wait([this, &door](error_code stopped) {
    if (!stopped && !closed_) accept(door);
  });
}

void Listener::close(std::function<void()> done) {
  closed_ = true;
  for (const auto& door : doors_) {
    error_code ignored;  // closing cannot be retried
    door->acceptor.close(ignored);
    door->retry.cancel();
  }
  // What was waiting has been queued as cancelled, so this runs after it.
  asio::post(io_, [this, finished = std::move(done)] {
    doors_.clear();
    finished();
  });
}

}  // namespace stellwerk::http
