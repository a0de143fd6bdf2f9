#include "api/page_cache.h"

#include <algorithm>

#include "base/sha256.h"
#include "http/gzip.h"

namespace stellwerk::api {

namespace {

std::shared_ptr<const void> state_of(const master::MasterView& view) {
  return view.state;
}
std::size_t jobs_of(const master::MasterView& view) {
  return view.state->jobs().size();
}
bool never(const master::MasterView&) {
  return false;
}

}  // namespace

const PageSubject kJobsSubject{state_of, jobs_of,
                               [](const master::MasterView& view) { return view.state->counts().running > 0; }};
const PageSubject kJobStatusesSubject{state_of, jobs_of, never};
const PageSubject kWorkersSubject{
    [](const master::MasterView& view) -> std::shared_ptr<const void> { return view.workers; },
    [](const master::MasterView& view) { return view.workers ? view.workers->entries().size() : 0; }, never};

namespace {

/// An HTTP thread has it packed in no time.
bool ready_packed(const http::Page& page) {
  return page.packed() || page.bytes().size() <= http::kGzipHereBytesMax;
}

}  // namespace

bool PageCache::fresh_for(const master::MasterView& view) const {
  if (!made_.page) return false;
  const bool same = state_ == subject_.state(view) && made_.position >= view.applied;
  if (!same && made_.position <= view.applied) return false;
  if (same && !subject_.moves(view)) return true;
  const Duration age_max = std::max<Duration>(kAgeMax, cost_ * 20);
  return backend_.now() - made_at_ < age_max;
}

/// What was applied up to a position is the same on all masters, and what is made of it.
std::string PageCache::tag_of(const master::MasterView& view, WallMs now) const {
  if (edition_.empty()) return {};
  std::string what = edition_ + '\n' + view.cluster + '\n' + to_string(view.applied);
  if (subject_.moves(view)) what += '\n' + std::to_string(now);
  return '"' + sha256_hex(what).substr(0, 32) + '"';
}

PageCache::Made PageCache::make(const master::MasterView& view, bool packed) {
  const Time begin = backend_.now();
  const WallMs now = backend_.wall_ms();
  Made made{make_(view, now), view.applied, tag_of(view, now)};
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
