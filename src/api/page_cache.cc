#include "api/page_cache.h"

#include <algorithm>

#include "http/gzip.h"

namespace stellwerk::api {

const PageSubject kJobsSubject{[](const master::MasterView& view) -> std::shared_ptr<const void> { return view.state; },
                               [](const master::MasterView& view) { return view.state->jobs().size(); }};
const PageSubject kWorkersSubject{
    [](const master::MasterView& view) -> std::shared_ptr<const void> { return view.workers; },
    [](const master::MasterView& view) { return view.workers ? view.workers->entries().size() : 0; }};

namespace {

/// An HTTP thread has it packed in no time.
bool ready_packed(const http::Page& page) {
  return page.packed() || page.bytes().size() <= http::kGzipHereBytesMax;
}

}  // namespace

bool PageCache::fresh_for(const master::MasterView& view) const {
  if (!made_.page) return false;
  if (state_ != subject_.state(view) && made_.position <= view.applied) return false;
  const Duration age_max = std::max<Duration>(kAgeMax, cost_ * 20);
  return backend_.now() - made_at_ < age_max;
}

PageCache::Made PageCache::make(const master::MasterView& view, bool packed) {
  const Time begin = backend_.now();
  Made made{std::make_shared<const http::Page>(make_(view, backend_.wall_ms())), view.applied};
  if (packed) made.page->gzip();
  const Time end = backend_.now();
  const std::lock_guard lock(mutex_);
  if (!made_.page || made.position >= made_.position || end - made_at_ > kAgeMax) {
    made_ = made;
    state_ = subject_.state(view);
    made_at_ = end;
    cost_ = end - begin;
  }
  return made;
}

/// For the threads that may work long.
PageCache::Made PageCache::make_or_pack(const master::MasterView& view, bool packed) {
  std::optional<Made> there;
  {
    const std::lock_guard lock(mutex_);
    if (fresh_for(view)) there = made_;
  }
  if (!there) return make(view, packed);
  if (packed) there->page->gzip();
  return *there;
}

std::optional<PageCache::Made> PageCache::get(const master::ViewPtr& view, bool packed, Done done) {
  const bool small = subject_.size(*view) <= kInlineEntriesMax;
  {
    const std::lock_guard lock(mutex_);
    const bool fresh = fresh_for(*view);
    if (fresh && (small || !packed || ready_packed(*made_.page))) return made_;
    if (!small) {
      waiters_.push_back({view, packed, std::move(done)});
      if (std::exchange(making_, true)) return std::nullopt;
    }
  }
  if (small) return make(*view, false);
  backend_.run_off_thread([self = shared_from_this()] { self->make_for_waiters(); });
  return std::nullopt;
}

void PageCache::make_for_waiters() {
  while (true) {
    master::ViewPtr newest;
    bool packed = false;
    {
      const std::lock_guard lock(mutex_);
      if (waiters_.empty()) {
        making_ = false;
        return;
      }
      // Whoever comes meanwhile and needs a later position gets another turn.
      newest = waiters_.back().view;
      packed = std::any_of(waiters_.begin(), waiters_.end(), [](const Waiter& waiter) { return waiter.packed; });
    }
    const Made made = make_or_pack(*newest, packed);
    std::vector<Waiter> served;
    {
      const std::lock_guard lock(mutex_);
      const auto rest = std::partition(waiters_.begin(), waiters_.end(), [&](const Waiter& waiter) {
        return subject_.state(*waiter.view) == subject_.state(*newest) || waiter.view->applied < made.position;
      });
      served.assign(std::make_move_iterator(waiters_.begin()), std::make_move_iterator(rest));
      waiters_.erase(waiters_.begin(), rest);
    }
    for (Waiter& waiter : served) waiter.done(made);
  }
}

}  // namespace stellwerk::api
