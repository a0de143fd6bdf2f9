/// The resolver of the operating system (getaddrinfo), which blocks: each look-up on a thread of its own.
#pragma once

#include <cstddef>
#include <memory>

#include "base/executor.h"
#include "coordination/resolver.h"

namespace stellwerk::coordination {

/// Look-ups that may run at once; more are refused as Errc::unavailable. A thread each, so that names
/// whose servers hang cannot hold up the others.
inline constexpr std::size_t kLookupsMax = 16;

/// Destroying it does not wait: look-ups that still run end by themselves and their answers are
/// dropped. `executor` must live until the destructor has returned.
class SystemResolver : public Resolver {
 public:
  explicit SystemResolver(Executor& executor);
  ~SystemResolver() override;
  SystemResolver(const SystemResolver&) = delete;
  SystemResolver& operator=(const SystemResolver&) = delete;

  void resolve(const std::string& host, Handler done) override;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace stellwerk::coordination
