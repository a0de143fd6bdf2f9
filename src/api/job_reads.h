/// The endpoints that show one job. Internal to api/.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/live.h"
#include "http/router.h"

namespace stellwerk::api {

/// What is journalled is read as api/reads.h has it. What the leader hears of tasks besides is asked of the leader;
/// without its answer a master shows what it has applied, with `Stellwerk-Stale-Ms`.
class JobReads {
 public:
  explicit JobReads(CorePtr core);

  /// Patterns below `/jobs/:jobid`, to GET.
  std::vector<std::pair<std::string, http::Handler>> paths() const;

 private:
  const CorePtr core_;
  const std::shared_ptr<LiveReads> live_;
};

}  // namespace stellwerk::api
