/// `POST /jobs`.
#pragma once

#include <memory>

#include "api/core.h"
#include "http/responder.h"

namespace stellwerk::api {

/// May be used from any thread.
class Submissions : public std::enable_shared_from_this<Submissions> {
 public:
  explicit Submissions(CorePtr core) : core_(std::move(core)) {}

  void serve(http::Responder responder);

 private:
  void read(http::Responder responder);

  const CorePtr core_;
};

}  // namespace stellwerk::api
