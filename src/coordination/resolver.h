/// Host names to addresses, as a port: names are looked up off the loop and may take for ever.
#pragma once

#include <stellwerk/result.h>

#include <functional>
#include <string>
#include <vector>

namespace stellwerk::coordination {

/// Call on the executor it was made with. The owner keeps it alive as long as those who ask.
class Resolver {
 public:
  /// Addresses as numbers, for example "10.0.0.7" or "fe80::1%eth0"; never an empty list.
  using Addresses = std::vector<std::string>;
  using Handler = std::function<void(Result<Addresses>)>;

  virtual ~Resolver() = default;

  /// Looks up `host`. `done` runs at most once, on the executor, never from inside the call; there is
  /// no deadline: whoever needs one goes on without the answer, and does not ask for the same host
  /// again meanwhile. The error (Errc::unavailable) says why in a few words, without the host.
  virtual void resolve(const std::string& host, Handler done) = 0;
};

}  // namespace stellwerk::coordination
