/// How one artifact is got from masters: whom to ask next, when to wait, when to give up. Pure.
///
/// The leader is asked first, then the others, in rounds with a pause between them. A master that cannot be reached or
/// has too much to do may be able to in the next round, until the deadline; when all that answer say that they do not
/// have it, or send something else, a few rounds are enough.
#pragma once

#include <stellwerk/coordination.h>
#include <stellwerk/result.h>

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "model/artifact.h"

namespace stellwerk::worker {

class ArtifactFetch {
 public:
  /// From the first question to giving up: longer than a takeover.
  static constexpr std::chrono::seconds kFetchMax{120};
  /// Between two rounds: doubles from the first to the last.
  static constexpr std::chrono::milliseconds kPauseFirst{200};
  static constexpr std::chrono::milliseconds kPauseLast{5000};
  /// So many rounds in which every answer was a definite no.
  static constexpr int kRoundsOfNo = 3;

  /// What one master made of it.
  struct Answer {
    enum class Kind {
      taken,    ///< bytes of the right size and hash
      missing,  ///< it does not have it
      wrong,    ///< it sent something else: `why`
      later,    ///< not reached, not answered, too much to do: `why`
    };
    Kind kind = Kind::later;
    std::string why;
  };

  struct Ask {
    std::string master;  ///< "host:port"
  };
  struct Pause {
    Time until{};
  };
  struct Taken {};
  using Step = std::variant<Ask, Pause, Taken, Error>;

  ArtifactFetch(model::ArtifactRef artifact, Time now);

  /// The first step, and the one after a pause. `masters`: those that are known now, the leader's first.
  Step begin_round(Time now, std::vector<std::string> masters);
  /// After Ask.
  Step answered(Time now, Answer answer);

 private:
  Step next(Time now);
  Error gave_up(Errc code) const;

  const model::ArtifactRef artifact_;
  const Time give_up_at_;
  std::vector<std::string> masters_;  ///< of this round, those not asked yet in reverse
  std::string asked_;
  bool only_no_ = true;  ///< all of this round said so
  bool wrong_ = false;   ///< some of this round
  int rounds_of_no_ = 0;
  std::chrono::milliseconds pause_ = kPauseFirst;
  std::map<std::string, std::string> last_;  ///< what each said last
};

}  // namespace stellwerk::worker
