#include "coordination/system_resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/signals_blocked.h"

namespace stellwerk::coordination {
namespace {

Error lookup_error(int code, int system_error) {
  return make_error(Errc::unavailable, code == EAI_SYSTEM ? std::generic_category().message(system_error)
                                                          : std::string(::gai_strerror(code)));
}

Result<Resolver::Addresses> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0) return lookup_error(code, errno);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Resolver::Addresses addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    if (std::find(addresses.begin(), addresses.end(), text) == addresses.end()) addresses.emplace_back(text);
  }
  if (addresses.empty()) return lookup_error(EAI_NONAME, 0);
  return addresses;
}

}  // namespace

/// What outlives the resolver while a look-up still hangs.
struct SystemResolver::Shared {
  std::mutex mutex;
  Executor* executor = nullptr;  ///< none once the resolver is gone
  std::size_t running = 0;

  void answer(Handler done, Result<Addresses> addresses) {
    const std::lock_guard lock(mutex);
    if (executor == nullptr) return;
    executor->post([done = std::move(done), addresses = std::move(addresses)] { done(addresses); });
  }

  bool begin() {
    const std::lock_guard lock(mutex);
    if (running == kLookupsMax) return false;
    ++running;
    return true;
  }

  void end() {
    const std::lock_guard lock(mutex);
    --running;
  }
};

SystemResolver::SystemResolver(Executor& executor) : shared_(std::make_shared<Shared>()) {
  shared_->executor = &executor;
}

SystemResolver::~SystemResolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->executor = nullptr;
}

void SystemResolver::resolve(const std::string& host, Handler done) {
  if (!shared_->begin()) {
    shared_->answer(std::move(done), make_error(Errc::unavailable, "too many names are still being looked up"));
    return;
  }
  const SignalsBlocked quiet;
  try {
    std::thread([shared = shared_, host, done]() mutable {
      Result<Addresses> addresses = look_up(host);
      shared->end();
      shared->answer(std::move(done), std::move(addresses));
    }).detach();
  } catch (const std::system_error& error) {
    shared_->end();
    shared_->answer(std::move(done), make_error(Errc::unavailable, error.code().message()));
  }
}

}  // namespace stellwerk::coordination
