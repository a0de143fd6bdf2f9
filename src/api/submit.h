/// `POST /jobs`.
#pragma once

#include <atomic>
#include <memory>

#include "api/core.h"
#include "http/responder.h"

namespace stellwerk::api {

/// Specs that are being read or wait to be; one more is answered 503. Reading the largest takes
/// seconds of a core.
inline constexpr int kReadingMax = 64;

/// May be used from any thread.
class Submissions : public std::enable_shared_from_this<Submissions> {
 public:
  explicit Submissions(CorePtr core) : core_(std::move(core)) {}

  void serve(http::Responder responder);

 private:
  void read(http::Responder responder);

  const CorePtr core_;
  std::atomic<int> reading_{0};
};

}  // namespace stellwerk::api
