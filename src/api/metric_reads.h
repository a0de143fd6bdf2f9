/// The endpoints that show numbers: `.../metrics`. What only the leader hears, as of workers. Internal to api/.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/live.h"
#include "http/router.h"

namespace stellwerk::api {

class MetricReads {
 public:
  explicit MetricReads(CorePtr core);

  std::vector<std::pair<std::string, http::Handler>> paths() const;

 private:
  const CorePtr core_;
  const std::shared_ptr<LiveReads> live_;
};

}  // namespace stellwerk::api
