#include "cli/conversation.h"

#include <algorithm>
#include <ostream>

#include "base/text.h"
#include "cli/exit_codes.h"
#include "cli/time_left.h"
#include "http/error_text.h"
#include "model/position.h"

namespace stellwerk::cli {
namespace {

constexpr std::string_view kPositionHeader = "Stellwerk-Position";
constexpr std::string_view kLeaderHeader = "Stellwerk-Leader";
constexpr std::string_view kDeadlineHeader = "Stellwerk-Deadline-Ms";

/// What one answer means for what was asked.
enum class Verdict {
  done,
  refused,
  away,     ///< not reached: nothing was sent
  nothing,  ///< 503: certainly nothing happened
  full,     ///< 507: the same, and so it stays until somebody makes room
  unclear,  ///< it may have happened
};

Verdict judge(const Answer& answer) {
  if (!answer) return answer.error().code == Errc::unknown ? Verdict::unclear : Verdict::away;
  const int status = answer->status;
  if (status >= 200 && status < 300) return Verdict::done;
  if (status == 503) return Verdict::nothing;
  if (status == 507) return Verdict::full;
  if (status >= 400 && status < 500) return Verdict::refused;
  return Verdict::unclear;
}

/// Seconds only: our masters send no dates.
Milliseconds retry_after(const Answer& answer) {
  if (!answer) return Milliseconds(0);
  const auto header = answer->header("Retry-After");
  if (!header || header->empty() || header->size() > 2) return Milliseconds(0);
  int seconds = 0;
  for (const char c : *header) {
    if (c < '0' || c > '9') return Milliseconds(0);
    seconds = seconds * 10 + (c - '0');
  }
  return std::chrono::seconds(seconds);
}

/// The request of one try that lasts until `deadline`.
http::ClientRequest timed(http::ClientRequest request, Milliseconds deadline) {
  request.headers.emplace_back(kDeadlineHeader, std::to_string(deadline.count() * Conversation::kToldPercent / 100));
  return request;
}

constexpr std::string_view kJobsThereAre = "stellwerk list -a shows the jobs that there are.";
constexpr std::string_view kMastersThereAre =
    "stellwerk ps lists the masters of this machine; -m HOST:PORT asks one elsewhere, at its REST port.";

std::string explain(const http::Endpoint& from, const Answer& answer) {
  const std::string text = answer ? http::error_text(*answer) : escaped(answer.error().text, http::kErrorBytesMax);
  // A client that reached nobody says whom.
  return text.find(from.url() + ": ") != std::string::npos ? text : from.url() + ": " + text;
}

}  // namespace

/// What is known so far of one request.
struct Conversation::Attempt {
  bool reached = false;     ///< some master answered, or took at least a part of the request
  bool maybe_done = false;  ///< some try may have had its effect
  std::string last;         ///< what the last try came to
  int tries = 0;
};

int Outcome::exit_code() const {
  switch (kind) {
    case Kind::answered: return kExitDone;
    case Kind::refused: return kExitRefused;
    case Kind::no_leader: return kExitNoLeader;
    case Kind::unknown: return kExitUnknown;
    case Kind::interrupted: return kExitInterrupted;
  }
  return kExitUnknown;
}

Outcome Conversation::read(const std::string& target) {
  return ask({.target = target}, Patience::none, false);
}

Outcome Conversation::read_once(const std::string& target) {
  return read_once(http::ClientRequest{.target = target});
}

Outcome Conversation::read_once(const http::ClientRequest& request) {
  return ask(request, Patience::one_round, false);
}

Outcome Conversation::write(http::ClientRequest request) {
  return ask(request, Patience::talking, true);
}

Outcome Conversation::ask(const http::ClientRequest& request, Patience patience, bool change) {
  const Milliseconds longer = std::chrono::seconds(request.body.size() / kBodyBytesPerSecond);
  const Milliseconds until = host_.now() + config_.timeout + longer;
  Attempt attempt;
  Milliseconds pause = kPauseLeast;
  for (;;) {
    Milliseconds wish{0};
    const std::size_t round = config_.masters.size();
    for (std::size_t tried = 0; tried < round && host_.now() < until; ++tried) {
      const http::Endpoint master = config_.masters[next_ % config_.masters.size()];
      const Milliseconds left = until - host_.now();
      if (change && attempt.tries > 0 && left < kTryAgainMin) break;
      ++attempt.tries;
      const Milliseconds deadline =
          round > 1 || patience == Patience::one_round ? std::min(left, kTryDeadline + longer) : left;
      Question question{master, change ? timed(request, deadline) : request, deadline};
      if (!change && !position_.empty()) question.request.headers.emplace_back("Stellwerk-At-Least", position_);
      Answer answer = std::move(host_.ask({std::move(question)}).front());
      const Verdict verdict = judge(answer);
      if (verdict == Verdict::done || verdict == Verdict::refused) {
        learn(*answer);
        if (verdict == Verdict::done) return {.kind = Outcome::Kind::answered, .response = std::move(*answer)};
        std::string text = http::error_text(*answer);
        std::string advice = text.starts_with("Job ") && answer->status == 404 ? std::string(kJobsThereAre) : "";
        return {.kind = Outcome::Kind::refused,
                .response = std::move(*answer),
                .text = std::move(text),
                .advice = std::move(advice)};
      }
      // What an earlier try may have done only a later answer tells.
      if (verdict == Verdict::full && !attempt.maybe_done) return {.text = http::error_text(*answer)};
      attempt.last = explain(master, answer);
      if (!answer && answer.error().code == Errc::invalid) return {.text = attempt.last};
      attempt.reached = attempt.reached || verdict != Verdict::away;
      attempt.maybe_done = attempt.maybe_done || (change && verdict == Verdict::unclear);
      if (host_.interrupted())
        return {.kind = Outcome::Kind::interrupted, .text = "Interrupted", .maybe_done = attempt.maybe_done};
      if (answer) learn(*answer);
      wish = std::max(wish, retry_after(answer));
      ++next_;
    }
    if (host_.now() >= until || patience == Patience::one_round || (patience == Patience::none && !attempt.reached))
      return give_up(attempt, change);
    if (patience == Patience::talking) {
      host_.err() << attempt.last << "; trying again for " << time_left(until - host_.now()) << " at most.\n";
      patience = Patience::quiet;
    }
    host_.pause(std::min(std::max(pause, std::min(wish, kPauseMost)), until - host_.now()));
    if (host_.interrupted())
      return {.kind = Outcome::Kind::interrupted, .text = "Interrupted", .maybe_done = attempt.maybe_done};
    pause = std::min(pause * 2, kPauseMost);
  }
}

Outcome Conversation::give_up(const Attempt& attempt, bool change) const {
  const std::string because = attempt.last.empty() ? "" : " (" + attempt.last + ")";
  if (attempt.maybe_done)
    return {.kind = Outcome::Kind::unknown,
            .text = "The outcome is unknown: no master confirmed it in time" + because,
            .maybe_done = true};
  if (!attempt.reached)
    return {.text = "No master answers at " + masters() + because, .advice = std::string(kMastersThereAre)};
  return {.text = (change ? "No master leads, so nothing happened" : "No master could answer in time") + because};
}

/// Whoever leads is worth asking too, should the masters that we know of go away.
void Conversation::learn(const http::ClientResponse& response) {
  if (const auto position = response.header(kPositionHeader); position && model::parse_position(*position)) {
    const auto known = model::parse_position(position_);
    if (!known || *known < *model::parse_position(*position)) position_ = *position;
  }
  const auto leader = response.header(kLeaderHeader);
  if (!leader || config_.masters.size() >= kMastersMax) return;
  const auto endpoint = http::parse_endpoint(*leader, kLeaderHeader);
  if (endpoint && std::find(config_.masters.begin(), config_.masters.end(), *endpoint) == config_.masters.end())
    config_.masters.push_back(*endpoint);
}

std::string Conversation::masters() const {
  std::string out;
  for (const http::Endpoint& master : config_.masters) out += (out.empty() ? "" : ", ") + master.url();
  return out;
}

int fail(Host& host, const Outcome& outcome, std::string_view what) {
  const int code = fail(host, outcome.exit_code(), std::string(what) + outcome.text);
  if (!outcome.advice.empty()) host.err() << outcome.advice << '\n';
  return code;
}

int fail(Host& host, int exit_code, std::string_view text) {
  host.err() << text << (text.ends_with('.') || text.ends_with('\n') ? "" : ".") << (text.ends_with('\n') ? "" : "\n");
  return exit_code;
}

}  // namespace stellwerk::cli
