#include "api/live.h"

#include <algorithm>

#include "http/gzip.h"
#include "http/proxy.h"

namespace stellwerk::api {

void LiveReads::ask(const std::string& target, Done done) {
  const auto view = core_->backend.view();
  const auto leader = other_leader(*view);
  if (!leader || core_->closed) return done(last_copy(target));
  const Question question{leader->url(), target};
  {
    const std::lock_guard lock(mutex_);
    const auto [at, first] = waiting_.try_emplace(question);
    at->second.push_back(std::move(done));
    if (!first) return;
  }
  send(question, *leader);
}

void LiveReads::send(const Question& question, const http::Endpoint& leader) {
  std::vector<Done> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(waiting_[question]);
  }
  http::ClientRequest request;
  request.target = question.second;
  request.headers.emplace_back(http::kForwardedHeader, core_->self());
  core_->client.send(
      leader, std::move(request),
      [self = shared_from_this(), question, leader,
       asked = std::move(asked)](Result<http::ClientResponse> answer) mutable {
        self->answered(question, leader, std::move(asked), std::move(answer));
      },
      kAskLiveMax);
}

void LiveReads::answered(const Question& question, const http::Endpoint& leader, std::vector<Done> asked,
                         Result<http::ClientResponse> answer) {
  const std::string& target = question.second;
  const bool known = answer.has_value() && (answer->status == 200 || answer->status == 404);
  LiveCopy copy;
  if (known) {
    copy.status = answer->status;
    if (const auto at = answer->header(kPositionHeader))
      if (const auto position = model::parse_position(*at); position.has_value()) copy.position = *position;
    copy.page = std::make_shared<const http::Page>(std::move(answer->body));
    know();
    if (copy.status == 200)
      keep(target, copy.page);
    else
      forget(target);
  } else {
    copy = last_copy(target);
  }
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    const auto at = waiting_.find(question);
    // Whoever does not answer now is not waited for again at once.
    if (!known) std::move(at->second.begin(), at->second.end(), std::back_inserter(asked));
    more = known && !at->second.empty();
    if (!more) waiting_.erase(at);
  }
  if (more) send(question, leader);
  for (const Done& done : asked) done(copy);
}

LiveCopy LiveReads::last_copy(const std::string& target) const {
  const Time now = core_->backend.now();
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(copies_.begin(), copies_.end(), [&](const auto& copy) { return copy.first == target; });
  const Time never = copies_kept_ ? core_->started : heard_;
  const Time since = at == copies_.end() ? never : at->second.second;
  LiveCopy copy;
  if (at != copies_.end()) copy.page = at->second.first;
  copy.stale = std::chrono::milliseconds(std::max<std::int64_t>(0, to_ms(now - since)));
  return copy;
}

void LiveReads::know() {
  const Time now = core_->backend.now();
  const std::lock_guard lock(mutex_);
  heard_ = now;
}

void LiveReads::keep(const std::string& target, std::shared_ptr<const http::Page> page) {
  if (!copies_kept_) return;
  const Time now = core_->backend.now();
  forget(target);
  const std::lock_guard lock(mutex_);
  copy_bytes_ += page->bytes().size();
  copies_.emplace_front(target, std::pair(std::move(page), now));
  while (copies_.size() > kCopiesMax || (copy_bytes_ > kCopyBytesMax && copies_.size() > 1)) {
    copy_bytes_ -= copies_.back().second.first->bytes().size();
    copies_.pop_back();
  }
}

void LiveReads::forget(const std::string& target) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(copies_.begin(), copies_.end(), [&](const auto& copy) { return copy.first == target; });
  if (at == copies_.end()) return;
  copy_bytes_ -= at->second.first->bytes().size();
  copies_.erase(at);
}

http::Response not_the_leader(const master::MasterView& view) {
  return http::unavailable_response(view.self.rest + " does not lead", kRetryAfter);
}

void answer_copy(const CorePtr& core, const std::shared_ptr<http::Responder>& responder, const LiveCopy& copy) {
  const auto answer = [responder, copy] {
    http::Response response = http::page_response(copy.page);
    response.status = copy.status;
    if (copy.stale) response.add_header(kStaleHeader, std::to_string(copy.stale->count()));
    if (copy.position) response.add_header(kPositionHeader, to_string(*copy.position));
    responder->answer(std::move(response));
  };
  const bool big = copy.page->bytes().size() > http::kGzipHereBytesMax && !copy.page->packed();
  if (!big || !http::wants_gzip(responder->request())) return answer();
  core->backend.run_off_thread([copy, answer] {
    copy.page->gzip();
    answer();
  });
}

void serve_live(const std::shared_ptr<LiveReads>& live, const CorePtr& core, http::Responder responder,
                const std::string& target) {
  if (was_passed_on(responder.request())) return responder.answer(not_the_leader(*core->backend.view()));
  auto held = std::make_shared<http::Responder>(std::move(responder));
  live->ask(target, [core, held](const LiveCopy& copy) {
    if (copy.page) return answer_copy(core, held, copy);
    held->answer(http::unavailable_response("Only the leader knows this, and none is known that answers", kRetryAfter));
  });
}

}  // namespace stellwerk::api
