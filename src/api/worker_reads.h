/// The endpoints that show workers. Internal to api/.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "api/live.h"
#include "api/page_cache.h"
#include "api/worker_views.h"

namespace stellwerk::api {

class WorkerReads {
 public:
  explicit WorkerReads(CorePtr core);

  /// `GET /taskmanagers`.
  void serve_list(http::Responder responder) const;
  /// `GET /taskmanagers/:taskmanagerid`.
  void serve_one(http::Responder responder) const;
  /// What `make` says of that worker, at the path with `suffix` behind it.
  void serve_about(http::Responder responder, const std::string& suffix,
                   const std::function<std::string(const jobs::WorkerEntry&)>& make) const;

  struct Counted {
    WorkerCounts counts;
    std::optional<std::chrono::milliseconds> stale;  ///< as in LiveCopy
  };
  /// For `/overview`: the leader's, else the last ones known, else zeros. `done` as LiveReads::ask calls it.
  void count(std::function<void(Counted)> done) const;

 private:
  struct Heard {
    std::mutex mutex;
    WorkerCounts counts;
    Time at;
  };
  static void hear(Heard& heard, const WorkerCounts& counts, Time now);

  const CorePtr core_;
  const std::shared_ptr<LiveReads> live_;
  const std::shared_ptr<PageCache> pages_;
  const std::shared_ptr<Heard> heard_;
};

}  // namespace stellwerk::api
