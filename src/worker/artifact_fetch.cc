#include "worker/artifact_fetch.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace stellwerk::worker {
namespace {

/// Of what one master said, in the sentence about all of them.
constexpr std::size_t kSaidBytesMax = 256;

}  // namespace

ArtifactFetch::ArtifactFetch(model::ArtifactRef artifact, Time now)
    : artifact_(std::move(artifact)), give_up_at_(now + kFetchMax) {}

ArtifactFetch::Step ArtifactFetch::begin_round(Time now, std::vector<std::string> masters) {
  masters_ = std::move(masters);
  std::reverse(masters_.begin(), masters_.end());
  only_no_ = !masters_.empty();
  wrong_ = false;
  return next(now);
}

ArtifactFetch::Step ArtifactFetch::answered(Time now, Answer answer) {
  if (answer.kind == Answer::Kind::taken) return Taken{};
  if (answer.kind == Answer::Kind::later) only_no_ = false;
  if (answer.kind == Answer::Kind::wrong) wrong_ = true;
  last_[asked_] = answer.kind == Answer::Kind::missing ? "it is not there" : escaped(answer.why, kSaidBytesMax);
  return next(now);
}

ArtifactFetch::Step ArtifactFetch::next(Time now) {
  if (now >= give_up_at_) return gave_up(Errc::unavailable);
  if (!masters_.empty()) {
    asked_ = std::move(masters_.back());
    masters_.pop_back();
    return Ask{asked_};
  }
  rounds_of_no_ = only_no_ ? rounds_of_no_ + 1 : 0;
  if (rounds_of_no_ >= kRoundsOfNo) return gave_up(wrong_ ? Errc::damaged : Errc::not_found);
  return Pause{now + std::exchange(pause_, std::min(2 * pause_, kPauseLast))};
}

Error ArtifactFetch::gave_up(Errc code) const {
  std::string said;
  for (const auto& [master, why] : last_) said += (said.empty() ? "" : "; ") + master + ": " + why;
  return make_error(code, "could not fetch " + artifact_.name + " (SHA-256 " + artifact_.sha256 +
                              "): " + (said.empty() ? "no master is known" : said));
}

}  // namespace stellwerk::worker
