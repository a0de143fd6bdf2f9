#include "api/worker_reads.h"

#include <algorithm>

#include "http/gzip.h"

namespace stellwerk::api {
namespace {

using http::Responder;
using master::MasterView;
using master::Role;

constexpr std::string_view kList = "/taskmanagers";
constexpr std::string_view kOverview = "/overview";

const jobs::WorkerTable& workers_of(const MasterView& view) {
  static const jobs::WorkerTable kNobody;
  return view.workers ? *view.workers : kNobody;
}

}  // namespace

WorkerReads::WorkerReads(CorePtr core)
    : core_(std::move(core)),
      live_(std::make_shared<LiveReads>(core_)),
      pages_(std::make_shared<PageCache>(core_->backend, kWorkersSubject,
                                         [](const MasterView& view, WallMs) {
                                           return std::make_shared<const http::Page>(workers_json(workers_of(view)));
                                         })),
      heard_(std::make_shared<Heard>()) {
  heard_->at = core_->started;
}

void WorkerReads::serve_list(Responder responder) const {
  const auto view = core_->backend.view();
  const std::string target(kList);
  if (view->role != Role::leader) return serve_live(live_, core_, std::move(responder), target);
  auto held = std::make_shared<Responder>(std::move(responder));
  const auto show = [live = live_, held, target](const PageCache::Made& made) {
    live->keep(target, made.page);
    held->answer(http::page_response(made.page));
  };
  if (const auto made = pages_->get(view, http::wants_gzip(held->request()), show)) show(*made);
}

void WorkerReads::serve_one(Responder responder) const {
  const auto view = core_->backend.view();
  serve_about(std::move(responder), "",
              [view](const jobs::WorkerEntry& worker) { return worker_json(worker, view->state.get()); });
}

void WorkerReads::serve_about(Responder responder, const std::string& suffix,
                              const std::function<std::string(const jobs::WorkerEntry&)>& make) const {
  const auto view = core_->backend.view();
  const std::string id(responder.request().param("taskmanagerid"));
  const std::string target = std::string(kList) + '/' + http::escape_segment(id) + suffix;
  if (view->role != Role::leader) return serve_live(live_, core_, std::move(responder), target);
  const auto worker = workers_of(*view).find(id);
  if (!worker) return responder.answer(http::error_response(404, "No TaskExecutor registered under " + id + "."));
  auto page = std::make_shared<const http::Page>(make(*worker));
  live_->keep(target, page);
  responder.answer(http::page_response(std::move(page)));
}

void WorkerReads::hear(Heard& heard, const WorkerCounts& counts, Time now) {
  const std::lock_guard lock(heard.mutex);
  heard.counts = counts;
  heard.at = now;
}

void WorkerReads::count(std::function<void(Counted)> done) const {
  const auto view = core_->backend.view();
  if (view->role == Role::leader) {
    const WorkerCounts counts = count_workers(workers_of(*view));
    hear(*heard_, counts, core_->backend.now());
    return done({counts, std::nullopt});
  }
  live_->ask(std::string(kOverview), [core = core_, heard = heard_, done = std::move(done)](const LiveCopy& copy) {
    const Time now = core->backend.now();
    const auto counts = copy.page && !copy.stale ? read_worker_counts(copy.page->bytes()) : std::nullopt;
    if (counts) {
      hear(*heard, *counts, now);
      return done({*counts, std::nullopt});
    }
    Counted counted;
    {
      const std::lock_guard lock(heard->mutex);
      counted.counts = heard->counts;
      counted.stale = std::chrono::milliseconds(std::max<std::int64_t>(0, to_ms(now - heard->at)));
    }
    done(counted);
  });
}

}  // namespace stellwerk::api
