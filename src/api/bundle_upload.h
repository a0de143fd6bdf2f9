/// `POST /jars/upload`.
#pragma once

#include <atomic>
#include <memory>

#include "api/core.h"
#include "http/responder.h"

namespace stellwerk::api {

/// Uploads that are worked on at the same time, each in memory as a whole.
inline constexpr std::size_t kUploadsMax = 4;

/// May be used from any thread.
class Uploads : public std::enable_shared_from_this<Uploads> {
 public:
  explicit Uploads(CorePtr core) : core_(std::move(core)) {}

  void serve(http::Responder responder);

 private:
  using Permit = std::shared_ptr<void>;
  void read(http::Responder responder, Permit permit);

  const CorePtr core_;
  const std::shared_ptr<std::atomic<std::size_t>> working_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace stellwerk::api
