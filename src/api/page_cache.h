/// Big lists, made once per position of the journal and shared by all who ask.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/core.h"
#include "http/body.h"

namespace stellwerk::api {

/// May be used from any thread.
class PageCache : public std::enable_shared_from_this<PageCache> {
 public:
  using Make = std::function<std::string(const jobs::ClusterState&, WallMs now)>;
  struct Made {
    std::shared_ptr<const http::Page> page;
    model::Position position;
  };
  using Done = std::function<void(Made)>;

  /// Up to so many jobs a page is made on the thread that asks.
  static constexpr std::size_t kInlineJobsMax = 500;
  /// A page that shows durations is made anew after this even if nothing happened, and after twenty
  /// times what it costs if that is longer.
  static constexpr std::chrono::seconds kAgeMax{1};

  PageCache(Backend& backend, Make make) : backend_(backend), make_(std::move(make)) {}

  /// The page of this view's position or a later one, `packed` too if that takes long (http/gzip.h).
  /// `view->state` must be there. Returns it if it is there or cheap to make; else `done` gets it, on a
  /// thread that may work long.
  std::optional<Made> get(const master::ViewPtr& view, bool packed, Done done);

 private:
  struct Waiter {
    master::ViewPtr view;
    bool packed = false;
    Done done;
  };

  bool fresh_for(const master::MasterView& view) const;
  Made make(const master::MasterView& view, bool packed);
  Made make_or_pack(const master::MasterView& view, bool packed);
  void make_for_waiters();

  Backend& backend_;
  const Make make_;
  std::mutex mutex_;
  Made made_;
  std::shared_ptr<const jobs::ClusterState> state_;
  Time made_at_{};
  Duration cost_{};
  bool making_ = false;
  std::vector<Waiter> waiters_;
};

}  // namespace stellwerk::api
