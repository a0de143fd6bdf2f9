/// Big lists, made once for each state of what they show and shared by all who ask.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/core.h"
#include "http/body.h"

namespace stellwerk::api {

/// What a page shows of a view.
struct PageSubject {
  /// The same object: the same content. Null counts as one.
  std::shared_ptr<const void> (*state)(const master::MasterView&);
  std::size_t (*size)(const master::MasterView&);
  /// Whether time alone changes it, as how long a job has been running.
  bool (*moves)(const master::MasterView&);
};
extern const PageSubject kJobsSubject;         ///< `view.state` must be there
extern const PageSubject kJobStatusesSubject;  ///< likewise, without times
extern const PageSubject kWorkersSubject;

/// May be used from any thread.
class PageCache : public std::enable_shared_from_this<PageCache> {
 public:
  using Make = std::function<std::shared_ptr<const http::Page>(const master::MasterView&, WallMs now)>;
  struct Made {
    std::shared_ptr<const http::Page> page;
    model::Position position;
    std::string
        tag{};  ///< quoted: the same for the same content, on any master of this edition; empty without editions
  };
  using Done = std::function<void(Made)>;

  /// Up to so many entries a page is made on the thread that asks.
  static constexpr std::size_t kInlineEntriesMax = 500;
  /// A page that shows durations is made anew after this even if nothing happened, and after twenty
  /// times what it costs if that is longer.
  static constexpr std::chrono::seconds kAgeMax{1};

  /// `edition`: of the program that makes pages; empty: they get no tags.
  PageCache(Backend& backend, const PageSubject& subject, Make make, std::string edition = {})
      : backend_(backend), subject_(subject), make_(std::move(make)), edition_(std::move(edition)) {}

  /// The page of this view's state or a later one, `packed` too if that takes long (http/gzip.h). Returns it if it is
  /// there or cheap to make; else `done` gets it, on a thread that may work long.
  std::optional<Made> get(const master::ViewPtr& view, bool packed, Done done);

 private:
  struct Waiter {
    master::ViewPtr view;
    bool packed = false;
    Done done;
  };

  bool fresh_for(const master::MasterView& view) const;
  std::string tag_of(const master::MasterView& view, WallMs now) const;
  Made make(const master::MasterView& view, bool packed);
  Made make_or_pack(const master::MasterView& view, bool packed);
  void make_for_waiters();

  Backend& backend_;
  const PageSubject& subject_;
  const Make make_;
  const std::string edition_;
  std::mutex mutex_;
  Made made_;
  std::shared_ptr<const void> state_;
  Time made_at_{};
  Duration cost_{};
  bool making_ = false;
  std::vector<Waiter> waiters_;
};

}  // namespace stellwerk::api
